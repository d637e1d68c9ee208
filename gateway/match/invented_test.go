package match_test

import (
	"testing"

	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// invented is the claim of a bank about an invented person.
func invented() person.Raw {
	return person.Raw{
		FamilyName: "Подопытный", GivenName: "Ардальон", MiddleName: "Варфоломеевич",
		BirthDate: "1981-02-01", Sex: "MALE",
		Passport: person.RawPassport{Series: "4510", Number: "799799", IssueDate: "2010-02-01", DepartmentCode: "770-100", Issuer: "ОВД"},
		SNILS:    "112-233-445 95", INN: "500100732259", MobilePhone: "+79648827042", Email: "a@example.ru",
	}
}

func parse(t testing.TB, raw person.Raw) person.Person {
	t.Helper()
	p, _, err := person.Parse(raw, nil, day(t, "2026-07-01"))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return p
}

func day(t testing.TB, text string) person.Date {
	t.Helper()
	date, err := person.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return date
}

func v1(t testing.TB) match.Policy {
	t.Helper()
	policy, ok := match.ByID("match/1")
	if !ok {
		t.Fatal("there is no match/1")
	}
	return policy
}

// field finds the result of one field.
func field(t testing.TB, result match.Result, f ledger.Field) ledger.Comparison {
	t.Helper()
	for _, one := range result.Fields {
		if one.Field == f {
			return one.Comparison
		}
	}
	t.Fatalf("no result for %s", f)
	return 0
}
