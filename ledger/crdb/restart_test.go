package crdb

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// The server goes away under load, in order and by a crash, and comes back. What was acknowledged is there, what was refused
// is not, and calls succeed again soon after.
func TestTheServerGoesAwayUnderLoad(t *testing.T) {
	s := postgres.StartPrivate(t, postgres.Config{Durable: true})
	url := s.NewDatabase(t)
	must(t, Migrate(t.Context(), url))
	gateways := []*Store{openAt(t, url, brief), openAt(t, url, brief)}
	l := &traffic{acknowledged: map[ledger.EntryID]bool{}}
	ctx, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() { l.run(ctx, t, gateways[n%2], n) })
	}
	for name, end := range map[string]func() error{"halt": s.Halt, "kill": s.Kill} {
		l.awaitMore(t, name+": before", 50)
		must(t, end())
		time.Sleep(300 * time.Millisecond) // the load runs against nothing
		must(t, s.Resume(t.Context()))
		l.awaitMore(t, name+": after", 50)
	}
	stop()
	callers.Wait()
	l.check(t, gateways[0])
}

func brief(c *Config) { c.RequestConns, c.AcquireTimeout = 4, 500*time.Millisecond }

type traffic struct {
	mu           sync.Mutex
	acknowledged map[ledger.EntryID]bool // false: refused, and nothing was stored
	done         atomic.Int64
	lost         atomic.Int64 // outcomes that nobody could tell
}

func (l *traffic) run(ctx context.Context, t *testing.T, s *Store, caller int) {
	for n := 0; ctx.Err() == nil; n++ {
		e := randomEntry("sberbank")
		err := s.Transact(context.WithoutCancel(ctx), ledger.Keys{Entries: []ledger.EntryID{e.ID}}, func(v *ledger.View) error {
			if _, exists := v.Entry(e.ID); !exists { // an earlier attempt of this call may have arrived
				v.AddEntry(e)
			}
			return nil
		})
		switch {
		case err == nil:
			l.note(e.ID, true)
			l.done.Add(1)
		case errors.Is(err, ledger.ErrOutcomeUnknown):
			l.lost.Add(1)
		case errors.Is(err, ledger.ErrUnavailable), errors.Is(err, ledger.ErrConflict):
			l.note(e.ID, false)
		default:
			t.Errorf("caller %d: %v", caller, err)
			return
		}
	}
}

func (l *traffic) note(id ledger.EntryID, stored bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[id] = stored
}

func (l *traffic) awaitMore(t *testing.T, when string, n int64) {
	t.Helper()
	want := l.done.Load() + n
	for deadline := time.Now().Add(10 * time.Second); l.done.Load() < want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: calls do not succeed within 10 s", when)
		}
	}
}

func (l *traffic) check(t *testing.T, s *Store) {
	t.Helper()
	for id, want := range l.acknowledged {
		_, err := s.Entry(t.Context(), id)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			t.Fatal(err)
		}
		if (err == nil) != want {
			t.Errorf("an entry is stored: %v, its caller was told: %v", err == nil, want)
		}
	}
	t.Logf("%d acknowledged or refused, %d unknown", len(l.acknowledged), l.lost.Load())
}
