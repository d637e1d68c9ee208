package confirm_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
)

func TestFind(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	r := b.ask(maria())
	find := func(partner ledger.PartnerID, id string) (confirm.State, ledger.Entry) {
		t.Helper()
		state, e, err := b.Find(t.Context(), partner, id)
		if err != nil {
			t.Fatal(err)
		}
		return state, e
	}
	if state, _ := find("vtb", r.ID); state != confirm.Unknown {
		t.Errorf("before: state %v", state)
	}
	d := b.must(bank("vtb"), r)
	for _, id := range []string{r.ID, strings.ToUpper(r.ID)} {
		if state, e := find("vtb", id); state != confirm.Decided || e.ID != d.Entry.ID || e.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("after: state %v, entry %+v", state, e)
		}
	}
	if state, e := find("sberbank", r.ID); state != confirm.Unknown || !e.ID.IsZero() {
		t.Errorf("another bank: state %v, entry %+v", state, e)
	}
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if state, _, err := b.Find(t.Context(), "vtb", r.ID); state != 0 || fault.Of(err).Reason != fault.LedgerUnavailable {
		t.Errorf("without a ledger: state %v, error %v", state, err)
	}
}

// slow is a ledger whose transactions wait to be released.
type slow struct {
	ledger.Engine
	entered, release chan struct{}
}

func (s *slow) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	s.entered <- struct{}{}
	<-s.release
	return s.Engine.Transact(ctx, keys, decide)
}

func TestFindSaysRunningUntilTheTransactionIsSettled(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	store := &slow{Engine: b.store, entered: make(chan struct{}), release: make(chan struct{})}
	s := b.service(store, 0)
	r := b.ask(maria())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.Confirm(ctx, bank("vtb"), r)
		done <- err
	}()
	<-store.entered
	state := func() confirm.State {
		t.Helper()
		state, _, err := s.Find(t.Context(), "vtb", r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	if got := state(); got != confirm.Running {
		t.Errorf("while it is decided: state %v", got)
	}
	if got, _, _ := s.Find(t.Context(), "sberbank", r.ID); got != confirm.Unknown {
		t.Errorf("to another bank: state %v", got)
	}
	cancel() // the caller gives up, the transaction goes on
	if err := <-done; fault.Of(err).Reason != fault.CallerGaveUp {
		t.Errorf("error %v", err)
	}
	if got := state(); got != confirm.Running {
		t.Errorf("while the transaction goes on without its caller: state %v", got)
	}
	b.clock.add(group.DefaultTimeout)
	if got := state(); got != confirm.Unknown {
		t.Errorf("when the transaction's time is over: state %v", got)
	}
	close(store.release)
	for deadline := time.Now().Add(10 * time.Second); state() != confirm.Decided; {
		if time.Now().After(deadline) {
			t.Fatal("the transaction was not finished")
		}
	}
}

func TestFindAfterAnUnknownOutcomeSaysRunning(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	b.broken(ledger.ErrOutcomeUnknown)
	r := b.ask(maria())
	b.fails(bank("vtb"), r, fault.OutcomeUnknown)
	if state, _, err := b.Find(t.Context(), "vtb", r.ID); state != confirm.Running || err != nil {
		t.Errorf("state %v, %v", state, err)
	}
	b.broken(nil)
	b.must(bank("vtb"), r)
	if state, _, err := b.Find(t.Context(), "vtb", r.ID); state != confirm.Decided || err != nil {
		t.Errorf("after the repeat: state %v, %v", state, err)
	}
}

func TestRunningRequestsAreBounded(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	store := &slow{Engine: b.store, entered: make(chan struct{}), release: make(chan struct{})}
	s := b.service(store, 1)
	r := b.ask(maria())
	done := make(chan error, 2)
	run := func() {
		_, err := s.Confirm(context.Background(), bank("vtb"), r)
		done <- err
	}
	go run()
	<-store.entered
	_, err := s.Confirm(t.Context(), bank("vtb"), b.ask(maria()))
	if f := fault.Of(err); f.Reason != fault.Overloaded || f.RetryAfter <= 0 {
		t.Errorf("one request too many: %+v", f)
	}
	go run() // a repeat of what runs has its place already
	go func() {
		for range store.entered {
			continue
		}
	}()
	close(store.release)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Confirm(t.Context(), bank("vtb"), b.ask(maria())); err != nil {
		t.Errorf("after the others have left: %v", err)
	}
	close(store.entered)
}

func TestGet(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	e := b.must(bank("vtb"), b.ask(maria())).Entry
	for reader, want := range map[ledger.PartnerID]bool{"vtb": true, ledger.PortalID: true, "sberbank": false, "": false} {
		got, err := b.Get(t.Context(), reader, e.ID)
		if want && (err != nil || got.ID != e.ID) {
			t.Errorf("%q: %v", reader, err)
		}
		if !want && (fault.Of(err).Reason != fault.ConfirmationNotFound || !got.ID.IsZero()) {
			t.Errorf("%q: %+v, %v", reader, got, err)
		}
	}
	if _, err := b.Get(t.Context(), "vtb", ledger.EntryID{1}); fault.Of(err).Reason != fault.ConfirmationNotFound {
		t.Errorf("unknown: %v", err)
	}
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), "vtb", e.ID); fault.Of(err).Reason != fault.LedgerUnavailable {
		t.Errorf("without a ledger: %v", err)
	}
}
