package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// upkeepFlags are embedded by commands that go through the ledger themselves, without a gateway.
type upkeepFlags struct {
	DataDir     string `help:"Folder of the embedded ledger and of the key ring." default:".poruka" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH, postgres://... or cockroach://... Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
	Keyring     string `help:"File of the key ring. Default: DATADIR/keyring.json." placeholder:"FILE"`
}

// run opens the ledger and its ring for a job, and closes it.
func (f upkeepFlags) run(ctx context.Context, job func(ledger.Engine, *seal.Ring) error) (err error) {
	settings, err := config.Config{DataDir: f.DataDir, DatabaseURL: f.DatabaseURL, KeyRing: f.Keyring}.Complete()
	if err != nil {
		return wrongUsef("%w", err)
	}
	if _, err := sizeOf(settings); err != nil {
		return err
	}
	ring, err := seal.File{Path: settings.KeyRing}.Load(ctx)
	if err != nil {
		return keyringError(err)
	}
	store, err := server.OpenLedger(ctx, settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("the ledger cannot be opened: %w%s", err, embeddedHint(settings))
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return job(store, ring)
}
