package group_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("refused")

func entryID(n int) ledger.EntryID { return ledger.EntryID{byte(n >> 8), byte(n)} }

func add(n int) func(*ledger.View) (int, error) {
	return func(v *ledger.View) (int, error) {
		v.AddEntry(ledger.Entry{ID: entryID(n), Kind: ledger.KindConfirmation, Partner: "a"})
		return n, nil
	}
}

func keysOf(n int) ledger.Keys { return ledger.Keys{Entries: []ledger.EntryID{entryID(n)}} }

// gate holds each transaction until released, so that a test decides what waits meanwhile.
type gate struct {
	ledger.Transactor
	begun   chan struct{}
	release chan struct{}
}

func newGate(under ledger.Transactor) *gate {
	return &gate{Transactor: under, begun: make(chan struct{}), release: make(chan struct{})}
}

func (g *gate) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	g.begun <- struct{}{}
	select {
	case <-g.release:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, ctx.Err())
	}
	return g.Transactor.Transact(ctx, keys, decide)
}

// observed collects groups.
type observed struct {
	mu     sync.Mutex
	groups []group.Group
}

func (o *observed) see(g group.Group) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.groups = append(o.groups, g)
}

func (o *observed) all() []group.Group {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]group.Group(nil), o.groups...)
}

func start(t *testing.T, cfg group.Config) *group.Committer {
	t.Helper()
	c, err := group.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// queue starts decisions and waits until all of them wait behind a transaction that the gate holds.
func queue(t *testing.T, c *group.Committer, decisions ...func(*ledger.View) (int, error)) []chan error {
	t.Helper()
	answers := make([]chan error, len(decisions))
	for i, decide := range decisions {
		answers[i] = wait(t, c, "vtb", ledger.Keys{}, decide)
	}
	return answers
}

// wait starts a decision and returns when it waits.
func wait(t *testing.T, c *group.Committer, lane group.Lane, keys ledger.Keys, decide func(*ledger.View) (int, error)) chan error {
	t.Helper()
	answer := make(chan error, 1)
	before := c.Waiting()
	go func() {
		_, err := group.Do(context.Background(), c, lane, keys, decide)
		answer <- err
	}()
	eventually(t, func() bool { return c.Waiting() == before+1 })
	return answer
}

func eventually(t *testing.T, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !met(); {
		if time.Now().After(deadline) {
			t.Fatal("did not come about in 10 s")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWhatWaitsBecomesOneGroupInOrderOfArrival(t *testing.T) {
	memory, seen := &ledgertest.Memory{}, &observed{}
	g := newGate(memory)
	c := start(t, group.Config{Ledger: g, Observe: seen.see, Clock: time.Now})
	first := make(chan error, 1)
	go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
	<-g.begun
	var order []int
	var decisions []func(*ledger.View) (int, error)
	for n := 1; n <= 20; n++ {
		decisions = append(decisions, func(v *ledger.View) (int, error) {
			if n%5 == 0 {
				return 0, errRefused
			}
			order = append(order, n)
			return add(n)(v)
		})
	}
	answers := queue(t, c, decisions...)
	g.release <- struct{}{}
	<-g.begun
	g.release <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	for i, answer := range answers {
		if err := <-answer; errors.Is(err, errRefused) != ((i+1)%5 == 0) {
			t.Errorf("decision %d: %v", i+1, err)
		}
	}
	eventually(t, func() bool { return len(seen.all()) == 2 })
	if got := seen.all()[1]; got.Duration <= 0 || got.Waited <= 0 || got.Size != 20 || got.Err != nil || got.Failed != 0 || got.Splits != 0 {
		t.Errorf("second group %+v, want 20 decisions and no fault", got)
	}
	for i := 1; i < len(order); i++ {
		if order[i] < order[i-1] {
			t.Fatalf("order of decisions %v", order)
		}
	}
	if n := memory.Transactions(); n != 2 {
		t.Errorf("%d transactions, want 2", n)
	}
	entries, _, _ := memory.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 100})
	if len(entries) != 17 {
		t.Errorf("%d entries, want those of the 17 decisions that succeeded", len(entries))
	}
}

func TestGroupsAreBounded(t *testing.T) {
	seen := &observed{}
	g := newGate(&ledgertest.Memory{})
	c := start(t, group.Config{Ledger: g, MaxGroup: 4, MaxQueue: 12, Observe: seen.see, Clock: time.Now})
	first := make(chan error, 1)
	go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
	<-g.begun
	answers := queue(t, c, add(1), add(2), add(3), add(4), add(5), add(6))
	if _, err := group.Do(context.Background(), c, "vtb", keysOf(7), add(7)); !errors.Is(err, ledger.ErrOverloaded) {
		t.Errorf("a seventh in a queue of six: %v, want ErrOverloaded", err)
	}
	for range 2 {
		g.release <- struct{}{}
		<-g.begun
	}
	g.release <- struct{}{}
	for _, answer := range append(answers, first) {
		if err := <-answer; err != nil {
			t.Error(err)
		}
	}
	eventually(t, func() bool { return len(seen.all()) == 3 })
	for i, want := range []int{1, 4, 2} {
		if got := seen.all()[i].Size; got != want {
			t.Errorf("group %d has %d decisions, want %d", i, got, want)
		}
	}
}

func TestABadNeighbourFailsAlone(t *testing.T) {
	poison := entryID(5)
	memory, seen := &ledgertest.Memory{}, &observed{}
	memory.Fault = func(w ledger.Writes) error {
		for _, e := range w.Entries {
			if e.ID == poison {
				return ledger.ErrConflict
			}
		}
		return nil
	}
	g := newGate(memory)
	c := start(t, group.Config{Ledger: g, Observe: seen.see, Clock: time.Now})
	first := make(chan error, 1)
	go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
	<-g.begun
	answers := queue(t, c, add(1), add(2), add(3), add(4), add(5), add(6), add(7), add(8),
		func(*ledger.View) (int, error) { panic("the name of a customer") })
	done := make(chan struct{})
	go func() { // let everything through from here on
		defer close(done)
		for {
			select {
			case g.release <- struct{}{}:
			case <-g.begun:
			case <-t.Context().Done():
				return
			}
		}
	}()
	if err := <-first; err != nil {
		t.Error(err)
	}
	for i, answer := range answers {
		err := <-answer
		var panicked *group.PanicError
		switch i + 1 {
		case 5:
			if !errors.Is(err, ledger.ErrConflict) {
				t.Errorf("the poisoned decision: %v, want ErrConflict", err)
			}
		case 9:
			if !errors.As(err, &panicked) || panicked.Error() != "group: a decision panicked with a string" {
				t.Errorf("the panicking decision: %v", err)
			}
		default:
			if err != nil {
				t.Errorf("decision %d: %v", i+1, err)
			}
		}
	}
	eventually(t, func() bool { return len(seen.all()) == 2 })
	if got := seen.all()[1]; got.Splits == 0 || got.Failed != 1 || !errors.Is(got.Err, ledger.ErrConflict) {
		t.Errorf("group %+v, want splits and one failure", got)
	}
	if entries, _, _ := memory.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 100}); len(entries) != 8 {
		t.Errorf("%d entries, want 8", len(entries))
	}
	t.Cleanup(func() { <-done })
}

func TestALostStoreIsNotAskedAgain(t *testing.T) {
	for _, lost := range []error{ledger.ErrUnavailable, ledger.ErrOutcomeUnknown} {
		memory, seen := &ledgertest.Memory{}, &observed{}
		memory.Fault = func(ledger.Writes) error { return fmt.Errorf("%w: the line is cut", lost) }
		g := newGate(memory)
		c := start(t, group.Config{Ledger: g, Observe: seen.see, Clock: time.Now})
		first := make(chan error, 1)
		go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
		<-g.begun
		answers := queue(t, c, add(1), add(2))
		g.release <- struct{}{}
		<-g.begun
		g.release <- struct{}{}
		for _, answer := range append(answers, first) {
			if err := <-answer; !errors.Is(err, lost) {
				t.Errorf("error %v, want %v", err, lost)
			}
		}
		eventually(t, func() bool { return len(seen.all()) == 2 })
		if got := seen.all()[1]; got.Splits != 0 || got.Failed != 2 {
			t.Errorf("group %+v, want two failures and no split", got)
		}
	}
}

func TestACallerMayLeave(t *testing.T) {
	memory := &ledgertest.Memory{}
	g := newGate(memory)
	c := start(t, group.Config{Ledger: g})
	leaving, leave := context.WithCancel(context.Background())
	running := make(chan error, 1)
	go func() { _, err := group.Do(leaving, c, "vtb", keysOf(1), add(1)); running <- err }()
	<-g.begun
	waiting := make(chan error, 1)
	go func() { _, err := group.Do(leaving, c, "vtb", keysOf(2), add(2)); waiting <- err }()
	eventually(t, func() bool { return c.Waiting() == 1 })
	leave()
	for _, answer := range []chan error{running, waiting} {
		if err := <-answer; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
	}
	if n := c.Waiting(); n != 0 {
		t.Errorf("%d still wait, want the one dropped", n)
	}
	g.release <- struct{}{}
	eventually(t, func() bool { _, err := memory.Entry(context.Background(), entryID(1)); return err == nil })
	if _, err := memory.Entry(context.Background(), entryID(2)); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a decision dropped while waiting was stored: %v", err)
	}
	if _, err := group.Do(leaving, c, "vtb", keysOf(3), add(3)); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left before: %v", err)
	}
}

func TestATransactionHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(&ledgertest.Memory{})
		c, err := group.New(group.Config{Ledger: g, Timeout: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		answer := make(chan error, 1)
		begin := time.Now()
		go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(1), add(1)); answer <- err }()
		<-g.begun
		err = <-answer
		if !errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want ErrUnavailable and not a deadline, which would be the caller's", err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	memory := &ledgertest.Memory{}
	g := newGate(memory)
	c, err := group.New(group.Config{Ledger: g})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
	<-g.begun
	answers := queue(t, c, add(1), add(2))
	closed := make(chan error, 1)
	go func() { closed <- c.Close(context.Background()) }()
	eventually(t, func() bool {
		soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err := group.Do(soon, c, "vtb", ledger.Keys{}, func(*ledger.View) (int, error) { return 0, nil })
		return errors.Is(err, ledger.ErrUnavailable)
	})
	select {
	case err := <-closed:
		t.Fatalf("closed (%v) while a transaction was under way", err)
	default:
	}
	g.release <- struct{}{}
	<-g.begun
	g.release <- struct{}{}
	for _, answer := range append(answers, first, closed) {
		if err := <-answer; err != nil {
			t.Error(err)
		}
	}
}

func TestCloseInAHurryRefusesWhatWaits(t *testing.T) {
	memory := &ledgertest.Memory{}
	g := newGate(memory)
	c, err := group.New(group.Config{Ledger: g})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() { _, err := group.Do(context.Background(), c, "vtb", keysOf(0), add(0)); first <- err }()
	<-g.begun
	hurry, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Close(hurry); !errors.Is(err, context.Canceled) {
		t.Errorf("close: %v", err)
	}
	if err := <-first; !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("what was under way: %v, want ErrUnavailable", err)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Errorf("second close: %v", err)
	}
	if n := memory.Transactions(); n != 0 {
		t.Errorf("%d transactions", n)
	}
}

func TestManyCallersAndWriters(t *testing.T) {
	memory := &ledgertest.Memory{}
	var most atomic.Int64
	c := start(t, group.Config{Ledger: memory, Writers: 3, MaxGroup: 8, Observe: func(g group.Group) { most.Store(max(most.Load(), int64(g.Size))) }})
	var callers sync.WaitGroup
	for n := range 400 {
		callers.Go(func() {
			got, err := group.Do(t.Context(), c, "vtb", keysOf(n), add(n))
			if err != nil || got != n {
				t.Errorf("decision %d: %d, %v", n, got, err)
			}
		})
	}
	callers.Wait()
	if head, _, _ := memory.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 1000}); len(head) != 400 {
		t.Errorf("%d entries, want 400", len(head))
	}
	if most.Load() > 8 {
		t.Errorf("a group of %d, want at most 8", most.Load())
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]group.Config{
		"no ledger":        {},
		"negative group":   {Ledger: &ledgertest.Memory{}, MaxGroup: -1},
		"negative queue":   {Ledger: &ledgertest.Memory{}, MaxQueue: -1},
		"negative writers": {Ledger: &ledgertest.Memory{}, Writers: -1},
		"negative timeout": {Ledger: &ledgertest.Memory{}, Timeout: -1},
	} {
		if _, err := group.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
