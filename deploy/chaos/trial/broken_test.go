package trial_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// transactor is an engine that does something else than it should, once in a while.
type transactor func(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error

func (f transactor) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	return f(ctx, keys, decide)
}

// breaking makes an engine that is broken in every tenth transaction that would store an entry.
func breaking(broken func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error) func(*ledgertest.Memory) ledger.Transactor {
	return func(m *ledgertest.Memory) ledger.Transactor {
		var n atomic.Int64
		return transactor(func(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
			if len(keys.Entries) > 0 && n.Add(1)%10 == 0 {
				return broken(ctx, m, keys, decide)
			}
			return m.Transact(ctx, keys, decide)
		})
	}
}

var errDropped = errors.New("dropped")

// drop decides and stores nothing.
func drop(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) (ledger.Writes, error) {
	var w ledger.Writes
	err := m.Transact(ctx, keys, func(v *ledger.View) error {
		if err := v.Try(decide); err != nil {
			return err
		}
		w = v.Writes()
		return errDropped
	})
	if errors.Is(err, errDropped) {
		return w, nil
	}
	return w, err
}

func randomID() (id ledger.EntryID) {
	_, _ = rand.Read(id[:])
	return id
}

// engines that break one promise each.
var engines = map[string]struct {
	engine func(*ledgertest.Memory) ledger.Transactor
	want   []string // one of them must be among what is found
}{
	"a commit is dropped": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		_, err := drop(ctx, m, keys, decide)
		return err
	}), []string{"lost: "}},
	"an entry is stored twice": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		return m.Transact(ctx, keys, func(v *ledger.View) error {
			if err := v.Try(decide); err != nil {
				return err
			}
			for _, e := range v.Writes().Entries {
				e.ID = randomID()
				v.AddEntry(e)
			}
			return nil
		})
	}), []string{"double: "}},
	"an account is raised without entry": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		w, err := drop(ctx, m, keys, decide)
		if err != nil {
			return err
		}
		return errors.Join(ledger.ErrUnavailable, m.Transact(ctx, keys, func(v *ledger.View) error {
			for _, a := range w.Updated {
				v.PutAccount(a)
			}
			return nil
		}))
	}), []string{"has not raised it", "belongs to no request", "version "}},
	"an entry is stored without raising": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		w, err := drop(ctx, m, keys, decide)
		if err != nil {
			return err
		}
		return m.Transact(ctx, keys, func(v *ledger.View) error {
			for _, e := range w.Entries {
				if _, ok := v.Entry(e.ID); !ok {
					v.AddEntry(e)
				}
			}
			return nil
		})
	}), []string{"version ", "no order"}},
	"a replay has another outcome": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		return m.Transact(ctx, keys, func(v *ledger.View) error {
			var found ledger.Loaded
			for _, id := range keys.Entries {
				if e, ok := v.Entry(id); ok {
					e.Outcome = ledger.OutcomeAlreadyConfirmed
					found.Entries = append(found.Entries, e)
				}
			}
			if len(found.Entries) == 0 {
				return decide(v)
			}
			return decide(ledger.NewView(found))
		})
	}), []string{"two outcomes: ", "changed: "}},
	"unavailable, and yet stored": {breaking(func(ctx context.Context, m *ledgertest.Memory, keys ledger.Keys, decide func(*ledger.View) error) error {
		return errors.Join(ledger.ErrUnavailable, m.Transact(ctx, keys, decide))
	}), []string{"no order"}},
	"counters are not stored": {func(m *ledgertest.Memory) ledger.Transactor {
		return transactor(func(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
			keys.Attempts = nil // so that none is seen
			return m.Transact(ctx, keys, decide)
		})
	}, []string{"no order"}},
	"decided by what was there before": {stale, []string{"no order", "version ", "has not raised it"}},
}

// stale decides by what it saw a transaction ago: two that meet do not see each other.
func stale(m *ledgertest.Memory) ledger.Transactor {
	return transactor(func(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
		w, err := drop(ctx, m, keys, decide)
		if err != nil {
			return err
		}
		return m.Transact(ctx, ledger.Keys{Entries: keys.Entries, Accounts: ids(w.Updated)}, func(v *ledger.View) error {
			for _, e := range w.Entries {
				if _, ok := v.Entry(e.ID); !ok {
					v.AddEntry(e)
				}
			}
			for _, a := range append(w.Created, w.Updated...) {
				v.PutAccount(a)
			}
			return nil
		})
	})
}

func ids(accounts []ledger.Account) (list []ledger.AccountID) {
	for _, a := range accounts {
		list = append(list, a.ID)
	}
	return list
}

// TestBrokenEnginesAreCaught: a check that nothing can fail shows nothing.
func TestBrokenEnginesAreCaught(t *testing.T) {
	const enough = 40
	for name, broken := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, broken.engine)
			for seed := range uint64(enough) {
				found := strings.Join(runTrial(t, p, seed, false).Violations, "\n")
				for _, want := range broken.want {
					if strings.Contains(found, want) {
						t.Logf("caught by seed %d:\n%.600s", seed, found)
						return
					}
				}
				if found != "" {
					t.Logf("seed %d: %.600s", seed, found)
				}
			}
			t.Errorf("%d trials have not caught it", enough)
		})
	}
}
