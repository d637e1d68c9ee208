package embedded_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func add(s ledger.Transactor, n byte) error {
	id := ledger.EntryID{n, 1}
	return s.Transact(context.Background(), ledger.Keys{Entries: []ledger.EntryID{id}}, func(v *ledger.View) error {
		v.AddEntry(ledger.Entry{ID: id, Kind: ledger.KindConfirmation, Partner: "bank-a", DecidedAt: time.Unix(int64(n), 0).UTC()})
		return nil
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// raw opens the file beside the store, as an administrator might.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func TestOneProcessOwnsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	first := openAt(t, path)
	_, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
	if err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Fatalf("a second open: %v", err)
	}
	must(t, add(first, 1)) // the first is not disturbed
	must(t, first.Close())
	must(t, add(openAt(t, path), 2))
}

func TestOpenRefusesWhatIsNotALedger(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, path string){
		"a text": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 500)), 0o600))
		},
		"another program's database": func(t *testing.T, path string) {
			_, err := raw(t, path).ExecContext(t.Context(), `create table songs (name text)`)
			must(t, err)
		},
		"another program's empty database": func(t *testing.T, path string) {
			_, err := raw(t, path).ExecContext(t.Context(), `pragma application_id = 5`)
			must(t, err)
		},
		"a ledger of the future": func(t *testing.T, path string) {
			must(t, openAt(t, path).Close())
			_, err := raw(t, path).ExecContext(t.Context(), `insert into goose_db_version (version_id, is_applied) values (99, true)`)
			must(t, err)
		},
		"a directory": func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			prepare(t, path)
			before, _ := os.ReadFile(path)
			s, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
			if err == nil {
				t.Fatal("opened", s.Close())
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	dir := t.TempDir()
	for name, cfg := range map[string]embedded.Config{
		"no path":           {Clock: time.Now},
		"no clock":          {Path: filepath.Join(dir, "a")},
		"negative readers":  {Path: filepath.Join(dir, "b"), Clock: time.Now, ReadConns: -1},
		"negative cache":    {Path: filepath.Join(dir, "c"), Clock: time.Now, CacheMiB: -1},
		"missing directory": {Path: filepath.Join(dir, "missing", "d"), Clock: time.Now},
	} {
		if s, err := embedded.Open(cfg); err == nil {
			t.Errorf("%s: opened, %v", name, s.Close())
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files were left: %v", left)
	}
}

func TestFileIsTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l e?d%g#é&r")
	s := openAt(t, path)
	must(t, add(s, 1))
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + end)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%q has mode %v", end, info.Mode())
		}
	}
	must(t, s.Close())
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 2 {
		t.Errorf("after close there are %v, want the file and its lock", left)
	}
}

func TestEntriesAreGuarded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	s := openAt(t, path)
	must(t, add(s, 1))
	for _, query := range []string{
		`update entries set outcome = 1`, `update entries set position = 7`, `delete from entries`,
		`insert or replace into entries select * from entries`, `replace into entries select * from entries`,
		`insert into entries select * from entries where true on conflict do update set outcome = 1`,
	} {
		_, err := raw(t, path).ExecContext(t.Context(), query)
		if err == nil {
			t.Errorf("%s: accepted", query)
		}
	}
}

// TestFilesThatGoAreNoticed: SQLite would go on writing into files that have no name.
func TestFilesThatGoAreNoticed(t *testing.T) {
	for _, end := range []string{"", "-wal", "-shm"} {
		t.Run("file"+end, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			s := openAt(t, path)
			must(t, add(s, 1))
			must(t, os.Rename(path+end, path+".gone"))
			wantUnavailable(t, s)
			must(t, os.WriteFile(path+end, nil, 0o600)) // another in its place is no better
			wantUnavailable(t, s)
			must(t, os.Rename(path+".gone", path+end))
			must(t, add(s, 2))
			must(t, s.Ping(t.Context()))
			if _, err := s.Entry(t.Context(), ledger.EntryID{3, 1}); !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("a refused entry: %v", err)
			}
		})
	}
}

func wantUnavailable(t *testing.T, s *embedded.Store) {
	t.Helper()
	_, statusErr := s.Status(t.Context())
	for name, err := range map[string]error{
		"Transact": add(s, 3), "Ping": s.Ping(t.Context()), "Status": statusErr,
		"Suspend": s.Suspend(t.Context(), ledger.Suspension{Partner: "bank-a"}),
	} {
		if !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
}

func TestADecisionThatWritesNothingTouchesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	s := openAt(t, path)
	must(t, add(s, 1))
	before, err := os.Stat(path + "-wal")
	must(t, err)
	for range 10 {
		must(t, s.Transact(t.Context(), ledger.Keys{Entries: []ledger.EntryID{{1, 1}}}, func(*ledger.View) error { return nil }))
	}
	after, err := os.Stat(path + "-wal")
	must(t, err)
	if before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the write-ahead log was written")
	}
}

func TestADamagedFileIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	s := openAt(t, path)
	fill(t, s, 2000)
	must(t, s.Close())
	content, err := os.ReadFile(path)
	must(t, err)
	for at := 128 << 10; at < len(content); at++ { // the schema stays
		content[at] ^= 0x5a
	}
	must(t, os.WriteFile(path, content, 0o600))
	s = openAt(t, path)
	failed := 0
	for n := range 50 {
		_, err := s.AccountBySNILS(t.Context(), spread(n, 3))
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			if !errors.Is(err, ledger.ErrUnavailable) {
				t.Fatalf("error %v, want ErrUnavailable", err)
			}
			failed++
		}
	}
	if failed == 0 {
		t.Error("no question noticed the damage")
	}
}

func TestStatusCounts(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "ledger"))
	fill(t, s, 300)
	must(t, add(s, 1))
	status, err := s.Status(t.Context())
	must(t, err)
	want := ledger.Status{
		Engine: "sqlite", ServerVersion: status.ServerVersion, Schema: status.WantSchema, WantSchema: 3, Accounts: 300, Entries: 1,
	}
	if status != want || !strings.HasPrefix(status.ServerVersion, "3.") {
		t.Errorf("status %+v, want %+v", status, want)
	}
}

// TestErasedKeysLeaveTheFile: what is overwritten must not be found in the free room of the file.
func TestErasedKeysLeaveTheFile(t *testing.T) {
	t.Run("by closing", func(t *testing.T) {
		erased(t, func(s *embedded.Store, _ func() bool) { must(t, s.Close()) })
	})
	t.Run("soon", func(t *testing.T) {
		erased(t, func(_ *embedded.Store, gone func() bool) {
			for deadline := time.Now().Add(time.Minute); !gone(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the key stays in the files of an open ledger")
				}
			}
		})
	})
}

func erased(t *testing.T, after func(s *embedded.Store, gone func() bool)) {
	t.Helper()
	const secret = "the wrapped key of somebody who wants to be forgotten"
	dir := t.TempDir()
	put := func(s *embedded.Store, a ledger.Account) {
		must(t, s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error {
			v.PutAccount(a)
			return nil
		}))
	}
	s := openAt(t, filepath.Join(dir, "ledger"))
	fill(t, s, 50)
	a := benchAccount(7)
	a.Profile.WrappedKey = []byte(secret)
	put(s, a)
	if !holdsText(t, dir, secret) {
		t.Fatal("the key is not in the file before it is erased")
	}
	a.Profile = ledger.Sealed{}
	put(s, a)
	after(s, func() bool { return !holdsText(t, dir, secret) })
	ledgertest.Canary(t, dir, secret)
}

func holdsText(t *testing.T, dir, text string) bool {
	t.Helper()
	for _, name := range []string{"ledger", "ledger-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if strings.Contains(string(content), text) {
			return true
		}
	}
	return false
}
