package certs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Largest files that are read.
const (
	maxPEM = 1 << 20
	maxCRL = 16 << 20 // about 400,000 revoked certificates
)

// found is what the files held when they were read.
type found struct {
	cert, key, authorities, lists []byte
	digest                        [sha256.Size]byte // of all of them
	marks                         []mark
}

// mark tells a file from its successor without reading it.
type mark struct {
	info os.FileInfo
	size int64
	time time.Time
}

func (m mark) same(other mark) bool {
	return m.size == other.size && m.time.Equal(other.time) && os.SameFile(m.info, other.info)
}

// watched is the set of files and how they looked when they were last accepted.
type watched struct {
	config Config
	marks  []mark
	// settled: the files were read again after they had been accepted. A file that is written twice within one tick of its
	// file system's clock looks the same both times; reading once more, a poll later, finds the second.
	settled bool
}

func watch(config Config) watched { return watched{config: config} }

func (w *watched) paths() []string {
	paths := []string{w.config.CertFile, w.config.KeyFile, w.config.ClientCAFile}
	if w.config.CRLFile != "" {
		paths = append(paths, w.config.CRLFile)
	}
	return paths
}

// touched reports whether the files may differ from those accepted.
func (w *watched) touched() bool {
	if !w.settled {
		return true
	}
	for i, path := range w.paths() {
		info, err := os.Stat(path)
		if err != nil || !w.marks[i].same(mark{info, info.Size(), info.ModTime()}) {
			return true
		}
	}
	return false
}

// accept takes the files as read for the ones in force.
func (w *watched) accept(f found) {
	w.settled = w.marks != nil && sameMarks(w.marks, f.marks)
	w.marks = f.marks
}

func sameMarks(a, b []mark) bool {
	for i := range a {
		if !a[i].same(b[i]) {
			return false
		}
	}
	return true
}

func (w *watched) read() (found, error) {
	var f found
	digest := sha256.New()
	for i, path := range w.paths() {
		limit := int64(maxPEM)
		if path == w.config.CRLFile {
			limit = maxCRL
		}
		content, m, err := readFile(path, limit, path == w.config.KeyFile)
		if err != nil {
			return found{}, err
		}
		*[]*[]byte{&f.cert, &f.key, &f.authorities, &f.lists}[i] = content
		f.marks = append(f.marks, m)
		fmt.Fprintf(digest, "%d\n", len(content))
		digest.Write(content)
	}
	digest.Sum(f.digest[:0])
	return f, nil
}

var (
	errNotFile  = errors.New("not a regular file")
	errTooLarge = errors.New("too large")
	errReadable = errors.New("a private key that everybody may read; take the permission away with chmod o-rwx")
)

// readFile reads a regular file of at most limit bytes. Nothing is read of one that is larger.
func readFile(path string, limit int64, secret bool) ([]byte, mark, error) {
	fail := func(err error) ([]byte, mark, error) { return nil, mark{}, fmt.Errorf("%s: %w", path, err) }
	before, err := os.Stat(path) // before opening it: opening a pipe waits for its writer
	if err != nil {
		return nil, mark{}, err
	}
	if !before.Mode().IsRegular() {
		return fail(errNotFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, mark{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return fail(err)
	case !info.Mode().IsRegular():
		return fail(errNotFile)
	case info.Size() > limit:
		return fail(errTooLarge)
	case secret && info.Mode().Perm()&0o007 != 0:
		return fail(errReadable)
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return fail(err)
	}
	if int64(len(content)) > limit {
		return fail(errTooLarge)
	}
	return content, mark{info, info.Size(), info.ModTime()}, nil
}
