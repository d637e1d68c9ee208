package portal_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

func TestPutSandbox(t *testing.T) {
	b := newBench(t)
	held := 0
	for _, p := range magic.All() {
		if p.Held != nil {
			held++
		}
	}
	for i, want := range []int{held, 0} {
		if put, changed, err := b.PutSandbox(t.Context()); err != nil || put != held || changed != want {
			t.Fatalf("time %d: changed %d, %v; want %d", i+1, changed, err, want)
		}
	}
	for _, p := range magic.All() {
		if p.Held == nil {
			continue
		}
		id, err := ledger.ParseAccountID(p.Held.ID)
		if err != nil {
			t.Fatal(err)
		}
		view, err := b.Get(t.Context(), id, true)
		if err != nil || view.Level.String() != p.Held.Level || view.Account.Method.String() != p.Held.Method || len(view.Profile.Previous) != len(p.Held.Previous) {
			t.Errorf("%s: %+v, %v", p.SNILS, view, err)
		}
	}
}

// Nobody but the sandbox writes what banks rely on, with or without one.
func TestAccountsOfTheSandboxAreFixed(t *testing.T) {
	b := newBench(t)
	if _, _, err := b.PutSandbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := magic.All()[0]
	id, err := ledger.ParseAccountID(first.Held.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.ParseProfile(raw(func(r *portal.RawProfile) { r.Person.SNILS, r.Person.INN = first.SNILS, "1" }))
	if f := fault.Of(err); f.Reason != fault.FieldFormat || len(f.Violations) != 2 || f.Violations[1].Field != "profile.person.snils" {
		t.Errorf("a profile with the SNILS: %+v", f)
	}
	profile, err := b.ParseProfile(raw(func(*portal.RawProfile) {}))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, err error) {
		t.Helper()
		if f := fault.Of(err); err == nil || f.Reason != fault.FieldFormat || len(f.Violations) != 1 || f.Violations[0].Field != "id" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = b.Put(t.Context(), portal.Put{ID: id, Level: ledger.LevelStandard, Profile: profile})
	refused("put", err)
	const request = "7b0c1e9e-6a5f-4a52-9f0c-000000000001"
	_, err = b.RecordConfirmation(t.Context(), portal.Record{Account: id, RequestID: request, Method: ledger.MethodESignature})
	refused("record", err)
	_, err = b.Erase(t.Context(), portal.Erase{Account: id, RequestID: request, Ground: portal.PersonAsked})
	refused("erase", err)
	_, err = b.Erase(t.Context(), portal.Erase{Account: id, RequestID: request, Ground: portal.RetentionOver, IdleSince: start})
	if !errors.Is(err, portal.ErrNotIdle) {
		t.Errorf("retention: %v", err)
	}
}
