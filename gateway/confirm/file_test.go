package confirm_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// No file of the ledger holds personal data outside of the sealed columns, before and after it is closed.
func TestNothingPersonalIsInTheFiles(t *testing.T) {
	dir := t.TempDir()
	store := openSQLite(t, filepath.Join(dir, "ledger.db"))
	b := benchOn(t, store, newRing(t))
	b.put(mariasAccount())
	for _, claim := range []person.Raw{near(), wrong(), with(maria(), func(p *person.Raw) { p.FamilyName = "Кузнецоваа" }), maria()} {
		b.must(bank("vtb"), b.ask(claim))
	}
	search := func(when string) {
		t.Helper()
		found := 0
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Contains(data, []byte("match/1")) {
				found++
			}
			for _, canary := range canaries() {
				if bytes.Contains(data, []byte(canary)) {
					t.Errorf("%s: %q stands in %s", when, canary, filepath.Base(path))
				}
			}
			return nil
		})
		if err != nil || found == 0 {
			t.Errorf("%s: the entries are in %d files, %v", when, found, err)
		}
	}
	search("open")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	search("closed")
}

// What was answered is there after the process is gone, and so are the attempts.
func TestReopenedLedgerRemembers(t *testing.T) {
	path, ring := filepath.Join(t.TempDir(), "ledger.db"), newRing(t)
	store := openSQLite(t, path)
	b := benchOn(t, store, ring)
	id := b.put(mariasAccount())
	r := b.ask(maria())
	first := b.must(bank("vtb"), r)
	b.fail("sberbank", 5)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	later := benchOn(t, openSQLite(t, path), ring)
	later.ids = b.ids
	if again := later.must(bank("vtb"), r); !again.Replayed || again.Entry.ID != first.Entry.ID {
		t.Errorf("the repeat gives %+v", again)
	}
	if state, e, err := later.Find(t.Context(), "vtb", r.ID); state != confirm.Decided || e.ID != first.Entry.ID || err != nil {
		t.Errorf("the look-up gives %v, %v", state, err)
	}
	later.exhausted("sberbank")
	if a := later.account(id); a.Level != ledger.LevelConfirmed || a.Confirmation != first.Entry.ID {
		t.Errorf("the account is %+v", a)
	}
}
