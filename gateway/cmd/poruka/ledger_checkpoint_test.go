package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestLedgerCheckpoint reads the checkpoint from a gateway, and from its ledger when it has ended.
func TestLedgerCheckpoint(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 1000})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(g.Dir, "profiles", "operator.yaml")
	command{t: t}.run("ledger", "checkpoint", "--profile", profile).want(t, exitNo, "", "nothing of the log is signed yet")
	confirmSomebody(t, g)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if got := (command{t: t}).run("ledger", "checkpoint", "--profile", profile); got.code == int(exitDone) {
			got.want(t, exitDone, "dev.poruka/ledger\n1\n", "")
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was signed")
		}
	}
	command{t: t}.run("ledger", "checkpoint", "--data-dir", g.Dir).want(t, exitStuck, "", "stop the gateway that serves it, or ask that")
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	var view checkpointView
	got := command{t: t}.run("ledger", "checkpoint", "--data-dir", g.Dir, "--json")
	if err := json.Unmarshal([]byte(got.out), &view); err != nil || view.Size != 1 || view.Origin != "dev.poruka/ledger" || len(view.Root) != 32 {
		t.Errorf("%s %s: %v", got.out, got.err, err)
	}
	command{t: t}.run("ledger", "status", "--data-dir", g.Dir).want(t, exitDone, "log       1 entries, 1 of them signed\n", "")

	foreign := filepath.Join(t.TempDir(), "keys.txt")
	path, _ := ringFile(t)
	keys := command{t: t}.run("keys", "list", "--log", "--keyring", path)
	if err := os.WriteFile(foreign, []byte(keys.out), 0o600); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("ledger", "checkpoint", "--data-dir", g.Dir, "--keys", foreign).want(t, exitNo, "", "not signed by a trusted key")
	command{t: t}.run("ledger", "checkpoint", "--data-dir", g.Dir, "--keys", foreign+"x").want(t, exitUsage, "", "keys list --log")
}
