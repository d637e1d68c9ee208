package faults

import (
	"errors"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// lasting is a fault that does not go away, and how the ledger is to give up.
type lasting struct {
	name string
	rule pgproxy.Rule
	want error // nil: one that the contract has no name for
}

func (r *rig) lastings() []lasting {
	type fault = pgproxy.Fault
	fails := func(statement, code string) pgproxy.Rule {
		return pgproxy.Always(statement, fault{Kind: pgproxy.Fail, Code: code})
	}
	tests := []lasting{
		{"no room on the disk", fails(r.Record, "53100"), ledger.ErrUnavailable},
		{"a statement that takes too long", fails(r.Raise, "57014"), ledger.ErrUnavailable},
		{"57P01 on recording", pgproxy.Always(r.Record, fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}), ledger.ErrUnavailable},
		{"cut on reading", pgproxy.Always(r.FindEntry, fault{Kind: pgproxy.CutBefore}), ledger.ErrUnavailable},
		{"the decision is lost", pgproxy.Always(r.Decide, fault{Kind: pgproxy.CutBefore}), ledger.ErrOutcomeUnknown},
		{"a decision of unknown outcome", fails(r.Decide, "40003"), ledger.ErrOutcomeUnknown},
		{"a trigger that refuses", fails(r.Record, "P0001"), nil},
		{"a value that the table refuses", fails(r.Raise, "23514"), nil},
	}
	for _, statement := range r.all() {
		if statement != r.Behind {
			tests = append(tests, lasting{"40001 at " + statement, fails(statement, "40001"), ledger.ErrConflict})
		}
	}
	return tests
}

func forever(t *testing.T, r *rig) {
	for _, test := range r.lastings() {
		t.Run(test.name, func(t *testing.T) {
			n := r.subject(t)
			r.proxy.Apply(test.rule)
			_, err := confirm(t.Context(), r.through, n)
			isNamed(t, err, test.want)
			if told := <-r.told; told.Attempts > r.maxAttempts {
				t.Errorf("%d attempts", told.Attempts)
			}
			if isStored(t, r.straight, n) {
				t.Error("it is stored")
			}
			r.proxy.Apply(nil)
			if _, err := confirm(t.Context(), r.through, n); err != nil || !isStored(t, r.straight, n) {
				t.Errorf("when the fault is over: %v", err)
			}
		})
	}
}

// isNamed checks that err is want, and nothing else that the contract has a name for.
func isNamed(t *testing.T, err, want error) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", want)
	}
	for _, named := range []error{ledger.ErrUnavailable, ledger.ErrConflict, ledger.ErrOutcomeUnknown} {
		if errors.Is(err, named) != (named == want) { //nolint:errorlint // both are what they are
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if strings.Contains(err.Error(), "injected") {
		t.Errorf("error %q repeats what the server said", err)
	}
}
