package ledgertest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/poruka/poruka/ledger"
)

func overContext(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(e) {
		if name == "Ping" {
			continue // may answer from what it knows
		}
		err := call(over)
		wantError(t, name, err, ledger.ErrUnavailable)
		wantError(t, name, err, context.Canceled)
	}
	nothingOfTwo(t, e)
	suspended, err := e.Suspensions(t.Context())
	must(t, err)
	same(t, "suspensions", len(suspended), 0)
	for name, call := range calls(e) { // and everything works as before
		if err := call(t.Context()); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}

// endsWhileWaiting holds one account in a decision while others wait for it and give up.
func endsWhileWaiting(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, nil)
	deciding, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	holder := make(chan error, 1)
	go func() {
		holder <- e.Transact(context.WithoutCancel(t.Context()), keysOf(1), func(v *ledger.View) error {
			once.Do(func() { close(deciding) })
			<-release
			a, _ := v.Account(accountID(1))
			a.Version++
			v.PutAccount(a)
			return nil
		})
	}()
	<-deciding
	ending, cancel := context.WithCancel(t.Context())
	waiter := make(chan error, 1)
	go func() {
		keys := keysOf(1, 2)
		waiter <- e.Transact(ending, keys, func(v *ledger.View) error { // waits, or decides and then finds itself over
			writeAll(v)
			cancel()
			return nil
		})
	}()
	cancel()
	wantError(t, "the waiter", <-waiter, ledger.ErrUnavailable)
	close(release)
	if err := <-holder; err != nil && !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("the holder: %v", err)
	}
	nothingOfTwo(t, e)
}

func endsWhileDeciding(t *testing.T, s suite) {
	e := s.fresh(t)
	ending, cancel := context.WithCancel(t.Context())
	err := e.Transact(ending, keysOf(2), func(v *ledger.View) error {
		writeAll(v)
		cancel()
		return nil
	})
	switch _, found := e.Entry(t.Context(), entryID(2)); {
	case err == nil: // it came too late: all of it is there
		if _, missing := e.Account(t.Context(), accountID(2)); found != nil || missing != nil {
			t.Errorf("acknowledged; entry: %v, account: %v", found, missing)
		}
	case errors.Is(err, ledger.ErrUnavailable):
		nothingOfTwo(t, e)
	default:
		t.Errorf("error %v, want ErrUnavailable or none", err)
	}
	store(t, e, []ledger.Account{account(3)}, []ledger.Entry{entry(3)})
}
