package main

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

func TestLedgerFsck(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "ledger.db")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ring, err := seal.Generate(seal.Development)
	check(err)
	check(ring.Write(filepath.Join(folder, "keyring.json")))
	store, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
	check(err)
	entry := ledger.Entry{
		ID: ledger.EntryID{1}, Kind: ledger.KindConfirmation, Partner: "vtb", Outcome: ledger.OutcomeNotMatched, DecidedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	tlogtest.Put(t, ring, store, nil, entry)
	tlogtest.Settle(t, ring, "dev.poruka/ledger", store)
	check(store.Close())

	data := "--data-dir=" + folder
	command{t: t}.run("ledger", "fsck", data).want(t, exitDone, "yes the ledger is whole; 1 entries in the log, 0 that wait, 1 checkpoints", "")
	command{t: t}.run("ledger", "fsck", data, "--json").want(t, exitDone, `"whole":true,"entries":1`, "")
	command{t: t}.run("ledger", "fsck", data, "--trust-domain", "other.example").want(t, exitNo, "not signed by a trusted key", "")
	command{t: t}.run("ledger", "fsck", data, "--keyring", filepath.Join(folder, "none")).want(t, exitStuck, "", "key ring")
	command{t: t}.run("ledger", "fsck", "--data-dir", t.TempDir()).want(t, exitStuck, "", "there is no ledger")

	db, err := sql.Open("sqlite", "file:"+path)
	check(err)
	_, err = db.ExecContext(t.Context(), "drop trigger entries_are_not_changed")
	check(err)
	_, err = db.ExecContext(t.Context(), "update entries set outcome = 1")
	check(err)
	check(db.Close())
	command{t: t, tty: true}.run("ledger", "fsck", data).want(t, exitNo, "altered         0  01000000-0000-0000-0000-000000000000", "fsck")
	command{t: t}.run("ledger", "fsck", data, "--json").want(t, exitNo, `"findings":[{"kind":"ALTERED","position":0,"entry":"01000000-`, "")
}
