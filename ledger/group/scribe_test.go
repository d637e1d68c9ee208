package group_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// scribe numbers what it finishes and writes down what it is told.
type scribe struct {
	mu    sync.Mutex
	marks byte
	told  []string
}

func (s *scribe) tell(format string, arguments ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, fmt.Sprintf(format, arguments...))
}

func (s *scribe) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

func (s *scribe) Finish(entries []ledger.Entry) {
	for i := range entries {
		s.marks++
		entries[i].Mark[0] = s.marks
	}
	s.tell("finish %d", len(entries))
}

func (s *scribe) Stored(entries []ledger.Entry) {
	for _, e := range entries {
		s.tell("stored %d", e.Mark[0])
	}
}

func (s *scribe) Lost(unknown bool) { s.tell("lost %v", unknown) }

func TestEntriesAreFinishedBeforeTheyAreStored(t *testing.T) {
	memory := &ledgertest.Memory{}
	s := &scribe{}
	c := start(t, group.Config{Ledger: twice{memory}, Scribe: func() group.Scribe { return s }})
	if _, err := group.Do(t.Context(), c, "a", keysOf(1), add(1)); err != nil {
		t.Fatal(err)
	}
	if said := s.said(); !slices.Equal(said, []string{"finish 1", "finish 1", "stored 2"}) {
		t.Errorf("told %v before the answer, want two attempts of which the second is stored", said)
	}
	if e, err := memory.Entry(t.Context(), entryID(1)); err != nil || e.Mark[0] != 2 {
		t.Errorf("stored with mark %d, %v", e.Mark[0], err)
	}
}

// twice runs every decision twice, as after a conflict.
type twice struct{ ledger.Transactor }

func (tw twice) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	if err := decide(ledger.NewView(ledger.Loaded{})); err != nil {
		return err
	}
	return tw.Transactor.Transact(ctx, keys, decide)
}

// failing fails as it is told.
type failing struct{ err error }

func (f failing) Transact(_ context.Context, _ ledger.Keys, decide func(*ledger.View) error) error {
	_ = decide(ledger.NewView(ledger.Loaded{}))
	return f.err
}

func TestAScribeIsToldOfLoss(t *testing.T) {
	for err, want := range map[error]string{
		ledger.ErrOutcomeUnknown: "lost true", ledger.ErrUnavailable: "lost false", ledger.ErrConflict: "lost false",
	} {
		s := &scribe{}
		c := start(t, group.Config{Ledger: failing{err}, Scribe: func() group.Scribe { return s }})
		if _, got := group.Do(t.Context(), c, "a", keysOf(1), add(1)); !errors.Is(got, err) {
			t.Errorf("%v, want %v", got, err)
		}
		if said := s.said(); !slices.Equal(said, []string{"finish 1", want}) {
			t.Errorf("after %v told %v", err, said)
		}
	}
}

func TestEachWriterHasItsScribe(t *testing.T) {
	var mu sync.Mutex
	made := map[*scribe]bool{}
	c := start(t, group.Config{Ledger: &ledgertest.Memory{}, Writers: 3, Scribe: func() group.Scribe {
		mu.Lock()
		defer mu.Unlock()
		s := &scribe{}
		made[s] = true
		return s
	}})
	eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(made) == 3
	})
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
