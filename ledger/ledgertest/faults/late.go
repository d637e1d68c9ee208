package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// tooSlow lets the caller's time end before a statement arrives. It arrives all the same.
func tooSlow(t *testing.T, r *rig) {
	for _, statement := range r.all() {
		t.Run(statement, func(t *testing.T) {
			n := r.subject(t)
			r.proxy.Apply(pgproxy.Nth(statement, 1, pgproxy.Fault{Delay: 300 * time.Millisecond}))
			soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := confirm(soon, r.through, n)
			r.isRepeated(t, n, err)
		})
	}
}

// isRepeated repeats a confirmation that ended with err, until it is known, and checks that err was true.
func (r *rig) isRepeated(t *testing.T, n int, err error) {
	t.Helper()
	switch {
	case err == nil && !isStored(t, r.straight, n):
		t.Error("acknowledged and not stored")
	case err != nil && !errors.Is(err, ledger.ErrUnavailable) && !errors.Is(err, ledger.ErrOutcomeUnknown):
		t.Errorf("error %v, want one that says that the outcome is unknown or nothing was stored", err)
	}
	r.proxy.Apply(nil)
	replayed, again := insist(t.Context(), r.through, n)
	if again != nil || !isStored(t, r.straight, n) {
		t.Errorf("repeated: %v", again)
	}
	if replayed && errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("stored, though the answer was %v", err)
	}
}

// late loses the answer to a decision, and then the one to the question whether it is stored.
func late(t *testing.T, r *rig) {
	n := r.subject(t)
	isLost := false
	r.proxy.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		switch {
		case s.Key() == r.Decide && !isLost:
			isLost = true
			return pgproxy.Fault{Kind: pgproxy.Lie, Code: "40003"}
		case s.Key() == r.FindEntry && s.N == 2:
			return pgproxy.Fault{Kind: pgproxy.Fail, Code: "XX000"}
		}
		return pgproxy.Fault{}
	})
	if _, err := confirm(t.Context(), r.through, n); !errors.Is(err, ledger.ErrOutcomeUnknown) {
		t.Fatalf("error %v, want ErrOutcomeUnknown", err)
	}
	replayed, err := confirm(t.Context(), r.through, n)
	if err != nil || !replayed || !isStored(t, r.straight, n) {
		t.Errorf("repeated: replayed %v, %v", replayed, err)
	}
}

func cancelled(t *testing.T, r *rig) {
	for _, kind := range []pgproxy.Kind{pgproxy.Hold, pgproxy.CutBefore, pgproxy.CutAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			n := r.subject(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.proxy.Apply(func(s pgproxy.Statement) pgproxy.Fault {
				if s.Key() == r.Decide && s.N == 1 {
					cancel()
					return pgproxy.Fault{Kind: kind}
				}
				return pgproxy.Fault{}
			})
			_, err := confirm(ctx, r.through, n)
			r.proxy.Release()
			r.isRepeated(t, n, err)
		})
	}
}

// leaves has the caller go while the transaction is to be run again.
func leaves(t *testing.T, r *rig) {
	n := r.subject(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.proxy.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		switch s.Key() {
		case r.Record:
			return pgproxy.Fault{Kind: pgproxy.Fail, Code: "40001"}
		case r.Back:
			cancel()
		}
		return pgproxy.Fault{}
	})
	_, err := confirm(ctx, r.through, n)
	if !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want ErrUnavailable because of the caller", err)
	}
	if n := r.proxy.Count(r.Record); n != 1 {
		t.Errorf("%d attempts after the caller left", n)
	}
	r.isRepeated(t, n, err)
}

func accounts(t *testing.T, r *rig) {
	for kind, attempts := range map[pgproxy.Kind]int{pgproxy.CutAfter: 1, pgproxy.CutBefore: 2} {
		n := r.subject(t)
		r.proxy.Apply(pgproxy.Nth(r.Decide, 1, pgproxy.Fault{Kind: kind}))
		a := account(n)
		a.Digest, a.UpdatedAt = [32]byte{5}, begins.Add(time.Hour)
		must(t, r.through.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error {
			old, _ := v.Account(a.ID)
			a.Version = old.Version + 1
			v.PutAccount(a)
			return nil
		}))
		got, err := r.straight.Account(t.Context(), a.ID)
		must(t, err)
		if told := <-r.told; got.Version != 2 || got.Digest != a.Digest || told.Attempts != attempts {
			t.Errorf("%v: version %d after %d attempts", kind, got.Version, told.Attempts)
		}
	}
}

// unasked has a decision write an entry that is there already, word for word, without having asked for it. That it is there when
// the answer to the decision is lost proves nothing.
func unasked(t *testing.T, r *rig) {
	n := r.subject(t)
	mine, snils := entry(n), account(n).SNILS
	must(t, r.straight.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(mine); return nil }))
	r.proxy.Apply(pgproxy.Nth(r.Record, 1, pgproxy.Fault{Kind: pgproxy.CutBefore}))
	for _, keys := range []ledger.Keys{{SNILS: []ledger.Index{snils}}, {}} {
		err := r.through.Transact(t.Context(), keys, func(v *ledger.View) error {
			if a, ok := v.AccountBySNILS(snils); ok {
				a.Level, a.Version = ledger.LevelConfirmed, a.Version+1
				v.PutAccount(a)
			}
			v.AddEntry(mine)
			return nil
		})
		if !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrOutcomeUnknown) {
			t.Errorf("error %v, want ErrConflict or ErrOutcomeUnknown", err)
		}
	}
	if a, err := r.straight.Account(t.Context(), account(n).ID); err != nil || a.Version != 1 {
		t.Errorf("version %d, %v; want an account as it was", a.Version, err)
	}
}
