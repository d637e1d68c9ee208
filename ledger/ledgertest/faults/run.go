package faults

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// Run checks a ledger under single faults.
func Run(t *testing.T, c Config) {
	t.Helper()
	r := newRig(t, c)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *rig)
	}{
		{"one fault is settled or tried again", once},
		{"a fault for ever ends truly", forever},
		{"a slow statement is waited for", slow},
		{"a statement slower than its caller", tooSlow},
		{"a commit that arrives late is met, not repeated", late},
		{"a cancelled commit is settled", cancelled},
		{"trying again ends with the caller", leaves},
		{"accounts without entries are settled by their content", accounts},
		{"an entry that was not asked for proves nothing", unasked},
		{"all connections are held", full},
		{"frozen lines", frozen},
		{"nobody is let in", refused},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, r) })
	}
}

// single is one fault, and how the ledger is to get over it.
type single struct {
	name     string
	rule     pgproxy.Rule
	attempts int
	settled  int
}

func (r *rig) singles() []single {
	type fault = pgproxy.Fault
	first := func(statement string, f fault) pgproxy.Rule { return pgproxy.Nth(statement, 1, f) }
	fails := func(statement, code string) pgproxy.Rule {
		return first(statement, fault{Kind: pgproxy.Fail, Code: code})
	}
	dies := func(statement string) pgproxy.Rule {
		return first(statement, fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true})
	}
	tests := []single{
		{"cut before the decision", first(r.Decide, fault{Kind: pgproxy.CutBefore}), 2, 1},
		{"cut after the decision", first(r.Decide, fault{Kind: pgproxy.CutAfter}), 1, 1},
		{"40P01 at the decision", fails(r.Decide, "40P01"), 2, 0},
		{"40003 at the decision, not stored", fails(r.Decide, "40003"), 2, 1},
		{"40003 at the decision, stored", first(r.Decide, fault{Kind: pgproxy.Lie, Code: "40003"}), 1, 1},
		{"an internal error at the decision, stored", first(r.Decide, fault{Kind: pgproxy.Lie, Code: "XX000"}), 1, 1},
		{"57P01 at the decision, not stored", dies(r.Decide), 2, 1},
		{"57P01 at the decision, stored", first(r.Decide, fault{Kind: pgproxy.Lie, Code: "57P01", Fatal: true}), 1, 1},
		{"57P01 behind the answer to the decision", first(r.Decide, fault{Kind: pgproxy.HangUp, Code: "57P01"}), 1, 0},
		{"40003 on recording", fails(r.Record, "40003"), 2, 1},
		{"23505 on recording", fails(r.Record, "23505"), 2, 0},
		{"57P01 on recording", dies(r.Record), 2, 0},
		{"cut on recording", first(r.Record, fault{Kind: pgproxy.CutBefore}), 2, 1},
		{"25P02 on reading", fails(r.FindEntry, "25P02"), 2, 0},
		{"a cached plan that no longer fits", fails(r.FindEntry, "0A000"), 2, 0},
		{"57P01 on reading", dies(r.FindEntry), 2, 0},
		{"cut on reading", first(r.FindEntry, fault{Kind: pgproxy.CutBefore}), 2, 0},
		{"cut behind reading", first(r.FindEntry, fault{Kind: pgproxy.CutAfter}), 2, 0},
	}
	for _, statement := range r.all() {
		if statement != r.Behind {
			tests = append(tests, single{"40001 at " + statement, fails(statement, "40001"), 2, 0})
			continue
		}
		// It is committed, whatever becomes of what follows.
		tests = append(tests,
			single{"40001 at " + statement, fails(statement, "40001"), 1, 0},
			single{"57P01 at " + statement, dies(statement), 1, 0},
			single{"cut at " + statement, first(statement, fault{Kind: pgproxy.CutAfter}), 1, 0})
	}
	for name, f := range map[string]fault{
		"fails":    {Kind: pgproxy.Fail, Code: "25P02"},
		"dies":     {Kind: pgproxy.Fail, Code: "57P01", Fatal: true},
		"cut":      {Kind: pgproxy.CutBefore},
		"cut late": {Kind: pgproxy.CutAfter},
	} {
		tests = append(tests, single{"40001 on recording, and then " + r.Back + ": " + name, func(s pgproxy.Statement) pgproxy.Fault {
			switch {
			case s.N > 1:
				return fault{}
			case s.Key() == r.Record:
				return fault{Kind: pgproxy.Fail, Code: "40001"}
			case s.Key() == r.Back:
				return f
			}
			return fault{}
		}, 2, 0})
	}
	return tests
}

func once(t *testing.T, r *rig) {
	for _, test := range r.singles() {
		t.Run(test.name, func(t *testing.T) {
			n := r.subject(t)
			r.proxy.Apply(test.rule)
			replayed, err := confirm(t.Context(), r.through, n)
			must(t, err)
			if replayed || !isStored(t, r.straight, n) {
				t.Errorf("replayed: %v, want a confirmation that is stored", replayed)
			}
			if got := <-r.told; got.Attempts != test.attempts || got.Settled != test.settled {
				t.Errorf("told %+v, want %d attempts, %d settled", got, test.attempts, test.settled)
			}
		})
	}
}

func slow(t *testing.T, r *rig) {
	for _, statement := range r.all() {
		t.Run(statement, func(t *testing.T) {
			n := r.subject(t)
			r.proxy.Apply(pgproxy.Always(statement, pgproxy.Fault{Delay: 20 * time.Millisecond}))
			_, err := confirm(t.Context(), r.through, n)
			must(t, err)
			if told := <-r.told; told.Attempts != 1 || !isStored(t, r.straight, n) {
				t.Errorf("%d attempts", told.Attempts)
			}
			if r.proxy.Count(statement) == 0 {
				t.Error("it was not said")
			}
		})
	}
}
