package confirm_test

import (
	"context"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// sandbox makes a bench whose service is one of the sandbox.
func sandbox(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	committer, err := group.New(group.Config{Ledger: b.store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = committer.Close(context.Background()) })
	b.Service, err = confirm.New(confirm.Config{Committer: committer, Reader: b.store, Ring: b.ring, Clock: b.clock.Now, Sandbox: true})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecisionsOnPersonsOfTheSandboxChangeNothing(t *testing.T) {
	b := sandbox(t)
	p := magic.All()[0]
	account := b.put(stored{id: 1, level: ledger.LevelStandard, owner: p.Held.Person, unverified: true})
	minors := bank("vtb")
	minors.Partner.Minors = true
	for range 12 { // more than any budget of attempts
		wrong := with(p.Claim, func(r *person.Raw) { r.Passport.Number = "999999" })
		if d := b.must(minors, b.ask(wrong)); d.Entry.Outcome != ledger.OutcomeNotMatched || !d.Entry.DryRun {
			t.Fatalf("a wrong claim: %v, dry %v", d.Entry.Outcome, d.Entry.DryRun)
		}
		d := b.must(minors, b.ask(p.Claim))
		if e := d.Entry; e.Outcome != ledger.OutcomeConfirmed || !e.DryRun || e.After != ledger.LevelStandard || len(e.Detail) > 0 {
			t.Fatalf("%v, dry %v, after %v, detail %q", e.Outcome, e.DryRun, e.After, e.Detail)
		}
	}
	if a := b.account(account); a.Level != ledger.LevelStandard || a.Version != 1 {
		t.Errorf("the account has changed: %v, version %d", a.Level, a.Version)
	}
	key := ledger.AttemptKey{Subject: b.ring.SNILS("00099900100")}
	b.change(func(v *ledger.View) {
		if a := v.Attempts(key); len(a.Failures)+len(a.Closes)+len(a.Vouches) > 0 {
			t.Errorf("attempts were counted: %+v", a)
		}
	}, ledger.Keys{Attempts: []ledger.AttemptKey{key}})
}

func TestARepeatOfTheSandboxIsReplayed(t *testing.T) {
	b := sandbox(t)
	r := b.ask(magic.All()[0].Claim)
	first := b.must(bank("vtb"), r)
	if again := b.must(bank("vtb"), r); !again.Replayed || again.Entry.ID != first.Entry.ID {
		t.Errorf("again: %+v", again)
	}
	r.DryRun = true // now it is another request, though no less dry
	b.fails(bank("vtb"), r, fault.RequestIDReused)
}

func TestPersonsOfTheSandboxHaveNoPlaceElsewhere(t *testing.T) {
	b, own := newBench(t), sandbox(t)
	for _, p := range magic.All() {
		_, _, err := b.Parse(p.Claim, partners.Partner{})
		f := fault.Of(err)
		if err == nil || f.Reason != fault.FieldFormat || len(f.Violations) != 1 || f.Violations[0].Field != "person.snils" {
			t.Errorf("%s: %+v", p.SNILS, f)
		}
		_, err = b.Confirm(t.Context(), bank("vtb"), own.ask(p.Claim))
		if f := fault.Of(err); err == nil || f.Reason != fault.FieldFormat {
			t.Errorf("%s, parsed elsewhere: %v", p.SNILS, err)
		}
	}
	both := with(magic.All()[0].Claim, func(r *person.Raw) { r.INN = "1" })
	if _, _, err := b.Parse(both, partners.Partner{}); len(fault.Of(err).Violations) != 2 {
		t.Errorf("what else is wrong is not told: %+v", fault.Of(err).Violations)
	}
}
