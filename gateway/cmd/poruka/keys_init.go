package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/poruka/poruka/ledger/seal"
)

// keysInitCmd makes a ring.
type keysInitCmd struct{ keyring }

// Help is shown by --help.
func (*keysInitCmd) Help() string {
	return `All gateways of one ledger share one ring. Keep a copy apart from the database: without the ring every profile in it is lost, and who has
both can read them. The file gets mode 0400; one that exists is never replaced.

Example:

    poruka keys init --keyring /etc/poruka/keyring.json
`
}

// Run makes the ring.
func (c *keysInitCmd) Run(ctx context.Context, s *streams) error {
	ring, err := seal.Generate(seal.Production)
	if err != nil {
		return err
	}
	err = seal.File{Path: c.Keyring}.Create(ctx, ring)
	if errors.Is(err, fs.ErrExist) {
		return wrongUsef("there is a file at %s already; nothing was changed", c.Keyring)
	}
	if err != nil {
		return fmt.Errorf("the key ring was not made: %w", err)
	}
	s.notef("%s: a key ring for production. Keep a copy apart from the database", c.Keyring)
	return nil
}
