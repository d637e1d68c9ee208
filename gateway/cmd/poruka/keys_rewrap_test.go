package main

import (
	"path/filepath"
	"testing"

	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

func TestKeysRewrap(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 500})
	t.Setenv("PORUKA_DATA_DIR", g.Dir)
	ring := filepath.Join(g.Dir, "keyring.json")
	command{t: t}.run("keys", "rewrap").want(t, exitStuck, "", "another process has it open")
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("keys", "rotate", "data", "--keyring", ring).want(t, exitDone, "", "has taken over")
	command{t: t, tty: true}.run("keys", "rewrap").want(t, exitDone, "rewrapped   500\nskipped     0,", "rewrapping")
	command{t: t}.run("keys", "rewrap", "--json").want(t, exitDone, `"rewrapped":0,"skipped":500,"erased":0,"refused":0,"left":0,"refusedAccounts":[],"olderKeysAreNeeded":false`, "")
	command{t: t}.run("keys", "rewrap", "--data-dir", t.TempDir()).want(t, exitStuck, "", "there is no ledger")

	// A gateway with the new ring reads what was rewrapped.
	again := gatewaytest.Start(t, gatewaytest.Config{DataDir: g.Dir, Unready: true})
	if err := development.WriteProfiles(again.Dir, again.Server.GRPCAddress(), again.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	known := again.Population().Account(0)
	command{t: t, stdin: known.Person.SNILS}.run("accounts", "show", "--snils", "--full").want(t, exitDone, known.Person.FamilyName, "")
	if err := again.Stop(); err != nil {
		t.Fatal(err)
	}

	// With the ring of somebody else nothing is changed, and the first accounts are named.
	foreign := filepath.Join(t.TempDir(), "other.json")
	command{t: t}.run("keys", "init", "--keyring", foreign).want(t, exitDone, "", "")
	command{t: t}.run("keys", "rewrap", "--keyring", foreign).want(t, exitNo, "needed by 500 accounts", "does not open with this ring\n")
	command{t: t}.run("keys", "rewrap", "--json").want(t, exitDone, `"rewrapped":0,"skipped":500,`, "")
}
