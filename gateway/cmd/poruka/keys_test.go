package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func ringFile(t *testing.T) (path string, ring *seal.Ring) {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "keyring.json")
	if err := ring.Write(path); err != nil {
		t.Fatal(err)
	}
	return path, ring
}

func TestKeysList(t *testing.T) {
	path, ring := ringFile(t)
	got := command{t: t}.run("keys", "list", "--keyring", path)
	got.want(t, exitDone, fmt.Sprintf("data     %10d  %s  in use\n", ring.Keys()[0].ID, ring.Created().Format("2006-01-02 15:04:05")), "")
	if lines := strings.Count(got.out, "\n"); lines != 7 {
		t.Errorf("%d lines, want a header and 6 keys", lines)
	}
	var view ringView
	got = command{t: t}.run("keys", "list", "--keyring", path, "--json")
	if err := json.Unmarshal([]byte(got.out), &view); err != nil || view.Environment != "development" || len(view.Keys) != 6 || !view.Keys[2].InUse {
		t.Errorf("%s: %v", got.out, err)
	}
}

func TestKeysOfTheLog(t *testing.T) {
	path, _ := ringFile(t)
	got := command{t: t}.run("keys", "list", "--log", "--keyring", path, "--trust-domain", "bank.example")
	keys, err := verify.ParseKeys(got.out)
	if err != nil || got.code != int(exitDone) || len(keys) != 1 || keys[0].Name() != "bank.example/ledger" || keys[0].From.IsZero() {
		t.Errorf("%+v: %v", got, err)
	}
	command{t: t}.run("keys", "list", "--log", "--json", "--keyring", path).want(t, exitDone, `"origin":"dev.poruka/ledger"`, "")
	command{t: t}.run("keys", "list", "--log", "--keyring", path, "--trust-domain", "a b").want(t, exitUsage, "", "cannot be the name of a log")
}

func TestKeysRotate(t *testing.T) {
	path, before := ringFile(t)
	account := ledger.AccountID{1}
	old, err := before.Seal(account, []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("keys", "rotate", "--keyring", path).want(t, exitDone, "reads", "has taken over")
	after, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if keys := after.Keys(); len(keys) != 7 || keys[0].Primary || !keys[1].Primary || keys[1].Purpose != seal.Data {
		t.Errorf("keys %+v", keys)
	}
	if got, err := after.Open(account, old); err != nil || string(got) != "old" {
		t.Errorf("old data: %q, %v", got, err)
	}
}

// A ring from before there was a log gets its first keys for it, and not two.
func TestKeysRotateCompletesAnOldRing(t *testing.T) {
	for purpose, want := range map[string]int{"mark": 6, "data": 7, "event": 6} {
		path, _ := ringFile(t)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(content, &document); err != nil {
			t.Fatal(err)
		}
		keysets, _ := document["keysets"].(map[string]any)
		delete(keysets, "log")
		delete(keysets, "mark")
		delete(keysets, "event")
		content, _ = json.Marshal(document)
		old := filepath.Join(t.TempDir(), "keyring.json")
		if err := os.WriteFile(old, content, 0o400); err != nil {
			t.Fatal(err)
		}
		command{t: t}.run("keys", "rotate", purpose, "--keyring", old).want(t, exitDone, "in use", "has taken over")
		after, err := seal.Load(old)
		if err != nil || len(after.Lacks()) > 0 || len(after.Keys()) != want {
			t.Errorf("%v, lacks %v, %v; want %d keys", after, after.Lacks(), err, want)
		}
	}
}

func TestKeysRotateInTwoSteps(t *testing.T) {
	path, before := ringFile(t)
	var staged, promoted rotated
	got := command{t: t}.run("keys", "rotate", "request", "--stage", "--keyring", path, "--json")
	if err := json.Unmarshal([]byte(got.out), &staged); err != nil || staged.Key == 0 || len(staged.Ring.Keys) != 7 {
		t.Fatalf("%s: %v", got.out, err)
	}
	const id = "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"
	if ring, err := seal.Load(path); err != nil || ring.EntryID("vtb", id) != before.EntryID("vtb", id) {
		t.Errorf("%v, or the staged key is in use", err)
	}
	promote := []string{"keys", "rotate", "request", "--keyring", path, "--promote", fmt.Sprint(staged.Key)}
	got = command{t: t}.run(append(promote, "--json")...)
	if err := json.Unmarshal([]byte(got.out), &promoted); err != nil || promoted.Key != staged.Key {
		t.Fatalf("%s: %v", got.out, err)
	}
	if ring, err := seal.Load(path); err != nil || ring.EntryID("vtb", id) == before.EntryID("vtb", id) {
		t.Errorf("%v, or the promoted key is not in use", err)
	}
	command{t: t}.run(promote...).want(t, exitNo, "", "is in use already")
	command{t: t}.run("keys", "rotate", "data", "--keyring", path, "--promote", fmt.Sprint(staged.Key)).
		want(t, exitUsage, "", "the ring has no data key")
}

func TestKeysWrongly(t *testing.T) {
	path, _ := ringFile(t)
	command{t: t}.run("keys", "rotate", "index", "--keyring", path).want(t, exitUsage, "", "must be one of")
	command{t: t}.run("keys", "rotate", "--stage", "--promote", "1", "--keyring", path).want(t, exitUsage, "", "can't be used together")
	command{t: t}.run("keys", "list", "--keyring", path+".none").want(t, exitStuck, "", "'poruka keys init' makes one")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("keys", "list", "--keyring", path).want(t, exitStuck, "", "chmod 0400 mends it")
	command{t: t}.run("keys", "rotate", "--keyring", path).want(t, exitStuck, "", "chmod 0400 mends it")
}
