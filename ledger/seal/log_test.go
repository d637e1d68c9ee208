package seal_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// ringFromBefore is the file of a ring from before there was a log.
func ringFromBefore(t *testing.T, without ...string) string {
	t.Helper()
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
	for _, purpose := range without {
		delete(keysets, purpose)
	}
	content, _ = json.Marshal(document)
	old := filepath.Join(t.TempDir(), "keyring.json")
	if err := os.WriteFile(old, content, 0o400); err != nil {
		t.Fatal(err)
	}
	return old
}

func TestRingFromBeforeTheLogLoadsAndIsCompleted(t *testing.T) {
	path := ringFromBefore(t, "log", "mark", "event")
	old := need(t)(seal.Load(path))
	if lacks := old.Lacks(); !slices.Equal(lacks, []seal.Purpose{seal.Log, seal.Mark, seal.Event}) || len(old.Unfit()) != 2 || len(old.Keys()) != 3 {
		t.Fatalf("lacks %v, has %v", lacks, old.Keys())
	}
	record := ledger.Record{1}
	if _, ok := old.LogKey(); ok || old.Mark(record) != [32]byte{} || old.IsMarked(record, [32]byte{}) || len(old.LogKeys()) != 0 || len(old.EventKeys()) != 0 {
		t.Error("a ring without keys of the log signs, marks, or believes a mark")
	}
	if _, _, err := old.Rotate(seal.Log); err == nil {
		t.Error("a key that is not there was rotated")
	}
	next, err := seal.File{Path: path}.Update(t.Context(), (*seal.Ring).Completed)
	if err != nil || len(next.Lacks()) != 0 {
		t.Fatalf("lacks %v, %v", next.Lacks(), err)
	}
	again := need(t)(seal.Load(path))
	if !again.IsMarked(record, next.Mark(record)) || again.SNILS("1") != old.SNILS("1") || len(again.Keys()) != 6 {
		t.Errorf("the file holds another ring: %v", again.Keys())
	}
	if same := need(t)(again.Completed()); !slices.Equal(same.Keys(), again.Keys()) {
		t.Error("completing twice adds keys")
	}
}

func TestOtherPurposesMustBeThere(t *testing.T) {
	for _, purpose := range []string{"data", "index", "request"} {
		if _, err := seal.Load(ringFromBefore(t, purpose)); err == nil {
			t.Errorf("a ring without %s was loaded", purpose)
		}
	}
}

func TestMarks(t *testing.T) {
	r, record := ring(t), ledger.Record{1, 2, 3}
	mark := r.Mark(record)
	next := rotate(t, r, seal.Mark)
	if !r.IsMarked(record, mark) || !next.IsMarked(record, mark) || next.Mark(record) == mark {
		t.Error("a mark does not outlive a rotation, or the new key makes the old mark")
	}
	if r.IsMarked(record, next.Mark(record)) || ring(t).IsMarked(record, mark) || r.IsMarked(ledger.Record{1}, mark) {
		t.Error("the mark of another key or record is believed")
	}
	mark[31] ^= 1
	if r.IsMarked(record, mark) || r.IsMarked(record, [32]byte{}) {
		t.Error("a changed mark is believed")
	}
}

func TestEventKeys(t *testing.T) {
	r := ring(t)
	next := rotate(t, r, seal.Event)
	first, keys := r.EventKeys()[0], next.EventKeys()
	message := []byte("id.1.{}")
	if !ed25519.Verify(first.Public, message, first.Sign(message)) || len(keys) != 2 || !keys[1].Public.Equal(first.Public) || keys[0].ID == first.ID {
		t.Errorf("keys %v, want the new one and the old one", keys)
	}
	if log, _ := r.LogKey(); log.Public.Equal(first.Public) || first.String() == log.String() {
		t.Error("the log and events are signed by one key")
	}
	old := need(t)(seal.Load(ringFromBefore(t, "event")))
	if len(old.Unfit()) != 0 || !slices.Equal(old.Lacks(), []seal.Purpose{seal.Event}) {
		t.Errorf("a ring from before there were events lacks %v, of which %v keep a gateway from serving", old.Lacks(), old.Unfit())
	}
}

func TestLogKeys(t *testing.T) {
	r := ring(t)
	first, ok := r.LogKey()
	next := rotate(t, r, seal.Log)
	second, _ := next.LogKey()
	message := []byte("poruka.example/log\n1\n")
	if !ok || !ed25519.Verify(first.Public, message, first.Sign(message)) || ed25519.Verify(second.Public, message, first.Sign(message)) {
		t.Error("the key in use does not sign as Ed25519")
	}
	keys := next.LogKeys()
	if len(keys) != 2 || keys[0].ID != second.ID || !keys[1].Public.Equal(first.Public) || keys[1].Created != first.Created || keys[0].Created.IsZero() {
		t.Errorf("keys %v, want the new one and the old one", keys)
	}
	staged, id, err := r.Stage(seal.Log)
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := staged.LogKey(); key.ID != first.ID || !slices.ContainsFunc(staged.LogKeys(), func(k seal.LogKey) bool { return k.ID == id }) {
		t.Error("a staged key signs, or is not listed")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, second); got != second.String() || strings.Contains(got, "[") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
