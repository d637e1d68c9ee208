package tlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
)

// freezer holds a caller in the middle of an advance until it is woken.
type freezer struct {
	ledger.Log
	armed  atomic.Bool
	frozen chan struct{}
	wake   chan struct{}
}

func newFreezer(log ledger.Log) *freezer {
	return &freezer{Log: log, frozen: make(chan struct{}), wake: make(chan struct{})}
}

func (f *freezer) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	if f.armed.CompareAndSwap(true, false) {
		close(f.frozen)
		<-f.wake // deaf to ctx, as a process that is stopped
		ctx = context.WithoutCancel(ctx)
	}
	return f.Log.AdvanceLog(ctx, step)
}

// stormy loses answers, fails, and lets others win.
type stormy struct {
	ledger.Log
	mu    sync.Mutex
	dice  *rand.Rand
	calls int
}

func (s *stormy) roll(sides int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return s.dice.IntN(sides)
}

func (s *stormy) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	switch s.roll(6) {
	case 0:
		return fmt.Errorf("%w: storm", ledger.ErrUnavailable)
	case 1:
		return ledger.ErrConflict
	case 2:
		return fmt.Errorf("%w: storm, before", ledger.ErrOutcomeUnknown)
	case 3:
		_ = s.Log.AdvanceLog(ctx, step)
		return fmt.Errorf("%w: storm, behind", ledger.ErrOutcomeUnknown)
	default:
		return s.Log.AdvanceLog(ctx, step)
	}
}

func (s *stormy) LogHead(ctx context.Context) (ledger.LogHead, error) {
	if s.roll(9) == 0 {
		return ledger.LogHead{}, ledger.ErrUnavailable
	}
	return s.Log.LogHead(ctx)
}

func (s *stormy) LogTiles(ctx context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	if s.roll(9) == 0 {
		return nil, ledger.ErrUnavailable
	}
	time.Sleep(time.Duration(s.roll(300)) * time.Millisecond) // others go on between two reads
	return s.Log.LogTiles(ctx, ids)
}

// begin runs an integrator until the end of the test's bubble.
func (w *world) begin(ctx context.Context, crew *sync.WaitGroup, log ledger.Log) *tlog.Integrator {
	i := w.integrator(log)
	crew.Go(func() {
		if err := i.Run(ctx); err != nil {
			w.Error(err)
		}
	})
	return i
}

func TestSeveralIntegratorsInAStormMakeOneHistory(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			var crew sync.WaitGroup
			var all []*tlog.Integrator
			for n := range 3 {
				all = append(all, w.begin(ctx, &crew, &stormy{Log: w.memory, dice: rand.New(rand.NewPCG(seed, uint64(n)))}))
			}
			dice := rand.New(rand.NewPCG(seed, 99))
			scribes := []*tlog.Scribe{w.scribe(), w.scribe(), w.scribe()}
			signer := w.signer(t.TempDir())
			for n := range 200 {
				s := scribes[dice.IntN(3)]
				switch dice.IntN(8) {
				case 0:
					s.Finish(w.group(3))
					s.Lost(dice.IntN(2) == 0)
				default:
					w.store(s, 1+dice.IntN(9))
				}
				time.Sleep(time.Duration(dice.IntN(100)) * time.Millisecond)
				if n%20 == 0 {
					must(t, signer.Sign(ctx)) // each head goes on from those before
				}
			}
			for patience := 0; w.head().Size < int64(len(w.entries())) && patience < 1000; patience++ {
				time.Sleep(time.Second)
			}
			cancel()
			crew.Wait()
			for _, i := range all {
				if f := i.Halted(); f != nil {
					t.Fatalf("seed %d: halted: %v", seed, f)
				}
			}
			w.verifyLog()
		})
	}
}

func TestALeaderThatWasFrozenChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		var crew sync.WaitGroup
		sleeper := newFreezer(w.memory)
		s := w.scribe()
		w.store(s, 10)
		first := w.begin(ctx, &crew, sleeper)
		time.Sleep(2 * time.Second)
		second := w.begin(ctx, &crew, w.memory)
		sleeper.armed.Store(true)
		w.store(s, 5)
		time.Sleep(time.Second)
		<-sleeper.frozen
		for range 60 {
			w.store(s, 3)
			time.Sleep(time.Second)
		}
		if behind := int64(len(w.entries())) - w.head().Size; behind > 9 {
			t.Errorf("%d entries wait although another could take over", behind)
		}
		head := w.head()
		close(sleeper.wake)
		time.Sleep(500 * time.Millisecond)
		if now := w.head(); now.Size < head.Size || now.Epoch < head.Epoch {
			t.Errorf("the head fell from %d to %d", head.Size, now.Size)
		}
		w.store(s, 3)
		time.Sleep(10 * time.Second)
		cancel()
		crew.Wait()
		if first.Halted() != nil || second.Halted() != nil {
			t.Errorf("halted: %v, %v", first.Halted(), second.Halted())
		}
		w.verifyLog()
	})
}

// Nobody waits for a lease: who watches takes over when the head stands still while entries wait, and only then.
func TestTakingOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.scribe()
		w.store(s, 1)
		loser := &once{Log: w.memory}
		ctx, cancel := context.WithCancel(t.Context())
		var crew sync.WaitGroup
		w.begin(ctx, &crew, loser)
		time.Sleep(2500 * time.Millisecond)
		if w.head().Size != 0 {
			t.Error("who lost a race tries again at once")
		}
		time.Sleep(3 * time.Second)
		if w.head().Size != 1 {
			t.Error("nobody has taken over")
		}
		cancel()
		crew.Wait()
	})
}

// once loses the first race.
type once struct {
	ledger.Log
	lost bool
}

func (o *once) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	if !o.lost {
		o.lost = true
		return ledger.ErrConflict
	}
	return o.Log.AdvanceLog(ctx, step)
}

// All together: writers that share groups, an integrator, receipts, proofs.
func TestFromDecisionToProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		receipts := newReceipts(t, w, 0)
		c, err := group.New(group.Config{Ledger: w.memory, Writers: 3, Scribe: func() group.Scribe { return tlog.NewScribe(w.ring, receipts) }})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var crew sync.WaitGroup
		i := w.begin(ctx, &crew, w.memory)
		var callers sync.WaitGroup
		for _, e := range w.group(500) {
			callers.Go(func() {
				_, err := group.Do(ctx, c, "a", ledger.Keys{Entries: []ledger.EntryID{e.ID}}, func(v *ledger.View) (int, error) {
					v.AddEntry(e)
					return 0, nil
				})
				if err != nil || receipts.Of(e) == "" {
					t.Errorf("no receipt, or %v", err)
				}
			})
		}
		callers.Wait()
		must(t, c.Close(ctx))
		time.Sleep(2 * time.Second)
		must(t, w.signer(t.TempDir()).Sign(ctx))
		if f := i.Halted(); f != nil {
			t.Fatal(f)
		}
		w.verifyLog()
		for _, e := range w.entries()[490:] {
			if _, err := w.prover().Inclusion(ctx, e); err != nil {
				t.Error(err)
			}
		}
		cancel()
		crew.Wait()
	})
}
