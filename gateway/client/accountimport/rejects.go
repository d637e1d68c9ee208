package accountimport

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// rejectsFile is a CSV file of refused rows. It is made with the first of them.
type rejectsFile struct {
	path  string
	file  *os.File
	bytes int64
}

// openRejects cuts an earlier file back to the length at which its rows were settled. Without a path nothing is written.
func openRejects(path string, length int64) (*rejectsFile, error) {
	r := &rejectsFile{path: path, bytes: length}
	if path == "" {
		return r, nil
	}
	if length == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("the rejects file: %w", err)
		}
		return r, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: the rejects file: %w", ErrJournal, err)
	}
	if info.Size() < length {
		return nil, fmt.Errorf("%w: %s has lost rows", ErrJournal, path)
	}
	if err := os.Truncate(path, length); err != nil {
		return nil, fmt.Errorf("the rejects file: %w", err)
	}
	return r, nil
}

// add writes refused rows and forces them to disk.
func (r *rejectsFile) add(rejects []Reject) error {
	if len(rejects) == 0 || r.path == "" {
		return nil
	}
	var content bytes.Buffer
	w := csv.NewWriter(&content)
	if r.bytes == 0 {
		_ = w.Write([]string{"row", "column", "reason", "text"}) // a Buffer never fails
	}
	for _, reject := range rejects {
		_ = w.Write([]string{strconv.FormatInt(reject.Row, 10), reject.Column, reject.Reason, reject.Text})
	}
	w.Flush()
	if err := r.open(); err != nil {
		return fmt.Errorf("the rejects file: %w", err)
	}
	n, err := r.file.WriteAt(content.Bytes(), r.bytes)
	if err := errors.Join(err, r.file.Sync()); err != nil {
		return fmt.Errorf("the rejects file: %w", err)
	}
	r.bytes += int64(n)
	return nil
}

func (r *rejectsFile) open() (err error) {
	if r.file == nil {
		r.file, err = os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE, 0o600)
	}
	return err
}

func (r *rejectsFile) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
