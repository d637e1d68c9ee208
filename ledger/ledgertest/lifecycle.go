package ledgertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func lifecycleTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"what is stored outlives the engine":       outlives,
		"suspensions":                              suspensions,
		"status and ping":                          statusAndPing,
		"a closed engine refuses everything":       closedRefuses,
		"close while in use":                       closeWhileInUse,
		"a context that is over":                   overContext,
		"a context that ends while waiting":        endsWhileWaiting,
		"a context that ends while deciding":       endsWhileDeciding,
		"one ledger does not see another's things": separate,
	}
}

func outlives(t *testing.T, s suite) {
	dir := t.TempDir()
	e, err := s.open(dir)
	must(t, err)
	key := ledger.AttemptKey{Subject: index(1)}
	counter := ledger.Attempts{Failures: []time.Time{moment(0)}}
	must(t, e.Suspend(t.Context(), ledger.Suspension{Partner: "bank-a", At: moment(1), By: "operator"}))
	keys := keysOf(1)
	keys.Attempts = []ledger.AttemptKey{key}
	must(t, transact(t, e, keys, func(v *ledger.View) error {
		v.PutAccount(account(1))
		v.AddEntry(entry(1))
		v.SetAttempts(key, counter)
		return nil
	}))
	head, err := e.Head(t.Context())
	must(t, err)
	must(t, e.Close())

	e = s.at(t, dir)
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "account", a, account(1))
	same(t, "entries", listed(t, e, ledger.Filter{}, ledger.Page{Until: head, Limit: 5}), []ledger.Entry{entry(1)})
	must(t, e.Transact(t.Context(), keys, func(v *ledger.View) error {
		same(t, "counter", v.Attempts(key), counter)
		return nil
	}))
	suspended, err := e.Suspensions(t.Context())
	must(t, err)
	same(t, "suspensions", suspended, []ledger.Suspension{{Partner: "bank-a", At: moment(1), By: "operator"}})
	store(t, e, nil, []ledger.Entry{entry(2)})
	same(t, "entries after another", all(t, e), []ledger.Entry{entry(1), entry(2)})
}

func suspensions(t *testing.T, s suite) {
	e := s.fresh(t)
	none, err := e.Suspensions(t.Context())
	must(t, err)
	same(t, "at first", len(none), 0)
	must(t, e.Resume(t.Context(), "bank-a"))
	first := ledger.Suspension{Partner: "bank-a", At: moment(1), By: "ann", Note: "letter 5"}
	again := ledger.Suspension{Partner: "bank-a", At: moment(2), By: "bob"}
	other := ledger.Suspension{Partner: "bank-b", By: "ann"}
	for _, s := range []ledger.Suspension{first, other, again} {
		must(t, e.Suspend(t.Context(), s))
	}
	got := map[ledger.PartnerID]ledger.Suspension{}
	list, err := e.Suspensions(t.Context())
	must(t, err)
	for _, s := range list {
		got[s.Partner] = s
	}
	same(t, "suspended", got, map[ledger.PartnerID]ledger.Suspension{"bank-a": again, "bank-b": other})
	must(t, e.Resume(t.Context(), "bank-a"))
	list, err = e.Suspensions(t.Context())
	must(t, err)
	same(t, "after one was lifted", list, []ledger.Suspension{other})
}

func statusAndPing(t *testing.T, s suite) {
	e := s.fresh(t)
	must(t, e.Ping(t.Context()))
	store(t, e, []ledger.Account{account(1), account(2)}, []ledger.Entry{entry(1)})
	status, err := e.Status(t.Context())
	must(t, err)
	if status.Engine == "" || status.Schema != status.WantSchema || status.WantSchema < 1 || status.Accounts < 0 || status.Entries < 0 {
		t.Errorf("status %+v", status)
	}
	must(t, e.Ping(t.Context()))
}

// calls is every method of an engine, by name.
func calls(e ledger.Engine) map[string]func(context.Context) error {
	page := ledger.Page{Limit: 1}
	return map[string]func(context.Context) error{
		"Transact": func(ctx context.Context) error {
			return e.Transact(ctx, keysOf(2), func(v *ledger.View) error { writeAll(v); return nil })
		},
		"Account":          func(ctx context.Context) error { _, err := e.Account(ctx, accountID(1)); return err },
		"AccountBySNILS":   func(ctx context.Context) error { _, err := e.AccountBySNILS(ctx, index(1)); return err },
		"Entry":            func(ctx context.Context) error { _, err := e.Entry(ctx, entryID(1)); return err },
		"EntriesOfAccount": func(ctx context.Context) error { _, _, err := e.EntriesOfAccount(ctx, accountID(1), page); return err },
		"Entries":          func(ctx context.Context) error { _, _, err := e.Entries(ctx, ledger.Filter{}, page); return err },
		"Head":             func(ctx context.Context) error { _, err := e.Head(ctx); return err },
		"Summary":          func(ctx context.Context) error { _, err := e.Summary(ctx, ledger.Filter{}); return err },
		"Suspend":          func(ctx context.Context) error { return e.Suspend(ctx, ledger.Suspension{Partner: "bank-a"}) },
		"Resume":           func(ctx context.Context) error { return e.Resume(ctx, "bank-a") },
		"Suspensions":      func(ctx context.Context) error { _, err := e.Suspensions(ctx); return err },
		"LogHead":          func(ctx context.Context) error { _, err := e.LogHead(ctx); return err },
		"Unlogged":         func(ctx context.Context) error { _, _, err := e.Unlogged(ctx, ledger.LogHead{}, 1); return err },
		"AdvanceLog": func(ctx context.Context) error {
			step := firstStep()
			if err := e.AdvanceLog(ctx, step); !errors.Is(err, ledger.ErrConflict) {
				return err
			}
			return nil
		},
		"LogTiles":  func(ctx context.Context) error { _, err := e.LogTiles(ctx, make([]ledger.TileID, 1)); return err },
		"LogBlocks": func(ctx context.Context) error { _, err := e.LogBlocks(ctx, make([]ledger.EntryID, 1)); return err },
		"LogStart": func(ctx context.Context) error {
			if _, err := e.LogStart(ctx, 1); !errors.Is(err, ledger.ErrNotFound) {
				return err
			}
			return nil
		},
		"AddCheckpoint": func(ctx context.Context) error { return e.AddCheckpoint(ctx, 1, index(1), []byte("a note")) },
		"Checkpoint": func(ctx context.Context) error {
			if _, err := e.Checkpoint(ctx, 1); !errors.Is(err, ledger.ErrNotFound) {
				return err
			}
			return nil
		},
		"Bookmark": func(ctx context.Context) error {
			if _, err := e.Bookmark(ctx, "a"); !errors.Is(err, ledger.ErrNotFound) {
				return err
			}
			return nil
		},
		"PutBookmark": func(ctx context.Context) error {
			if err := e.PutBookmark(ctx, ledger.Bookmark{Name: "a", Version: 1}); !errors.Is(err, ledger.ErrConflict) {
				return err
			}
			return nil
		},
		"BookmarksOf": func(ctx context.Context) error { _, err := e.BookmarksOf(ctx, ""); return err },
		"Status":      func(ctx context.Context) error { _, err := e.Status(ctx); return err },
		"Ping":        e.Ping,
	}
}

func closedRefuses(t *testing.T, s suite) {
	e, err := s.open(t.TempDir())
	must(t, err)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	must(t, e.Close())
	for name, call := range calls(e) {
		wantError(t, name, call(t.Context()), ledger.ErrUnavailable)
	}
	if err := e.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
}

// LosesAnswers is what an engine behind a faulty line says of itself: an answer that is lost while it is closed is never found out.
// Of any other engine a transaction that Close cuts short must be known to have stored nothing.
type LosesAnswers interface {
	// LosesAnswers does nothing.
	LosesAnswers()
}

func losesAnswers(e ledger.Engine) bool {
	_, ok := e.(LosesAnswers)
	return ok
}

func closeWhileInUse(t *testing.T, s suite) {
	dir := t.TempDir()
	e, err := s.open(dir)
	must(t, err)
	acknowledged := make(chan int, 10_000)
	var users sync.WaitGroup
	for worker := range 4 {
		users.Go(func() {
			for n := 1000 * worker; n < 1000*(worker+1); n++ {
				mine := entry(n)
				err := e.Transact(context.WithoutCancel(t.Context()), ledger.Keys{Entries: []ledger.EntryID{mine.ID}}, func(v *ledger.View) error {
					v.AddEntry(mine)
					return nil
				})
				switch {
				case err == nil:
					acknowledged <- n
				case errors.Is(err, ledger.ErrConflict):
				case errors.Is(err, ledger.ErrUnavailable), errors.Is(err, ledger.ErrOutcomeUnknown) && losesAnswers(e):
					return
				default:
					t.Errorf("while closing: %v", err)
					return
				}
				if _, err := e.Summary(context.WithoutCancel(t.Context()), ledger.Filter{}); err != nil && !errors.Is(err, ledger.ErrUnavailable) {
					t.Errorf("while closing: %v", err)
				}
			}
		})
	}
	first := <-acknowledged
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	users.Wait()
	close(acknowledged)
	e = s.at(t, dir)
	for n := first; ; {
		if _, err := e.Entry(t.Context(), entryID(n)); err != nil {
			t.Errorf("entry %d was acknowledged: %v", n, err)
		}
		next, more := <-acknowledged
		if !more {
			return
		}
		n = next
	}
}

func separate(t *testing.T, s suite) {
	one, two := s.fresh(t), s.fresh(t)
	store(t, one, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	_, err := two.Account(t.Context(), accountID(1))
	wantError(t, "account", err, ledger.ErrNotFound)
	same(t, "entries", len(all(t, two)), 0)
}
