package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/poruka/poruka/ledger/seal"
)

func TestKeysInit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ring.json")
	command{t: t}.run("keys", "init", "--keyring", file).want(t, exitDone, "", "apart from the database")
	ring, err := seal.Load(file)
	if err != nil || ring.Development() {
		t.Fatalf("development %v, error %v", ring.Development(), err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("keys", "init", "--keyring", file).want(t, exitUsage, "", "already")
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the ring was replaced: %v", err)
	}
}
