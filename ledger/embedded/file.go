package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// create makes an empty file that only the owner may read, as SQLite itself would not, and records it in its directory.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// identity tells whether the files that are open are still those that the path names: SQLite would write on into files
// that were removed, and nobody would ever read them.
type identity struct {
	paths [3]string
	infos [3]fs.FileInfo
}

func identify(path string) (*identity, error) {
	id := &identity{paths: [3]string{path, path + "-wal", path + "-shm"}}
	for i, p := range id.paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		id.infos[i] = info
	}
	return id, nil
}

var errReplaced = errors.New("embedded: the file was replaced by another")

func (id *identity) check() error {
	for i, path := range id.paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("embedded: the file is gone: %w", err)
		}
		if !os.SameFile(info, id.infos[i]) {
			return errReplaced
		}
	}
	return nil
}
