package person_test

import (
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

// whole is an invented person with every field, in forms that need normalising.
func whole() person.Raw {
	return person.Raw{
		FamilyName: "Подопытный-Ёжиков", GivenName: "Ардальон", MiddleName: "Варфоломеевич",
		BirthDate: "1981-01-15", Sex: "M", Citizenship: "RUS",
		Passport: person.RawPassport{
			Series: "45 10", Number: "№799799", IssueDate: "2010-02-01", DepartmentCode: "770100", Issuer: " ОВД «Выдуманное» г. Москвы ",
		},
		SNILS: "112-233-445 95", INN: "500100732259", MobilePhone: "8 964 882-70-42", Email: "Ardalion+gosuslugi@Example.RU",
	}
}

// wholeProfile is the profile of whole, with a replaced passport.
func wholeProfile(t testing.TB) person.Profile {
	t.Helper()
	p := mustParse(t, whole())
	old := whole()
	old.Passport.Series, old.Passport.Number, old.Passport.IssueDate = "4501", "111222", "2001-02-01"
	return person.Profile{Person: p, PhoneVerified: true, Previous: []person.Passport{mustParse(t, old).Passport}}
}

func mustParse(t testing.TB, raw person.Raw) person.Person {
	t.Helper()
	p, _, err := person.Parse(raw, nil, day("2026-07-01"))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return p
}

func day(text string) person.Date {
	date, err := person.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}
