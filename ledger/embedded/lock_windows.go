package embedded

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// fileLock keeps other processes, and other stores of this one, from a file while it is held.
type fileLock struct{ file *os.File }

var errTaken = errors.New("another process has it open")

func lockFile(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		err = errTaken
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileLock{file: file}, nil
}

// release leaves the lock file: removing it would let two processes lock two files of one name.
func (l *fileLock) release() error { return l.file.Close() }

// syncDir does nothing: Windows makes names durable itself.
func syncDir(string) error { return nil }
