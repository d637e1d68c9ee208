package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/poruka/poruka/ledger"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openHere(t *testing.T, clock func() time.Time) *Store {
	t.Helper()
	s, err := Open(Config{Path: filepath.Join(t.TempDir(), "ledger"), Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

var errCut = errors.New("the disk was pulled out")

// The three ways in which a transaction may be recognised afterwards.
func kindsOfWrites() map[string]func(*ledger.View) {
	return map[string]func(*ledger.View){
		"an entry": func(v *ledger.View) {
			v.AddEntry(ledger.Entry{ID: ledger.EntryID{1}, Digest: [32]byte{1}, DecidedAt: time.Unix(5, 0)})
			v.PutAccount(ledger.Account{ID: ledger.AccountID{1}, Version: 2})
		},
		"an account": func(v *ledger.View) {
			v.PutAccount(ledger.Account{ID: ledger.AccountID{1}, Version: 2, Profile: ledger.Sealed{Box: []byte{1}}})
		},
		"a counter": func(v *ledger.View) {
			v.SetAttempts(ledger.AttemptKey{Partner: "a"}, ledger.Attempts{Failures: []time.Time{time.Unix(5, 0)}})
		},
	}
}

func stage(s *Store, write func(*ledger.View)) error {
	keys := ledger.Keys{Accounts: []ledger.AccountID{{1}}, Entries: []ledger.EntryID{{1}}}
	return s.Transact(context.Background(), keys, func(v *ledger.View) error { write(v); return nil })
}

func stored(t *testing.T, s *Store) bool {
	t.Helper()
	_, noEntry := s.Entry(t.Context(), ledger.EntryID{1})
	_, noAccount := s.Account(t.Context(), ledger.AccountID{1})
	key, counted := ledger.AttemptKey{Partner: "a"}, false
	must(t, s.Transact(t.Context(), ledger.Keys{Attempts: []ledger.AttemptKey{key}}, func(v *ledger.View) error {
		counted = len(v.Attempts(key).Failures) > 0
		return nil
	}))
	return noEntry == nil || noAccount == nil || counted
}

func TestACommitThatDidNotTakeEffect(t *testing.T) {
	for name, write := range kindsOfWrites() {
		t.Run(name, func(t *testing.T) {
			s := openHere(t, time.Now)
			s.commit = func(*conn) error { return errCut }
			if err := stage(s, write); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, errCut) {
				t.Errorf("error %v, want ErrUnavailable: it is known that nothing was stored", err)
			}
			s.commit = commitNow
			if stored(t, s) {
				t.Error("it was stored")
			}
			must(t, stage(s, write))
			if !stored(t, s) {
				t.Error("the next was not stored")
			}
		})
	}
}

func TestACommitThatTookEffectAndFailed(t *testing.T) {
	for name, write := range kindsOfWrites() {
		t.Run(name, func(t *testing.T) {
			s := openHere(t, time.Now)
			s.commit = func(c *conn) error { return errors.Join(commitNow(c), errCut) }
			must(t, stage(s, write))
			s.commit = commitNow
			if !stored(t, s) {
				t.Error("it was acknowledged and is not stored")
			}
		})
	}
}

func TestACommitOfWhichNothingIsKnown(t *testing.T) {
	s := openHere(t, time.Now)
	gone := s.cfg.Path + ".gone"
	s.commit = func(c *conn) error { return errors.Join(commitNow(c), os.Rename(s.cfg.Path, gone)) }
	write := kindsOfWrites()["an entry"]
	if err := stage(s, write); !errors.Is(err, ledger.ErrOutcomeUnknown) || errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("error %v, want ErrOutcomeUnknown alone", err)
	}
	must(t, os.Rename(gone, s.cfg.Path))
	s.commit = commitNow
	if !stored(t, s) {
		t.Error("the file was moved away and back, and what was committed is lost")
	}
}

func TestDecisionsReachTheDisk(t *testing.T) {
	s := openHere(t, time.Now)
	must(t, s.writers.use(t.Context(), func(c *conn) error {
		synchronous, err := c.number(`pragma synchronous`)
		must(t, err)
		var journal string
		must(t, c.query(func(r row) error { journal = r.text(0); return nil }, `pragma journal_mode`))
		if synchronous != 2 || journal != "wal" {
			t.Errorf("synchronous = %d, journal mode %q; want 2 (full), wal", synchronous, journal)
		}
		return nil
	}))
}

func TestTheLogIsFolded(t *testing.T) {
	s := openHere(t, time.Now)
	state := func() (length, waiting int64) {
		must(t, s.folder.conns.use(t.Context(), func(c *conn) (err error) {
			length, waiting, err = checkpoint(c, `pragma wal_checkpoint(noop)`)
			return err
		}))
		return length, waiting
	}
	const never = 1 << 40
	must(t, stage(s, kindsOfWrites()["an entry"]))
	must(t, s.fold(foldAt, never))
	before, waiting := state()
	if waiting == 0 {
		t.Error("a short log was folded")
	}
	must(t, s.fold(1, never))
	if _, waiting = state(); waiting != 0 {
		t.Error("the log was not folded")
	}
	must(t, stage(s, kindsOfWrites()["a counter"]))
	if length, _ := state(); length >= before {
		t.Errorf("the log was not begun anew: %d pages, before %d", length, before)
	}
	must(t, s.fold(1, 1))
	if info, err := os.Stat(s.cfg.Path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the log was not cut off: %v, %v", info, err)
	}
}

func TestAReaderInTheWayOfTheFold(t *testing.T) {
	s := openHere(t, time.Now)
	must(t, s.folder.conns.use(t.Context(), func(c *conn) error {
		if n, err := c.number(`pragma busy_timeout`); err != nil || n > 50 {
			t.Errorf("decisions would wait %d ms for the reader, %v", n, err)
		}
		return nil
	}))
	must(t, stage(s, kindsOfWrites()["an entry"]))
	reading := make(chan struct{})
	done := make(chan error, 1)
	release := make(chan struct{})
	go func() {
		done <- s.report(context.Background(), func(c *conn) error {
			_, err := c.number(lastPosition)
			close(reading)
			<-release
			return err
		})
	}()
	<-reading
	must(t, stage(s, kindsOfWrites()["a counter"]))
	for _, shrink := range []int64{1 << 40, 1} {
		must(t, s.fold(1, shrink)) // leaves what it cannot fold
	}
	must(t, stage(s, kindsOfWrites()["an account"]))
	close(release)
	must(t, <-done)
	must(t, s.fold(1, 1))
	if info, err := os.Stat(s.cfg.Path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the log was not folded once the reader was gone: %v, %v", info, err)
	}
	if !stored(t, s) {
		t.Error("what was folded is lost")
	}
}

func TestForgottenAttemptsAreSwept(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := openHere(t, func() time.Time { return now })
	count := func(from, to int) {
		must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error {
			for n := from; n < to; n++ {
				key := ledger.AttemptKey{Subject: ledger.Index{byte(n >> 8), byte(n)}, Partner: ledger.PartnerID(fmt.Sprint(n % 3))}
				v.SetAttempts(key, ledger.Attempts{Failures: []time.Time{now}})
			}
			return nil
		}))
	}
	left := func() (n int64) {
		must(t, s.readers.use(t.Context(), func(c *conn) (err error) {
			n, err = c.number(`select count(*) from attempts`)
			return err
		}))
		return n
	}
	vouched := ledger.AttemptKey{Subject: ledger.Index{0xff}}
	must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error {
		v.SetAttempts(vouched, ledger.Attempts{Vouches: []ledger.Vouch{{Partner: "a", At: now}}})
		v.SetAttempts(ledger.AttemptKey{Subject: ledger.Index{0xfe}}, ledger.Attempts{Orders: []time.Time{now}})
		return nil
	}))
	count(0, 3000)
	now = now.Add(ledger.AttemptMemory / 2)
	count(2500, 3100)
	now = now.Add(ledger.AttemptMemory/2 + time.Second)
	must(t, s.sweep())
	if n := left(); n >= 3102 || n <= 3102-2*sweepStretch {
		t.Errorf("%d counters after one stretch of 3100", n)
	}
	for range 3 {
		must(t, s.sweep())
	}
	if n := left(); n != 601 {
		t.Errorf("%d counters are left, want the 600 of the last day and the vouch", n)
	}
	now = now.Add(ledger.AttemptMemory)
	for range 5 {
		must(t, s.sweep())
	}
	if n := left(); n != 1 {
		t.Errorf("%d counters are left, want the vouch", n)
	}
	now = now.Add(ledger.VouchMemory)
	for range 5 {
		must(t, s.sweep())
	}
	if n := left(); n != 0 {
		t.Errorf("%d counters are left, want none", n)
	}
}

// known gives the migrations that there are.
func known(t *testing.T) fstest.MapFS {
	t.Helper()
	files, err := migrations()
	must(t, err)
	names, err := fs.Glob(files, "*.sql")
	must(t, err)
	out := fstest.MapFS{}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		must(t, err)
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

func TestAMigrationMustKeepTheLedger(t *testing.T) {
	for name, test := range map[string]struct {
		next string
		ok   bool
	}{
		"that adds":    {"create table more (n integer);", true},
		"that fails":   {"create table more (n integer); insert into nowhere values (1);", false},
		"that deletes": {"delete from accounts;", false},
		"that bares":   {"drop trigger entries_are_not_deleted;", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := openHere(t, time.Now)
			must(t, stage(s, kindsOfWrites()["an account"]))
			must(t, s.Close())
			files := known(t)
			want := int64(len(files) + 1)
			files[fmt.Sprintf("%05d_more.sql", want)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + test.next)}
			version, err := migrate(s.cfg.Path, files, s.cfg.Logger)
			if (err == nil) != test.ok || (err == nil && version != want) {
				t.Errorf("version %d, error %v", version, err)
			}
		})
	}
}

func FuzzCursor(f *testing.F) {
	for _, c := range []ledger.Cursor{"", "x", cursorAt(1), cursorAt(1 << 62), cursorAt(5) + "="} {
		f.Add(string(c))
	}
	f.Fuzz(func(t *testing.T, text string) {
		position, err := positionOf(ledger.Cursor(text))
		if err == nil && text != "" && (position < 1 || cursorAt(position) != ledger.Cursor(text)) {
			t.Errorf("%q is taken for %d", text, position)
		}
	})
}

func FuzzPackedFields(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, "A,B")
	f.Add([]byte{1}, ",")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if fields, err := unpackFields(data); err == nil {
			if again := (row{packFields(fields)}).bytes(0); string(again) != string(data) {
				t.Errorf("%x came back as %x", data, again)
			}
		}
		if again := (row{packReasons(unpackReasons(text))}).text(0); again != text {
			t.Errorf("%q came back as %q", text, again)
		}
	})
}
