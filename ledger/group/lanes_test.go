package group_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// taken is the names of the decisions that each group held, in order. Ask when nothing is under way.
type taken struct {
	ledger.Transactor
	groups [][]string
}

func (r *taken) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	r.groups = append(r.groups, nil)
	return r.Transactor.Transact(ctx, keys, decide)
}

func (r *taken) decision(name string) func(*ledger.View) (int, error) {
	return func(*ledger.View) (int, error) {
		last := &r.groups[len(r.groups)-1]
		*last = append(*last, name)
		return 0, nil
	}
}

// laned is a committer whose first transaction is held until let, so that all else waits.
type laned struct {
	*taken
	*group.Committer
	gate    *gate
	answers []chan error
}

func newLaned(t *testing.T, cfg group.Config) *laned {
	t.Helper()
	g := newGate(&ledgertest.Memory{})
	record := &taken{Transactor: g}
	cfg.Ledger = record
	l := &laned{taken: record, Committer: start(t, cfg), gate: g}
	first := make(chan error, 1)
	go func() {
		_, err := group.Do(context.Background(), l.Committer, "first", ledger.Keys{}, record.decision("first"))
		first <- err
	}()
	<-g.begun
	l.answers = append(l.answers, first)
	return l
}

// weighing are the keys of a decision on so many accounts.
func weighing(accounts int) ledger.Keys {
	return ledger.Keys{Accounts: make([]ledger.AccountID, accounts)}
}

func (l *laned) wait(t *testing.T, lane group.Lane, name string, accounts int) {
	t.Helper()
	l.answers = append(l.answers, wait(t, l.Committer, lane, weighing(accounts), l.decision(name)))
}

// let lets everything through and gives the groups after the first, each as one text.
func (l *laned) let(t *testing.T) []string {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, answer := range l.answers {
			if err := <-answer; err != nil {
				t.Error(err)
			}
		}
	}()
	for open := true; open; {
		select {
		case l.gate.release <- struct{}{}:
		case <-l.gate.begun:
		case <-done:
			open = false
		}
	}
	var groups []string
	for _, names := range l.groups[1:] {
		groups = append(groups, strings.Join(names, " "))
	}
	return groups
}

func TestALoneDecisionIsInTheNextGroup(t *testing.T) {
	l := newLaned(t, group.Config{MaxGroup: 64, MaxQueue: 8192})
	flood := make(chan error)
	for range 4000 {
		go func() {
			_, err := group.Do(context.Background(), l.Committer, "flood", ledger.Keys{}, l.decision("one"))
			flood <- err
		}()
	}
	eventually(t, func() bool { return l.Waiting() == 4000 })
	for range 4000 {
		l.answers = append(l.answers, flood)
	}
	l.wait(t, "vtb", "lone", 0)
	if got := l.let(t); !strings.Contains(" "+got[0]+" ", " lone ") || len(got) != 63 {
		t.Errorf("%d groups, the first holds %s; want 63, the lone decision in the first", len(got), got[0])
	}
}

func TestLanesTakeTurns(t *testing.T) {
	type ask struct {
		lane  group.Lane
		names string // of its decisions
		heavy int    // accounts in each
	}
	for name, test := range map[string]struct {
		asks []ask
		want []string
	}{
		"one after the other":        {[]ask{{"a", "a1 a2 a3 a4 a5 a6", 0}, {"b", "b1 b2", 0}}, []string{"a1 b1 a2 b2", "a3 a4 a5 a6"}},
		"three":                      {[]ask{{"a", "a1 a2 a3", 0}, {"b", "b1", 0}, {"c", "c1 c2", 0}}, []string{"a1 b1 c1 a2", "c2 a3"}},
		"the heavy goes alone":       {[]ask{{"a", "a1 a2", 9}, {"b", "b1", 0}}, []string{"a1", "b1", "a2"}},
		"the heavy waits it out":     {[]ask{{"a", "a1 a2", 9}, {"b", "b1 b2 b3 b4 b5 b6 b7 b8 b9 b10", 0}}, []string{"a1", "b1 b2 b3 b4", "b5 b6 b7 b8", "b9", "a2", "b10"}},
		"what fits together does so": {[]ask{{"a", "a1 a2", 2}, {"b", "b1 b2", 1}}, []string{"a1 b1 b2", "a2"}},
	} {
		l := newLaned(t, group.Config{MaxGroup: 4})
		for _, ask := range test.asks {
			for decision := range strings.FieldsSeq(ask.names) {
				l.wait(t, ask.lane, decision, ask.heavy)
			}
		}
		if got := l.let(t); !slices.Equal(got, test.want) {
			t.Errorf("%s: groups %q, want %q", name, got, test.want)
		}
	}
}

func TestALaneThatComesBackStillOwes(t *testing.T) {
	l := newLaned(t, group.Config{MaxGroup: 4})
	l.wait(t, "import", "i1", 6)
	for n := range 8 {
		l.wait(t, "vtb", fmt.Sprint(n), 0)
	}
	l.gate.release <- struct{}{} // i1 is taken, and its lane empty
	<-l.gate.begun
	l.wait(t, "import", "i2", 6)
	if got, want := l.let(t), []string{"i1", "0 1 2 3", "4 5 6", "i2", "7"}; !slices.Equal(got, want) {
		t.Errorf("groups %q, want %q: before i2, as much for others as i1 weighed", got, want)
	}
}

func TestAFullLaneLeavesRoomForOthers(t *testing.T) {
	l := newLaned(t, group.Config{MaxQueue: 12})
	refused := func(lane group.Lane) bool {
		soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := group.Do(soon, l.Committer, lane, ledger.Keys{}, l.decision("let in"))
		return errors.Is(err, ledger.ErrOverloaded)
	}
	fill := func(lane group.Lane, decisions int) {
		for n := range decisions {
			l.wait(t, lane, fmt.Sprint(lane, n), 0)
		}
		if !refused(lane) {
			t.Errorf("%s may hold more than %d", lane, decisions)
		}
	}
	fill("a", 6) // half
	fill("b", 3) // half of the rest, as a has its share already
	fill("c", 2)
	fill("d", 1)
	if want := map[group.Lane]int{"first": 0, "a": 6, "b": 3, "c": 2, "d": 1}; !maps.Equal(l.Lanes(), want) {
		t.Errorf("waiting %v, want %v", l.Lanes(), want)
	}
	l.let(t)
	if l.Waiting() != 0 {
		t.Errorf("%d wait", l.Waiting())
	}
}

// TestNothingIsLostAndLanesKeepTheirOrder lets decisions of any lane and weight come, and some leave while they wait.
func TestNothingIsLostAndLanesKeepTheirOrder(t *testing.T) {
	holds := func(arrivals []uint16, size uint8) bool {
		l := newLaned(t, group.Config{MaxGroup: 1 + int(size%16), MaxQueue: 1 << 12})
		want := map[string][]int{}
		for n, a := range arrivals {
			lane := fmt.Sprint("lane", a%5)
			if a%7 == 0 {
				l.leave(t, group.Lane(lane))
				continue
			}
			l.wait(t, group.Lane(lane), fmt.Sprintf("%s:%d", lane, n), int(a>>8)%20)
			want[lane] = append(want[lane], n)
		}
		got := map[string][]int{}
		for _, names := range l.let(t) {
			for name := range strings.FieldsSeq(names) {
				var n int
				lane, number, _ := strings.Cut(name, ":")
				if _, err := fmt.Sscan(number, &n); err != nil {
					t.Fatalf("decision %q", name)
				}
				got[lane] = append(got[lane], n)
			}
		}
		return maps.EqualFunc(got, want, slices.Equal[[]int])
	}
	if err := quick.Check(holds, &quick.Config{MaxCount: 60}); err != nil {
		t.Error(err)
	}
}

// leave starts a decision and drops it while it waits.
func (l *laned) leave(t *testing.T, lane group.Lane) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	before, left := l.Waiting(), make(chan error, 1)
	go func() {
		_, err := group.Do(ctx, l.Committer, lane, weighing(3), l.decision("left"))
		left <- err
	}()
	eventually(t, func() bool { return l.Waiting() == before+1 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("a decision that left: %v", err)
	}
}
