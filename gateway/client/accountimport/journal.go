package accountimport

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// headBytes is how much of the beginning of a file tells it from others.
const headBytes = 64 << 10

// Fingerprint tells whether a file is the one that an import began with.
type Fingerprint struct {
	Bytes int64  `json:"bytes"` // -1 for a pipe
	Head  string `json:"head"`  // SHA-256 of the first 64 KiB, hexadecimal
}

// FingerprintOf reads the beginning of a file and returns a reader that gives the whole of it.
func FingerprintOf(file io.Reader, size int64) (Fingerprint, io.Reader, error) {
	head, err := io.ReadAll(io.LimitReader(file, headBytes))
	if err != nil {
		return Fingerprint{}, nil, fmt.Errorf("reading the accounts file: %w", err)
	}
	sum := sha256.Sum256(head)
	return Fingerprint{Bytes: size, Head: hex.EncodeToString(sum[:])}, io.MultiReader(bytes.NewReader(head), file), nil
}

// State is how far an import is. Everything in it is durable at the gateway.
type State struct {
	Version      int         `json:"version"`
	File         Fingerprint `json:"file"`
	Gateway      string      `json:"gateway"` // address
	Rows         int64       `json:"rows"`    // settled: put or rejected
	Counts       Counts      `json:"counts"`
	RejectsBytes int64       `json:"rejectsBytes"` // length of the rejects file when these rows were settled
}

// stateVersion is that of the form written now.
const stateVersion = 1

// ErrJournal is wrapped by every refusal of a journal; nothing was imported.
var ErrJournal = errors.New("the import cannot be resumed")

// LoadState reads a journal. Without one it returns found = false.
func LoadState(path string) (state State, found bool, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	if state, err = parseState(content); err != nil {
		return State{}, false, fmt.Errorf("%w (%s)", err, path)
	}
	return state, true, nil
}

func parseState(content []byte) (state State, err error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&state); err != nil {
		return State{}, fmt.Errorf("%w: the journal is damaged: %w", ErrJournal, err)
	}
	if state.Version != stateVersion || state.Rows < 0 || state.RejectsBytes < 0 {
		return State{}, fmt.Errorf("%w: the journal was written by another version", ErrJournal)
	}
	return state, nil
}

// Continues checks that an import of file at gateway may go on from the state.
func (s State) Continues(file Fingerprint, gateway string) error {
	switch {
	case s.File != file:
		return fmt.Errorf("%w: the file has changed since it began", ErrJournal)
	case s.Gateway != gateway:
		return fmt.Errorf("%w: it was begun at %s, not at %s", ErrJournal, s.Gateway, gateway)
	default:
		return nil
	}
}

// save replaces the journal whole or not at all, and forces it to disk.
func (s State) save(path string) error {
	s.Version = stateVersion
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	draft := path + ".new"
	if err := writeDurably(draft, append(content, '\n')); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func writeDurably(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
