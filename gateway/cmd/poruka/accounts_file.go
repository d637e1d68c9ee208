package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client/accountimport"
)

// accountsInput is an accounts file, opened and known again.
type accountsInput struct {
	rows        accountimport.Source
	size        int64 // in bytes; -1 for a pipe
	fingerprint accountimport.Fingerprint
	closer      io.Closer
}

// openAccounts opens a file, or standard input for `-`. A header that is malformed is wrong use.
func openAccounts(s *streams, path, format string) (*accountsInput, error) {
	input := &accountsInput{size: -1, closer: io.NopCloser(nil)}
	reader := s.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the accounts cannot be read: %w", err)
		}
		input.closer, reader = file, file
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			input.size = info.Size()
		}
	}
	if err := input.begin(reader, formatOf(path, format)); err != nil {
		return nil, errors.Join(err, input.closer.Close())
	}
	return input, nil
}

func formatOf(path, format string) accountfile.Format {
	if format != "auto" {
		return accountfile.Format(format)
	}
	byName, _ := accountfile.FormatOf(path) // empty when the name does not tell: the reader looks
	return byName
}

func (a *accountsInput) begin(reader io.Reader, format accountfile.Format) error {
	fingerprint, reader, err := accountimport.FingerprintOf(reader, a.size)
	if err != nil {
		return err
	}
	file, err := accountfile.New(accountfile.Config{Input: reader, Format: format})
	if errors.Is(err, accountfile.ErrHeader) {
		return &exitError{exitUsage, err}
	}
	if err != nil {
		return err
	}
	a.fingerprint, a.rows = fingerprint, accountimport.FromFile(file)
	return nil
}

// Close lets go of the file.
func (a *accountsInput) Close() error { return a.closer.Close() }
