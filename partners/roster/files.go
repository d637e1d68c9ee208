package roster

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// files are the roster's file and those that it names, as they were when they were read. A name is relative to the folder of the
// roster's file.
type files struct {
	folder string
	seen   map[string]seen
}

// seen is a file as it was, or why it could not be read.
type seen struct {
	content []byte
	failure string
}

func newFiles(path string) *files { return &files{folder: filepath.Dir(path), seen: map[string]seen{}} }

// read reads a file and notes what it saw.
func (f *files) read(name string) ([]byte, error) {
	content, err := f.load(name)
	f.seen[name] = seen{content: content, failure: failure(err)}
	return content, err
}

// changed reports whether any file is other than it was; it also is when none has been read.
func (f *files) changed() bool {
	for name, was := range f.seen {
		content, err := f.load(name)
		if failure(err) != was.failure || !bytes.Equal(content, was.content) {
			return true
		}
	}
	return len(f.seen) == 0
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

const maxSize = 1 << 20

func (f *files) load(name string) ([]byte, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.folder, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(content) > maxSize {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxSize)
	}
	return content, err
}
