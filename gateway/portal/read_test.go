package portal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

func reason(err error) fault.Reason {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

func TestGet(t *testing.T) {
	b := newBench(t)
	p := b.standard(1, func(r *portal.RawProfile) { r.Previous = []person.RawPassport{{Series: "4504", Number: "654321"}} })
	b.must(p)
	basic, err := b.Get(t.Context(), id(1), false)
	if err != nil || basic.Profile != nil || basic.Level != ledger.LevelStandard || basic.TaxCabinet || basic.DocumentExpired {
		t.Errorf("basic: %+v, %v", basic, err)
	}
	full, err := b.Get(t.Context(), id(1), true)
	if err != nil || full.Profile == nil || !full.Profile.Equal(p.Profile) {
		t.Errorf("full: %v", err)
	}
	if _, err := b.Get(t.Context(), id(2), true); reason(err) != fault.AccountNotFound {
		t.Errorf("unknown: %v", err)
	}
	b.change(1, func(a *ledger.Account) { a.Profile.Box[3] ^= 1 })
	if _, err := b.Get(t.Context(), id(1), true); reason(err) != fault.Defect {
		t.Errorf("spoilt: %v", err)
	}
	if _, err := b.Get(t.Context(), id(1), false); err != nil {
		t.Errorf("spoilt, basic: %v", err)
	}
	b.change(1, func(a *ledger.Account) { a.Level, a.Profile = ledger.LevelErased, ledger.Sealed{} })
	if v, err := b.Get(t.Context(), id(1), true); err != nil || v.Level != ledger.LevelErased || v.Profile != nil {
		t.Errorf("erased: %+v, %v", v, err)
	}
}

func TestViewTellsWhatIsInForce(t *testing.T) {
	for name, c := range map[string]struct {
		account    ledger.Account
		level      ledger.Level
		taxCabinet bool
	}{
		"bank":        {ledger.Account{Level: ledger.LevelConfirmed, Method: ledger.MethodBank}, ledger.LevelConfirmed, true},
		"postal code": {ledger.Account{Level: ledger.LevelConfirmed, Method: ledger.MethodPostalCode}, ledger.LevelConfirmed, false},
		"standard":    {ledger.Account{Level: ledger.LevelStandard}, ledger.LevelStandard, false},
		"stalled": {
			ledger.Account{Level: ledger.LevelStandardVerifying, RegistryAt: start.Add(-5*24*time.Hour - time.Microsecond)}, ledger.LevelStalled, false,
		},
	} {
		if v := newBench(t).ViewOf(c.account); v.Level != c.level || v.TaxCabinet != c.taxCabinet {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestDocumentExpired(t *testing.T) {
	aged := func(birth, issued string) func(*portal.RawProfile) {
		return func(r *portal.RawProfile) { r.Person.BirthDate, r.Person.Passport.IssueDate = birth, issued }
	}
	for name, c := range map[string]struct {
		change func(*portal.RawProfile)
		want   bool
	}{
		"in force":          {func(*portal.RawProfile) {}, false},
		"last day of grace": {aged("2006-08-24", "2020-09-01"), false},
		"a day later":       {aged("2006-08-23", "2020-09-01"), true},
		"foreign": {func(r *portal.RawProfile) {
			aged("2006-08-01", "2020-09-01")(r)
			r.Person.Citizenship = "KAZ"
		}, false},
	} {
		b := newBench(t)
		b.must(b.standard(1, c.change))
		if v, err := b.Get(t.Context(), id(1), true); err != nil || v.DocumentExpired != c.want {
			t.Errorf("%s: %v, %v; want %v", name, v.DocumentExpired, err, c.want)
		}
	}
}

func TestLookup(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	for _, form := range []string{"112-233-445 95", "11223344595", " 112 233 445 95 "} {
		if v, err := b.Lookup(t.Context(), form); err != nil || v.Account.ID != id(1) || v.Profile != nil {
			t.Errorf("%q: %+v, %v", form, v, err)
		}
	}
	for form, want := range map[string]fault.Reason{
		"112-233-445 96": fault.SNILSChecksum, "1": fault.FieldFormat, "": fault.FieldFormat, "087-654-303 00": fault.AccountNotFound,
	} {
		_, err := b.Lookup(t.Context(), form)
		if reason(err) != want {
			t.Errorf("%q: %v, want %v", form, err, want)
		}
		if v := fault.Of(err).Violations; want != fault.AccountNotFound && (len(v) != 1 || v[0].Field != "snils") {
			t.Errorf("%q: violations %+v", form, v)
		}
	}
}

func request(n int) string { return fmt.Sprintf("7b0c1e9e-6a5f-4a52-9f0c-%012x", n) }

func TestRecordConfirmation(t *testing.T) {
	for name, c := range map[string]struct {
		level, effective ledger.Level
		want             ledger.Outcome
		reason           ledger.Reason
	}{
		"standard":  {ledger.LevelStandard, ledger.LevelStandard, ledger.OutcomeConfirmed, ""},
		"confirmed": {ledger.LevelConfirmed, ledger.LevelConfirmed, ledger.OutcomeAlreadyConfirmed, ""},
		"locked":    {ledger.LevelLocked, ledger.LevelLocked, ledger.OutcomeNotEligible, ledger.ReasonAccountLocked},
		"verifying": {ledger.LevelStandardVerifying, ledger.LevelStandardVerifying, ledger.OutcomeNotEligible, ledger.ReasonCheckInProgress},
		"simple":    {ledger.LevelSimplified, ledger.LevelSimplified, ledger.OutcomeNotEligible, ledger.ReasonLevelTooLow},
		"failed":    {ledger.LevelVerifyFailed, ledger.LevelVerifyFailed, ledger.OutcomeNotEligible, ledger.ReasonLevelTooLow},
		"erased":    {ledger.LevelErased, ledger.LevelErased, ledger.OutcomeNotEligible, ledger.ReasonLevelTooLow},
	} {
		b := newBench(t)
		b.must(b.standard(1))
		b.change(1, func(a *ledger.Account) {
			if a.Level = c.level; c.level == ledger.LevelConfirmed {
				a.Method = ledger.MethodBank
			}
		})
		held := b.account(1)
		record := portal.Record{Account: id(1), RequestID: request(1), Method: ledger.MethodPostalCode, Serial: "0af3"}
		got, err := b.RecordConfirmation(t.Context(), record)
		if err != nil {
			t.Fatal(name, err)
		}
		e := got.Entry
		if e.Outcome != c.want || e.Before != c.effective || e.Kind != ledger.KindPortalRecord || e.Partner != ledger.PortalID || e.Account != id(1) ||
			e.Serial != "0af3" || !e.DecidedAt.Equal(start) || got.Replayed {
			t.Errorf("%s: %+v", name, got)
		}
		if c.reason != "" && (len(e.Reasons) != 1 || e.Reasons[0] != c.reason) {
			t.Errorf("%s: reasons %v, want %v", name, e.Reasons, c.reason)
		}
		a := b.account(1)
		if c.want == ledger.OutcomeConfirmed {
			if a.Level != ledger.LevelConfirmed || a.Method != ledger.MethodPostalCode || a.ConfirmedBy != ledger.PortalID || a.Confirmation != e.ID ||
				a.Version != held.Version+1 || e.After != ledger.LevelConfirmed || e.Method != ledger.MethodPostalCode {
				t.Errorf("%s: account %+v, entry %+v", name, a, e)
			}
		} else if a.Version != held.Version || a.Level != held.Level || e.After != e.Before {
			t.Errorf("%s: the account changed: %+v", name, a)
		}
		again, err := b.RecordConfirmation(t.Context(), portal.Record{
			Account: id(1), RequestID: strings.ToUpper(request(1)), Method: ledger.MethodPostalCode, Serial: "other",
		})
		if err != nil || !again.Replayed || again.Entry.ID != e.ID || again.Entry.Outcome != c.want {
			t.Errorf("%s: the repeat gives %+v, %v", name, again, err)
		}
	}
}

func TestRecordConfirmationRefuses(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	good := portal.Record{Account: id(1), RequestID: request(1), Method: ledger.MethodESignature}
	if _, err := b.RecordConfirmation(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*portal.Record)
		want   fault.Reason
	}{
		"another method":  {func(r *portal.Record) { r.Method = ledger.MethodPostalCode }, fault.RequestIDReused},
		"another account": {func(r *portal.Record) { r.Account = id(2) }, fault.RequestIDReused},
		"no account":      {func(r *portal.Record) { r.Account, r.RequestID = id(2), request(2) }, fault.AccountNotFound},
		"bank":            {func(r *portal.Record) { r.Method = ledger.MethodBank }, fault.FieldFormat},
		"no method":       {func(r *portal.Record) { r.Method = ledger.MethodNone }, fault.FieldFormat},
		"no id":           {func(r *portal.Record) { r.RequestID = "x" }, fault.FieldFormat},
	} {
		r := good
		c.change(&r)
		if _, err := b.RecordConfirmation(t.Context(), r); reason(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestListConfirmations(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	for n := range 120 {
		if _, err := b.RecordConfirmation(t.Context(), portal.Record{Account: id(1), RequestID: request(n), Method: ledger.MethodESignature}); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Second)
	}
	var seen []ledger.Entry
	token := ""
	for {
		list, next, err := b.ListConfirmations(t.Context(), id(1), 0, token)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 50 {
			t.Fatalf("a page of %d", len(list))
		}
		seen = append(seen, list...)
		if token = next; token == "" {
			break
		}
	}
	if len(seen) != 120 {
		t.Fatalf("%d entries", len(seen))
	}
	for i := 1; i < len(seen); i++ {
		if !seen[i].DecidedAt.Before(seen[i-1].DecidedAt) {
			t.Fatal("not the newest first")
		}
	}
	_, token, err := b.ListConfirmations(t.Context(), id(1), 5, "")
	if err != nil {
		t.Fatal(err)
	}
	b.must(b.standard(2, func(r *portal.RawProfile) { r.Person.SNILS, r.PhoneVerified = "087-654-303 00", false }))
	if _, _, err := b.ListConfirmations(t.Context(), id(2), 5, token); reason(err) != fault.PageTokenInvalid {
		t.Errorf("token of another account: %v", err)
	}
	if _, _, err := b.ListConfirmations(t.Context(), id(3), 5, ""); reason(err) != fault.AccountNotFound {
		t.Errorf("unknown account: %v", err)
	}
}

func TestNothingPersonalLeavesTheSeal(t *testing.T) {
	b := newBench(t)
	stored := b.must(b.standard(1))
	if _, err := b.RecordConfirmation(t.Context(), portal.Record{Account: id(1), RequestID: request(1), Method: ledger.MethodESignature}); err != nil {
		t.Fatal(err)
	}
	view, err := b.Get(t.Context(), id(1), true)
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := b.ListConfirmations(t.Context(), id(1), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	_, wrong := b.ParseProfile(raw(func(r *portal.RawProfile) { r.Person.SNILS = "112-233-445 96" }))
	for _, what := range []any{stored, b.account(1), view, *view.Profile, entries, wrong, fault.Of(wrong).Violations, b.standard(1), raw()} {
		asJSON, _ := json.Marshal(what)
		text := fmt.Sprintf("%v %+v %#v %s", what, what, what, asJSON)
		for _, canary := range []string{"узнецов", "УЗНЕЦОВ", "Мария", "Олегов", "11223344595", "112-233-445", "500100732259", "9161234567", "m.k@", "4510", "770-100"} {
			if strings.Contains(text, canary) {
				t.Errorf("%q stands in a print of %T: %s", canary, what, text)
			}
		}
	}
}
