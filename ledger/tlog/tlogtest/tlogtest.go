// Package tlogtest brings the log of a ledger up to date, for tests of other rooms.
//
// Promise: after Settle every entry that the ledger has is in the log, and the log is signed.
//
// Powers: Settle; Put stores entries as a writer of the gateway does.
//
// Limits: tests only. It runs an integrator and a signer of its own, and keeps no last head.
package tlogtest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
)

// Engine is what the log is kept in.
type Engine interface {
	ledger.Log
	ledger.Checkpoints
}

// patience is how long Settle waits before the test fails.
const patience = time.Minute

// Settle puts every entry into the log and signs it under the name of origin.
func Settle(t testing.TB, ring *seal.Ring, origin string, store Engine) {
	t.Helper()
	integrate(t, ring, store)
	key, err := tlog.NewKey(origin, ring)
	check(t, err)
	signer, err := tlog.NewSigner(tlog.SignerConfig{
		Log: store, Checkpoints: store, Key: key, HeadFile: filepath.Join(t.TempDir(), "head"), Logger: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	check(t, signer.Sign(context.Background()))
}

func integrate(t testing.TB, ring *seal.Ring, store Engine) {
	t.Helper()
	i, err := tlog.NewIntegrator(tlog.IntegratorConfig{
		Log: store, Marks: ring, Logger: slog.New(slog.DiscardHandler), Every: time.Millisecond, Idle: 10 * time.Millisecond,
		Clock: time.Now, //nolint:forbidigo // it only tells how long things took
	})
	check(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	defer func() { check(t, <-done) }()
	defer cancel()
	for {
		head, err := store.LogHead(ctx)
		check(t, err)
		left, _, err := store.Unlogged(ctx, head, 1)
		check(t, err)
		if len(left) == 0 {
			return
		}
		if fault := i.Halted(); fault != nil {
			t.Errorf("the log is halted: %v", fault)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Put stores entries as one group of a new writer, in one transaction with accounts.
func Put(t testing.TB, ring *seal.Ring, store ledger.Transactor, accounts []ledger.Account, entries ...ledger.Entry) {
	t.Helper()
	tlog.NewScribe(ring, nil).Finish(entries)
	check(t, store.Transact(context.Background(), ledger.Keys{}, func(v *ledger.View) error {
		for _, a := range accounts {
			v.PutAccount(a)
		}
		for _, e := range entries {
			v.AddEntry(e)
		}
		return nil
	}))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
