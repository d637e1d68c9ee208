package tlog

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// errCheckpoint: the text is no checkpoint.
var errCheckpoint = errors.New("tlog: not a checkpoint")

// parseCheckpoint reads the text of a checkpoint without its signatures.
func parseCheckpoint(text string) (origin string, tree tlog.Tree, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return "", tree, errCheckpoint
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || tree.N < 0 || strconv.FormatInt(tree.N, 10) != lines[1] {
		return "", tlog.Tree{}, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", tlog.Tree{}, errCheckpoint
	}
	copy(tree.Hash[:], root)
	return lines[0], tree, nil
}

// headFile is where a signer keeps its last head, as a checkpoint.
type headFile string

// read gives the text; nil when there is none yet.
func (f headFile) read() ([]byte, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// write puts text in the place of the file at once and durably. Two who write at a time spoil nothing: each has a draft of its own.
func (f headFile) write(text []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+".new*")
	if err != nil {
		return err
	}
	_, err = draft.Write(text)
	if err == nil {
		err = draft.Sync()
	}
	err = errors.Join(err, draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), string(f))
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	dir, err := os.Open(filepath.Dir(string(f)))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
