package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

func TestLedgerRetain(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PORUKA_DATA_DIR", folder)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ring, err := seal.Generate(seal.Development)
	check(err)
	check(ring.Write(filepath.Join(folder, "keyring.json")))
	open := func() *embedded.Store {
		t.Helper()
		store, err := embedded.Open(embedded.Config{Path: filepath.Join(folder, "ledger.db"), Clock: time.Now})
		check(err)
		return store
	}
	store, old := open(), time.Now().UTC().AddDate(-6, 0, 0)
	var accounts []ledger.Account
	for n := range 30 {
		a := ledger.Account{ID: ledger.AccountID{byte(n), 1}, Level: ledger.LevelStandard, Version: 1, CreatedAt: old, UpdatedAt: old}
		a.Profile, err = ring.Seal(a.ID, nil)
		check(err)
		accounts = append(accounts, a)
	}
	tlogtest.Put(t, ring, store, accounts)
	check(store.Close())

	retain := func(args ...string) result {
		return command{t: t}.run(append([]string{"ledger", "retain", "--profiles-idle-for"}, args...)...)
	}
	for _, wrong := range []string{"x", "0d", "5h", "99999999999y", "y", "1.5y", "-43800h"} {
		retain(wrong).want(t, exitUsage, "", "")
	}
	retain("5m").want(t, exitUsage, "", "must be a time like 5y")
	retain("7y").want(t, exitDone, "profiles    30    0       0", "")
	retain("5y").want(t, exitDone, "profiles    30   30       0", "--apply erases what is due")
	retain("43800h", "--json").want(t, exitDone, `"profiles":30,"due":30,"erased":0,"returned":0,"erasedBefore":0,"entries":0`, "")
	retain("60mo", "--apply").want(t, exitDone, "profiles    30   30      30", "")
	retain("1825d", "--apply", "--json").want(t, exitDone, `"profiles":0,"due":0,"erased":0,"returned":0,"erasedBefore":30,"entries":30`, "")

	store = open()
	tlogtest.Settle(t, ring, "dev.poruka/ledger", store)
	check(store.Close())
	command{t: t}.run("ledger", "fsck").want(t, exitDone, "yes the ledger is whole; 30 entries in the log", "")
}
