package confirm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

// told is what a bank is told of a decision.
func told(e ledger.Entry) string {
	return fmt.Sprint(e.Kind, e.Partner, e.Outcome, e.Reasons, e.Before, e.After, e.Method, e.Policy, e.DryRun, e.DecidedAt)
}

// A bank that changes one field after the other learns which one is wrong only when SNILS, birth date and passport number
// all match.
func TestFieldOracle(t *testing.T) {
	one := map[string]func(*person.Raw){
		"birth date": func(p *person.Raw) { p.BirthDate = "1990-04-20" },
		"sex":        func(p *person.Raw) { p.Sex = "MALE" },
		"series":     func(p *person.Raw) { p.Passport.Series = "4511" },
		"number":     func(p *person.Raw) { p.Passport.Number = "123457" },
	}
	also := map[string]func(*person.Raw){
		"nothing":    func(*person.Raw) {},
		"name":       func(p *person.Raw) { p.FamilyName = "Иванова" },
		"near name":  func(p *person.Raw) { p.FamilyName = "Кузнецоваа" },
		"issue date": func(p *person.Raw) { p.Passport.IssueDate = "2010-05-13" },
		"code":       func(p *person.Raw) { p.Passport.DepartmentCode = "770-101" },
		"inn":        func(p *person.Raw) { p.INN = "123456789047" },
		"phone":      func(p *person.Raw) { p.MobilePhone = "+79161234568" },
		"e-mail":     func(p *person.Raw) { p.Email = "other@example.org" },
	}
	answers := map[string]string{}
	for hard, spoil := range one {
		for soft, further := range also {
			b := newBench(t)
			b.put(mariasAccount())
			claim := with(with(maria(), spoil), further)
			answers[told(b.must(bank("vtb"), b.ask(claim)).Entry)] = hard + " and " + soft
		}
	}
	b := newBench(t) // and the same of nobody at all
	answers[told(b.must(bank("vtb"), b.ask(maria())).Entry)] = "no account"
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
}

func TestUnknownAndMismatchingAccountsAreOneAnswer(t *testing.T) {
	known, unknown := newBench(t), newBench(t)
	known.put(mariasAccount())
	for n := range 6 { // until the budget is used up
		r := known.ask(wrong())
		a, errA := known.Confirm(t.Context(), bank("vtb"), r)
		b, errB := unknown.Confirm(t.Context(), bank("vtb"), r)
		if (errA == nil) != (errB == nil) || n == 5 && errA == nil {
			t.Fatalf("attempt %d: %v and %v", n, errA, errB)
		}
		if errA != nil {
			fa, fb := fault.Of(errA), fault.Of(errB)
			if fa.Kind != fb.Kind || fa.Reason != fb.Reason || fa.RetryAfter != fb.RetryAfter || len(fa.Metadata)+len(fb.Metadata) > 0 {
				t.Errorf("attempt %d: faults %+v and %+v", n, fa, fb)
			}
			continue
		}
		if told(a.Entry) != told(b.Entry) || a.Replayed != b.Replayed {
			t.Errorf("attempt %d: %s and %s", n, told(a.Entry), told(b.Entry))
		}
		if a.Entry.Account.IsZero() || !b.Entry.Account.IsZero() {
			t.Errorf("compliance cannot tell the two apart: %v and %v", a.Entry.Account, b.Entry.Account)
		}
	}
}

// canaries are values of maria that must be nowhere.
func canaries() []string {
	return []string{
		"узнецов", "УЗНЕЦОВ", "Мария", "МАРИЯ", "Олегов", "ОЛЕГОВ", "1990-04-21", "19900421", "123456\"", "4510", "770-100",
		"11223344595", "112-233-445", "500100732259", "9161234567", "m.k@example.org", "ОВД",
	}
}

func TestNothingPersonalIsRecordedOrTold(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	var texts []string
	keep := func(d confirm.Decision, err error) {
		asJSON, _ := json.Marshal(d)
		texts = append(texts, fmt.Sprintf("%v %+v %#v %s", d, d, d, asJSON))
		for ; err != nil; err = errors.Unwrap(err) {
			texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
	}
	who := bank("vtb")
	for _, claim := range []person.Raw{maria(), wrong(), near(), with(maria(), func(p *person.Raw) { p.FamilyName = "Кузнецоваа" }), wrong(), wrong(), wrong(), wrong()} {
		keep(b.Confirm(t.Context(), who, b.ask(claim)))
	}
	r := b.ask(maria())
	r.DryRun = true
	keep(b.Confirm(t.Context(), who, r))
	r.DryRun = false
	keep(b.Confirm(t.Context(), who, r))
	b.broken(ledger.ErrUnavailable)
	keep(b.Confirm(t.Context(), bank("sberbank"), b.ask(maria())))
	b.broken(nil)
	b.change(func(v *ledger.View) {
		a, _ := v.Account(ledger.AccountID{0xac, 1})
		a.Profile.Box = append([]byte{1}, "Кузнецова"...)
		v.PutAccount(a)
	}, ledger.Keys{Accounts: []ledger.AccountID{{0xac, 1}}})
	keep(b.Confirm(t.Context(), bank("tinkoff"), b.ask(maria())))
	_, _, err := b.Parse(with(maria(), func(p *person.Raw) { p.SNILS, p.INN = "112-233-445 96", "500100732250" }), partnersNone())
	keep(confirm.Decision{}, err)
	texts = append(texts, fmt.Sprintf("%+v", fault.Of(err).Violations))
	for _, e := range b.entries() {
		asJSON, _ := json.Marshal(e)
		texts = append(texts, fmt.Sprintf("%+v %s", e, asJSON))
	}
	if len(texts) < 30 {
		t.Fatalf("only %d texts to look at", len(texts))
	}
	for _, text := range texts {
		for _, canary := range canaries() {
			if strings.Contains(text, canary) {
				t.Errorf("%q stands in %s", canary, text)
			}
		}
	}
}

func TestSealedDataThatDoNotOpenAreNoOutcome(t *testing.T) {
	spoil := func(change func(*ledger.Account)) func(*bench) {
		return func(b *bench) {
			b.change(func(v *ledger.View) {
				a, _ := v.Account(ledger.AccountID{0xac, 1})
				change(&a)
				v.PutAccount(a)
			}, ledger.Keys{Accounts: []ledger.AccountID{{0xac, 1}}})
		}
	}
	for name, c := range map[string]struct {
		spoil func(*bench)
		cause error
	}{
		"a bit of the box": {spoil(func(a *ledger.Account) { a.Profile.Box[5] ^= 1 }), seal.ErrOpen},
		"no box":           {spoil(func(a *ledger.Account) { a.Profile.Box = nil }), seal.ErrOpen},
		"key destroyed":    {spoil(func(a *ledger.Account) { a.Profile.WrappedKey = nil }), seal.ErrShredded},
		"key of another ring": {spoil(func(a *ledger.Account) {
			a.Profile.WrappedKey[1] ^= 0xff
		}), seal.ErrKeyMissing},
		"box of another account": {func(b *bench) {
			sealed, err := b.ring.Seal(ledger.AccountID{9}, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			spoil(func(a *ledger.Account) { a.Profile = sealed })(b)
		}, seal.ErrOpen},
		"a profile that is none": {func(b *bench) {
			sealed, err := b.ring.Seal(ledger.AccountID{0xac, 1}, []byte("Кузнецова"))
			if err != nil {
				t.Fatal(err)
			}
			spoil(func(a *ledger.Account) { a.Profile = sealed })(b)
		}, nil},
	} {
		b := newBench(t)
		b.put(mariasAccount())
		c.spoil(b)
		f := b.fails(bank("vtb"), b.ask(maria()), fault.Defect)
		if f.Kind != fault.Internal || c.cause != nil && !errors.Is(&f, c.cause) {
			t.Errorf("%s: kind %v, cause %v", name, f.Kind, f.Unwrap())
		}
		if failures, _ := b.counted("vtb"); failures != 0 || len(b.entries()) != 0 {
			t.Errorf("%s: %d failures and %d entries of a request that was not decided", name, failures, len(b.entries()))
		}
	}
}

func TestUnknownPolicyIsADefect(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	who := bank("vtb")
	who.Partner.Policy = "match/0"
	b.fails(who, b.ask(maria()), fault.Defect)
}

func TestStoreTroubleIsNeverAnOutcome(t *testing.T) {
	for cause, want := range map[error]fault.Reason{
		ledger.ErrUnavailable: fault.LedgerUnavailable, ledger.ErrOutcomeUnknown: fault.OutcomeUnknown,
		ledger.ErrConflict: fault.SubjectBusy, errors.New("disk on fire"): fault.Defect,
	} {
		b := newBench(t)
		id := b.put(mariasAccount())
		b.broken(cause)
		r := b.ask(maria())
		b.fails(bank("vtb"), r, want)
		b.broken(nil)
		if a := b.account(id); a.Level != ledger.LevelStandard || len(b.entries()) != 0 {
			t.Errorf("%v: level %v, %d entries", cause, a.Level, len(b.entries()))
		}
		if d := b.must(bank("vtb"), r); d.Replayed || d.Entry.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("%v: the repeat gives %+v", cause, d)
		}
	}
}

func TestCallerWhoHasNoTime(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Confirm(ctx, bank("vtb"), b.ask(maria())); fault.Of(err).Reason != fault.CallerGaveUp {
		t.Errorf("error %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := b.Confirm(ctx, bank("vtb"), b.ask(maria())); fault.Of(err).Reason != fault.DeadlineOver {
		t.Errorf("error %v", err)
	}
}

func TestReasonsAreNotSharedBetweenAnswers(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	first := b.must(bank("vtb"), b.ask(near()))
	second := b.must(bank("vtb"), b.ask(near()))
	first.Entry.Reasons[0] = "CHANGED"
	if slices.Contains(second.Entry.Reasons, "CHANGED") {
		t.Error("two answers share their reasons")
	}
}
