package confirm_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

func TestRepeatIsAnsweredFromTheLedger(t *testing.T) { onEachLedger(t, repeatIsAnsweredFromTheLedger) }

func repeatIsAnsweredFromTheLedger(t *testing.T, b *bench) {
	t.Helper()
	id := b.put(mariasAccount())
	r := b.ask(with(maria(), func(p *person.Raw) { p.FamilyName = " кузнецова" }))
	first := b.must(bank("vtb"), r)
	b.clock.add(365 * 24 * time.Hour)
	r.ID = strings.ToUpper(r.ID)
	again := b.must(bank("vtb"), r)
	if !again.Replayed || first.Replayed {
		t.Errorf("replayed: first %v, then %v", first.Replayed, again.Replayed)
	}
	if again.Entry.ID != first.Entry.ID || !again.Entry.DecidedAt.Equal(first.Entry.DecidedAt) || again.Entry.After != ledger.LevelConfirmed {
		t.Errorf("the repeat gives %+v, the first was %+v", again.Entry, first.Entry)
	}
	if len(again.Trace) == 0 || len(again.Trace) != len(first.Trace) {
		t.Errorf("the repeat tells %d normalised fields, the first told %d", len(again.Trace), len(first.Trace))
	}
	if a := b.account(id); a.Version != 2 || len(b.entries()) != 1 {
		t.Errorf("version %d, %d entries after a repeat", a.Version, len(b.entries()))
	}
}

func TestAnotherBodyUnderOneIDIsRefused(t *testing.T) {
	claim := func(change func(*person.Raw)) func(*bench, *confirm.Request) {
		return func(b *bench, r *confirm.Request) {
			id := r.ID
			*r = b.ask(with(maria(), change))
			r.ID = id
		}
	}
	body := func(change func(*confirm.Request)) func(*bench, *confirm.Request) {
		return func(_ *bench, r *confirm.Request) { change(r) }
	}
	for name, change := range map[string]func(*bench, *confirm.Request){
		"family name":     claim(func(p *person.Raw) { p.FamilyName = "Кузнецовас" }),
		"given name":      claim(func(p *person.Raw) { p.GivenName = "Марина" }),
		"middle name":     claim(func(p *person.Raw) { p.MiddleName = "" }),
		"names moved":     claim(func(p *person.Raw) { p.FamilyName, p.GivenName = "КузнецоваМ", "ария" }),
		"birth date":      claim(func(p *person.Raw) { p.BirthDate = "1990-04-20" }),
		"sex":             claim(func(p *person.Raw) { p.Sex = "MALE" }),
		"citizenship":     claim(func(p *person.Raw) { p.Citizenship = "KAZ" }),
		"series":          claim(func(p *person.Raw) { p.Passport.Series = "4511" }),
		"number":          claim(func(p *person.Raw) { p.Passport.Number = "123457" }),
		"issue date":      claim(func(p *person.Raw) { p.Passport.IssueDate = "2010-05-13" }),
		"department code": claim(func(p *person.Raw) { p.Passport.DepartmentCode = "770-101" }),
		"issuer":          claim(func(p *person.Raw) { p.Passport.Issuer = "УВД" }),
		"snils":           claim(func(p *person.Raw) { p.SNILS = "087-654-303 00" }),
		"inn":             claim(func(p *person.Raw) { p.INN = "" }),
		"phone":           claim(func(p *person.Raw) { p.MobilePhone = "+79161234568" }),
		"e-mail":          claim(func(p *person.Raw) { p.Email = "" }),
		"account closed":  body(func(r *confirm.Request) { r.BankAccount.Active = false }),
		"phone not bound": body(func(r *confirm.Request) { r.BankAccount.PhoneBound = false }),
		"means":           body(func(r *confirm.Request) { r.Authentication.Means = ledger.AuthenticatedByApp }),
		"authenticated":   body(func(r *confirm.Request) { r.Authentication.At = r.Authentication.At.Add(time.Microsecond) }),
		"consent":         body(func(r *confirm.Request) { r.Consent.Given = false }),
		"consent time":    body(func(r *confirm.Request) { r.Consent.At = time.Time{} }),
		"consent at 1970": body(func(r *confirm.Request) { r.Consent.At = time.Unix(0, 0) }),
		"dry run":         body(func(r *confirm.Request) { r.DryRun = true }),
		"send time":       body(func(r *confirm.Request) { r.SentAt = start }),
	} {
		b := newBench(t)
		b.put(mariasAccount())
		r := b.ask(maria())
		first := b.must(bank("vtb"), r)
		other := r
		change(b, &other)
		if f := b.fails(bank("vtb"), other, fault.RequestIDReused); f.Kind != fault.Precondition {
			t.Errorf("%s: kind %v", name, f.Kind)
		}
		if again := b.must(bank("vtb"), r); again.Entry.Outcome != first.Entry.Outcome || len(b.entries()) != 1 {
			t.Errorf("%s: the first outcome does not stand", name)
		}
	}
}

func TestTheSameMeaningIsTheSameBody(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	r := b.ask(maria())
	b.must(bank("vtb"), r)
	other := b.ask(with(maria(), func(p *person.Raw) {
		p.FamilyName, p.SNILS, p.MobilePhone = "КУЗНЕЦОВА ", "11223344595", "8 (916) 123-45-67"
	}))
	other.ID = r.ID
	other.Authentication.At = other.Authentication.At.In(time.FixedZone("", 3600)).Add(300 * time.Nanosecond)
	if d := b.must(bank("vtb"), other); !d.Replayed {
		t.Error("the same request in other words is decided anew")
	}
}

func TestIDsBelongToTheirBank(t *testing.T) { onEachLedger(t, idsBelongToTheirBank) }

func idsBelongToTheirBank(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	r := b.ask(maria())
	first, second := b.must(bank("vtb"), r), b.must(bank("sberbank"), r)
	if second.Replayed || second.Entry.ID == first.Entry.ID || second.Entry.Outcome != ledger.OutcomeAlreadyConfirmed {
		t.Errorf("the second bank got %+v", second)
	}
}

func TestRepeatAfterTheRequestKeyWasRotated(t *testing.T) {
	onEachLedger(t, repeatAfterTheRequestKeyWasRotated)
}

func repeatAfterTheRequestKeyWasRotated(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	r := b.ask(maria())
	first := b.must(bank("vtb"), r)
	rotated, _, err := b.ring.Rotate(seal.Request)
	if err != nil {
		t.Fatal(err)
	}
	later := benchOn(t, b.store, rotated)
	if again := later.must(bank("vtb"), r); !again.Replayed || again.Entry.ID != first.Entry.ID {
		t.Errorf("after the rotation the repeat gives %+v", again)
	}
	if state, e, err := later.Find(t.Context(), "vtb", r.ID); state != confirm.Decided || e.ID != first.Entry.ID || err != nil {
		t.Errorf("after the rotation the look-up gives %v, %v", state, err)
	}
	r.DryRun = true
	later.fails(bank("vtb"), r, fault.RequestIDReused)
}

func TestTimesOfARequest(t *testing.T) {
	sent := func(d time.Duration) func(*confirm.Request) {
		return func(r *confirm.Request) { r.SentAt = start.Add(d) }
	}
	for name, c := range map[string]struct {
		change func(*confirm.Request)
		want   fault.Reason
	}{
		"sent 5 minutes ago":             {sent(-5 * time.Minute), ""},
		"sent longer ago":                {sent(-5*time.Minute - time.Microsecond), fault.RequestTooOld},
		"sent a minute ahead":            {sent(time.Minute), ""},
		"sent further ahead":             {sent(time.Minute + time.Microsecond), fault.RequestFromFuture},
		"authenticated a minute ahead":   {func(r *confirm.Request) { r.Authentication.At = start.Add(time.Minute) }, ""},
		"authenticated further ahead":    {func(r *confirm.Request) { r.Authentication.At = start.Add(61 * time.Second) }, fault.RequestFromFuture},
		"consented a minute ahead":       {func(r *confirm.Request) { r.Consent.At = start.Add(time.Minute) }, ""},
		"consented further ahead":        {func(r *confirm.Request) { r.Consent.At = start.Add(61 * time.Second) }, fault.RequestFromFuture},
		"consented at a time not told":   {func(r *confirm.Request) { r.Consent.At = time.Time{} }, ""},
		"consent long ago is still good": {func(r *confirm.Request) { r.Consent.At = start.AddDate(-1, 0, 0) }, ""},
	} {
		b := newBench(t)
		b.put(mariasAccount())
		r := b.ask(maria(), c.change)
		if c.want == "" {
			if d := b.must(bank("vtb"), r); d.Entry.Outcome != ledger.OutcomeConfirmed {
				t.Errorf("%s: outcome %v", name, d.Entry.Outcome)
			}
			continue
		}
		f := b.fails(bank("vtb"), r, c.want)
		if f.Kind != fault.Invalid || f.Metadata["server_time"] != "2026-11-22T09:00:00.25Z" {
			t.Errorf("%s: kind %v, metadata %v", name, f.Kind, f.Metadata)
		}
		if len(b.entries()) != 0 {
			t.Errorf("%s: an undecided request was recorded", name)
		}
	}
}

func TestOldRequestThatWasDecidedIsRepeated(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	r := b.ask(maria(), func(r *confirm.Request) { r.SentAt = start })
	b.must(bank("vtb"), r)
	b.clock.add(time.Hour)
	if d := b.must(bank("vtb"), r); !d.Replayed {
		t.Error("decided anew")
	}
}

func TestMalformedRequests(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		field  string
		change func(*confirm.Request)
	}{
		{"requestId", func(r *confirm.Request) { r.ID = "" }},
		{"requestId", func(r *confirm.Request) { r.ID = "{" + r.ID + "}" }},
		{"requestId", func(r *confirm.Request) { r.ID = strings.ReplaceAll(r.ID, "-", "") }},
		{"authentication.method", func(r *confirm.Request) { r.Authentication.Means = ledger.AuthenticationNone }},
		{"authentication.time", func(r *confirm.Request) { r.Authentication.At = time.Time{} }},
	} {
		f := b.fails(bank("vtb"), b.ask(maria(), c.change), fault.FieldFormat)
		if len(f.Violations) != 1 || f.Violations[0].Field != c.field {
			t.Errorf("violations %+v, want of %s", f.Violations, c.field)
		}
	}
}

func TestParseNamesEveryFieldAtFault(t *testing.T) {
	b := newBench(t)
	_, _, err := b.Parse(person.Raw{SNILS: "112-233-445 96", INN: "7707083893", GivenName: "Мария"}, bank("vtb").Partner)
	fields := map[string]fault.Reason{}
	for _, v := range fault.Of(err).Violations {
		fields[v.Field] = v.Reason
	}
	for field, want := range map[string]fault.Reason{
		"person.familyName": fault.FieldFormat, "person.birthDate": fault.FieldFormat, "person.sex": fault.FieldFormat,
		"person.passport.number": fault.FieldFormat, "person.snils": fault.SNILSChecksum, "person.inn": fault.INNNotPerson,
		"person.mobilePhone": fault.FieldFormat, "person.givenName": "",
	} {
		if fields[field] != want {
			t.Errorf("%s: %q, want %q", field, fields[field], want)
		}
	}
	strict := bank("vtb").Partner
	strict.Required = person.Requirements{person.FieldEmail: true}
	_, _, err = b.Parse(with(maria(), func(p *person.Raw) { p.Email = "" }), strict)
	if v := fault.Of(err).Violations; len(v) != 1 || v[0].Field != "person.email" {
		t.Errorf("what the agreement requires: %+v", v)
	}
	if _, _, err := b.Parse(with(maria(), func(p *person.Raw) {
		p.Citizenship, p.Passport = "KAZ", person.RawPassport{Number: "N1234567"}
	}), partnersNone()); err != nil {
		t.Errorf("a foreign citizen: %v", fault.Of(err).Violations)
	}
}

func TestHundredRepeatsAtOnceAreOneEntry(t *testing.T) {
	onEachLedger(t, hundredRepeatsAtOnceAreOneEntry)
}

func hundredRepeatsAtOnceAreOneEntry(t *testing.T, b *bench) {
	t.Helper()
	id := b.put(mariasAccount())
	other := b.service(b.store, 0) // another gateway
	r := b.ask(maria())
	var callers sync.WaitGroup
	answers := make(chan confirm.Decision, 100)
	for n := range 100 {
		s := []*confirm.Service{b.Service, other}[n%2]
		callers.Go(func() {
			d, err := s.Confirm(context.Background(), bank("vtb"), r)
			if err != nil && !errors.Is(err, ledger.ErrConflict) { // the other gateway was first
				t.Error(err)
			}
			if err == nil {
				answers <- d
			}
		})
	}
	callers.Wait()
	close(answers)
	fresh := 0
	for d := range answers {
		if !d.Replayed {
			fresh++
		}
		if d.Entry.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("outcome %v", d.Entry.Outcome)
		}
	}
	if fresh != 1 || len(b.entries()) != 1 || b.account(id).Version != 2 {
		t.Errorf("%d fresh answers, %d entries, version %d; want 1, 1, 2", fresh, len(b.entries()), b.account(id).Version)
	}
}

func TestBanksRaceForOneAccount(t *testing.T) { onEachLedger(t, banksRaceForOneAccount) }

func banksRaceForOneAccount(t *testing.T, b *bench) {
	t.Helper()
	id := b.put(mariasAccount())
	requests := map[string]confirm.Request{"vtb": b.ask(maria()), "sberbank": b.ask(maria()), "tinkoff": b.ask(maria())}
	outcomes := make(chan ledger.Entry, len(requests))
	var callers sync.WaitGroup
	for name, r := range requests {
		callers.Go(func() {
			d, err := b.Confirm(context.Background(), bank(partnerID(name)), r)
			if err != nil {
				t.Error(err)
			}
			outcomes <- d.Entry
		})
	}
	callers.Wait()
	close(outcomes)
	count := map[ledger.Outcome]int{}
	var winner ledger.Entry
	for e := range outcomes {
		count[e.Outcome]++
		if e.Outcome == ledger.OutcomeConfirmed {
			winner = e
		}
	}
	if count[ledger.OutcomeConfirmed] != 1 || count[ledger.OutcomeAlreadyConfirmed] != 2 {
		t.Errorf("outcomes %v", count)
	}
	if a := b.account(id); a.Confirmation != winner.ID || a.ConfirmedBy != winner.Partner || a.Version != 2 {
		t.Errorf("the account owes its level to %v of %v, want %v of %v", a.Confirmation, a.ConfirmedBy, winner.ID, winner.Partner)
	}
}
