package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/embedded"
)

func TestLedgerStatus(t *testing.T) {
	folder := t.TempDir()
	command{t: t}.run("ledger", "status", "--data-dir", folder).want(t, exitStuck, "", "there is no ledger at "+filepath.Join(folder, "ledger.db"))
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Error("asking for the status has made a ledger")
	}
	store, err := embedded.Open(embedded.Config{Path: filepath.Join(folder, "ledger.db"), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("ledger", "status", "--data-dir", folder).want(t, exitStuck, "", "stop the gateway that serves it, or ask that")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("ledger", "status", "--data-dir", folder).want(t, exitDone, "accounts  0\nentries   0\nlog       0 entries, 0 of them signed\n", "")
	command{t: t}.run("ledger", "status", "--json", "--database-url", "sqlite://"+filepath.Join(folder, "ledger.db")).want(t, exitDone, `"engine":"sqlite"`, "")
	command{t: t}.run("ledger", "status", "--database-url", "mysql://x").want(t, exitUsage, "", "databaseUrl")
}
