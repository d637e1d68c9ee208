package accountimport

import (
	"errors"
	"path/filepath"
	"testing"
)

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"version":1,"file":{"bytes":5,"head":"ff"},"gateway":"localhost:8443","rows":3,"counts":{"created":3},"rejectsBytes":0}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		state, err := parseState(content)
		if err != nil {
			if !errors.Is(err, ErrJournal) {
				t.Fatalf("%v is no ErrJournal", err)
			}
			return
		}
		path := filepath.Join(t.TempDir(), "journal")
		if err := state.save(path); err != nil {
			t.Fatal(err)
		}
		if again, found, err := LoadState(path); err != nil || !found || again != state {
			t.Fatalf("%+v became %+v, %v", state, again, err)
		}
	})
}
