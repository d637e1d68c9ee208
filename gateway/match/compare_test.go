package match_test

import (
	"slices"
	"testing"

	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

var (
	nobody        = []ledger.Reason{ledger.ReasonNoMatchingAccount}
	paperClose    = []ledger.Reason{ledger.ReasonDocumentClose}
	paperDiffers  = []ledger.Reason{ledger.ReasonDocumentDiffers}
	innDiffers    = []ledger.Reason{ledger.ReasonINNDiffers}
	replacedPaper = []ledger.Reason{ledger.ReasonPreviousPassport}
)

// onFile is the profile of the invented person, with a passport that was replaced.
func onFile(t testing.TB) person.Profile {
	t.Helper()
	old := invented()
	old.Passport = person.RawPassport{Series: "4501", Number: "111222", IssueDate: "2001-03-01", DepartmentCode: "770-001"}
	return person.Profile{Person: parse(t, invented()), PhoneVerified: true, Previous: []person.Passport{parse(t, old).Passport}}
}

type decision struct {
	change  func(*person.Raw)
	outcome ledger.Outcome
	reasons []ledger.Reason
	fields  map[ledger.Field]ledger.Comparison // those that are not exact
}

func TestDecisions(t *testing.T) {
	for name, c := range map[string]decision{
		"all the same": {func(*person.Raw) {}, ledger.OutcomeConfirmed, nil, nil},
		"SNILS": {
			func(r *person.Raw) { r.SNILS = "123-456-789 64" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldSNILS: differs},
		},
		"birth date": {
			func(r *person.Raw) { r.BirthDate = "1981-02-03" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldBirthDate: differs},
		},
		"day and month swapped": {
			func(r *person.Raw) { r.BirthDate = "1981-01-02" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldBirthDate: differs},
		},
		"sex": {
			func(r *person.Raw) { r.Sex = "FEMALE" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldSex: differs},
		},
		"passport number": {
			func(r *person.Raw) { r.Passport.Number = "799798" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: differs},
		},
		"passport series": {
			func(r *person.Raw) { r.Passport.Series = "4511" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: differs},
		},
		"issue date": {
			func(r *person.Raw) { r.Passport.IssueDate = "2010-02-02" },
			ledger.OutcomeCloseMatch, paperClose,
			map[ledger.Field]ledger.Comparison{ledger.FieldIssueDate: differs},
		},
		"department code": {
			func(r *person.Raw) { r.Passport.DepartmentCode = "770-101" },
			ledger.OutcomeCloseMatch, paperClose,
			map[ledger.Field]ledger.Comparison{ledger.FieldDepartmentCode: differs},
		},
		"issue date and department code": {
			func(r *person.Raw) { r.Passport.IssueDate, r.Passport.DepartmentCode = "2010-02-02", "770-101" },
			ledger.OutcomeNotMatched, paperDiffers,
			map[ledger.Field]ledger.Comparison{ledger.FieldIssueDate: differs, ledger.FieldDepartmentCode: differs},
		},
		"no department code": {
			func(r *person.Raw) { r.Passport.DepartmentCode = "" },
			ledger.OutcomeConfirmed, nil,
			map[ledger.Field]ledger.Comparison{ledger.FieldDepartmentCode: missing},
		},
		"issuer never decides": {
			func(r *person.Raw) { r.Passport.Issuer = "МВД" }, ledger.OutcomeConfirmed, nil, nil,
		},
		"INN": {
			func(r *person.Raw) { r.INN = "123456789047" },
			ledger.OutcomeNotMatched, innDiffers,
			map[ledger.Field]ledger.Comparison{ledger.FieldINN: differs},
		},
		"no INN": {
			func(r *person.Raw) { r.INN = "" },
			ledger.OutcomeConfirmed, nil,
			map[ledger.Field]ledger.Comparison{ledger.FieldINN: missing},
		},
		"e-mail": {
			func(r *person.Raw) { r.Email = "b@example.ru" },
			ledger.OutcomeConfirmed, nil,
			map[ledger.Field]ledger.Comparison{ledger.FieldEmail: differs},
		},
		"e-mail with a tag": {
			func(r *person.Raw) { r.Email = "a+bank@example.ru" },
			ledger.OutcomeConfirmed, nil,
			map[ledger.Field]ledger.Comparison{ledger.FieldEmail: typo},
		},
		"phone": { // decided by the caller, by PhoneBound
			func(r *person.Raw) { r.MobilePhone = "+79648827043" },
			ledger.OutcomeConfirmed, nil,
			map[ledger.Field]ledger.Comparison{ledger.FieldMobilePhone: differs},
		},
		"name and document close": {
			func(r *person.Raw) { r.GivenName, r.Passport.IssueDate = "Ордальон", "2010-02-02" },
			ledger.OutcomeCloseMatch,
			[]ledger.Reason{ledger.ReasonNameClose, ledger.ReasonDocumentClose},
			map[ledger.Field]ledger.Comparison{given: typo, ledger.FieldIssueDate: differs},
		},
		"close name, other INN": {
			func(r *person.Raw) { r.GivenName, r.INN = "Ордальон", "123456789047" },
			ledger.OutcomeNotMatched, innDiffers,
			map[ledger.Field]ledger.Comparison{given: typo, ledger.FieldINN: differs},
		},
		"everything but the identifiers": {
			func(r *person.Raw) {
				r.FamilyName, r.Passport.IssueDate, r.Passport.DepartmentCode, r.INN = "Другой", "2010-02-02", "770-101", "123456789047"
			},
			ledger.OutcomeNotMatched,
			[]ledger.Reason{ledger.ReasonNameDiffers, ledger.ReasonDocumentDiffers, ledger.ReasonINNDiffers},
			map[ledger.Field]ledger.Comparison{
				family: differs, ledger.FieldIssueDate: differs, ledger.FieldDepartmentCode: differs, ledger.FieldINN: differs,
			},
		},
		"replaced passport": {
			func(r *person.Raw) {
				r.Passport = person.RawPassport{Series: "4501", Number: "111222", IssueDate: "2001-03-01", DepartmentCode: "770-001"}
			},
			ledger.OutcomeCloseMatch, replacedPaper,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: ledger.Previous},
		},
		"replaced passport, close name": {
			func(r *person.Raw) {
				r.Passport = person.RawPassport{Series: "4501", Number: "111222", IssueDate: "2001-03-01"}
				r.GivenName = "Ордальон"
			},
			ledger.OutcomeCloseMatch, replacedPaper,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: ledger.Previous, ledger.FieldDepartmentCode: missing, given: typo},
		},
		"replaced passport, other name": {
			func(r *person.Raw) {
				r.Passport = person.RawPassport{Series: "4501", Number: "111222", IssueDate: "2001-03-01", DepartmentCode: "770-001"}
				r.FamilyName = "Другой"
			},
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: ledger.Previous, family: differs},
		},
		"number of the replaced passport, the rest guessed": {
			func(r *person.Raw) { r.Passport.Series, r.Passport.Number = "4501", "111222" },
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{
				ledger.FieldPassport: ledger.Previous, ledger.FieldIssueDate: differs, ledger.FieldDepartmentCode: differs,
			},
		},
		"replaced passport, other birth date": {
			func(r *person.Raw) {
				r.Passport = person.RawPassport{Series: "4501", Number: "111222", IssueDate: "2001-03-01", DepartmentCode: "770-001"}
				r.BirthDate = "1981-01-16"
			},
			ledger.OutcomeNotMatched, nobody,
			map[ledger.Field]ledger.Comparison{ledger.FieldPassport: ledger.Previous, ledger.FieldBirthDate: differs},
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

func (d decision) check(t *testing.T) {
	t.Helper()
	raw := invented()
	d.change(&raw)
	result := v1(t).Compare(parse(t, raw), onFile(t))
	if result.Outcome != d.outcome || !slices.Equal(result.Reasons, d.reasons) {
		t.Errorf("%s %v, want %s %v", result.Outcome, result.Reasons, d.outcome, d.reasons)
	}
	if len(result.Fields) != int(ledger.FieldEmail) {
		t.Fatalf("%d fields, want %d", len(result.Fields), ledger.FieldEmail)
	}
	for i, one := range result.Fields {
		want, listed := d.fields[one.Field]
		if !listed {
			want = exact
		}
		if one.Comparison != want || int(one.Field) != i+1 {
			t.Errorf("%s compares as %d, want %d", one.Field, one.Comparison, want)
		}
	}
}

// Whoever does not know SNILS, birth date and passport number gets one answer, whatever else is right or wrong.
func TestHintsAreEarned(t *testing.T) {
	unknown := []func(*person.Raw){
		func(r *person.Raw) { r.SNILS = "123-456-789 64" },
		func(r *person.Raw) { r.BirthDate = "1980-01-01" },
		func(r *person.Raw) { r.Passport.Number = "799798" },
		func(r *person.Raw) { r.Passport.Series = "0101" },
	}
	rest := []func(*person.Raw){
		func(*person.Raw) {},
		func(r *person.Raw) { r.FamilyName = "Подапытный" },
		func(r *person.Raw) { r.FamilyName = "Другой" },
		func(r *person.Raw) { r.INN = "123456789047" },
		func(r *person.Raw) { r.Passport.IssueDate = "2010-02-02" },
		func(r *person.Raw) { r.Passport.IssueDate, r.Passport.DepartmentCode = "2010-02-02", "770-101" },
		func(r *person.Raw) { r.Sex = "FEMALE" },
		func(r *person.Raw) { r.MobilePhone = "+79000000000" },
	}
	for _, spoil := range unknown {
		for _, change := range rest {
			raw := invented()
			spoil(&raw)
			change(&raw)
			result := v1(t).Compare(parse(t, raw), onFile(t))
			if result.Outcome != ledger.OutcomeNotMatched || !slices.Equal(result.Reasons, nobody) {
				t.Errorf("%s %v to one who has proved nothing", result.Outcome, result.Reasons)
			}
		}
	}
}

// What the portal lacks of the identifiers cannot be proved.
func TestProfileWithoutIdentifiers(t *testing.T) {
	for name, change := range map[string]func(*person.Raw){
		"SNILS":      func(r *person.Raw) { r.SNILS = "" },
		"birth date": func(r *person.Raw) { r.BirthDate = "" },
		"sex":        func(r *person.Raw) { r.Sex = "" },
		"passport":   func(r *person.Raw) { r.Passport = person.RawPassport{} },
	} {
		held := invented()
		change(&held)
		for _, claim := range []person.Raw{invented(), held} {
			result := v1(t).Compare(parse(t, claim), person.Profile{Person: parse(t, held)})
			if result.Outcome != ledger.OutcomeNotMatched || !slices.Equal(result.Reasons, nobody) {
				t.Errorf("no %s on file: %s %v", name, result.Outcome, result.Reasons)
			}
		}
	}
	if got := v1(t).Compare(person.Person{}, person.Profile{}).Outcome; got != ledger.OutcomeNotMatched {
		t.Errorf("nothing matches nothing: %s", got)
	}
}

func TestWhatThePortalLacksOfTheDocumentDoesNotDecide(t *testing.T) {
	held := invented()
	held.Passport.IssueDate, held.Passport.DepartmentCode, held.INN, held.Email = "", "", "", ""
	result := v1(t).Compare(parse(t, invented()), person.Profile{Person: parse(t, held)})
	if result.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("%s %v", result.Outcome, result.Reasons)
	}
	for _, f := range []ledger.Field{ledger.FieldIssueDate, ledger.FieldDepartmentCode, ledger.FieldINN, ledger.FieldEmail} {
		if got := field(t, result, f); got != missing {
			t.Errorf("%s compares as %d", f, got)
		}
	}
}

func TestPhoneBound(t *testing.T) {
	other := invented()
	other.MobilePhone = "+79000000000"
	none := invented()
	none.MobilePhone = ""
	for _, c := range []struct {
		claim, held person.Raw
		verified    bool
		want        bool
	}{
		{invented(), invented(), true, true},
		{invented(), invented(), false, false},
		{other, invented(), true, false},
		{none, invented(), true, false},
		{invented(), none, true, false},
		{none, none, true, false},
	} {
		result := v1(t).Compare(parse(t, c.claim), person.Profile{Person: parse(t, c.held), PhoneVerified: c.verified})
		if result.PhoneBound != c.want {
			t.Errorf("phone bound: %v, want %v", result.PhoneBound, c.want)
		}
	}
}

func TestForeignDocuments(t *testing.T) {
	claim := invented()
	claim.Citizenship = "KAZ"
	claim.Passport = person.RawPassport{Number: "n 12345678"}
	held := claim
	held.Passport = person.RawPassport{Number: "N-12345678", IssueDate: "2015-05-05"}
	if result := v1(t).Compare(parse(t, claim), person.Profile{Person: parse(t, held)}); result.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("the same foreign document: %s %v", result.Outcome, result.Reasons)
	}
	held.Passport.Series = "AB"
	if result := v1(t).Compare(parse(t, claim), person.Profile{Person: parse(t, held)}); !slices.Equal(result.Reasons, nobody) {
		t.Errorf("another series: %s %v", result.Outcome, result.Reasons)
	}
}

func TestByID(t *testing.T) {
	if policy, ok := match.ByID(match.V1); !ok || policy.ID != "match/1" || policy.Minors {
		t.Errorf("%+v, %v", policy, ok)
	}
	for _, id := range []string{"", "match/2", "MATCH/1"} {
		if _, ok := match.ByID(id); ok {
			t.Errorf("there is a policy %q", id)
		}
	}
}
