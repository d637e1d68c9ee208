//go:build unix

package embedded

import (
	"errors"
	"os"
	"syscall"
)

// fileLock keeps other processes, and other stores of this one, from a file while it is held. It is a file of its own,
// since closing a second descriptor of a database drops the locks that SQLite has on it.
type fileLock struct{ file *os.File }

var errTaken = errors.New("another process has it open")

func lockFile(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errTaken
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileLock{file: file}, nil
}

// release leaves the lock file: removing it would let two processes lock two files of one name.
func (l *fileLock) release() error { return l.file.Close() }

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
