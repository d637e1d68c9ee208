package person_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

// passportOf parses a passport of a person who is otherwise in order.
func passportOf(t *testing.T, citizenship string, raw person.RawPassport) (person.Passport, error) {
	t.Helper()
	p, _, err := person.Parse(person.Raw{Citizenship: citizenship, Passport: raw}, nil, day("2026-07-01"))
	return p.Passport, err
}

func TestRussianPassport(t *testing.T) {
	for _, c := range []struct {
		name  string
		raw   person.RawPassport
		want  string // series number code
		wrong person.Field
	}{
		{"plain", person.RawPassport{Series: "4500", Number: "799799", DepartmentCode: "770-100"}, "4500 799799 770-100", ""},
		{"blanks", person.RawPassport{Series: "45 00", Number: "799 799", DepartmentCode: "770100"}, "4500 799799 770-100", ""},
		{"sign", person.RawPassport{Series: "45 00", Number: "№799799", DepartmentCode: "770 100"}, "4500 799799 770-100", ""},
		{"sign and blank", person.RawPassport{Series: "45 00", Number: "№ 799799"}, "4500 799799 ", ""},
		{"joined", person.RawPassport{Number: "4500799799"}, "4500 799799 ", ""},
		{"joined with blanks", person.RawPassport{Number: "45 00 799799"}, "4500 799799 ", ""},
		{"joined with sign", person.RawPassport{Number: "45 00 №799799"}, "4500 799799 ", ""},
		{"zeros in front", person.RawPassport{Series: "0000", Number: "000001"}, "0000 000001 ", ""},
		{"all zeros", person.RawPassport{Series: "4500", Number: "000000"}, "", person.FieldNumber},
		{"letters", person.RawPassport{Series: "45O0", Number: "799799"}, "", person.FieldSeries},
		{"short series", person.RawPassport{Series: "450", Number: "799799"}, "", person.FieldSeries},
		{"long number", person.RawPassport{Series: "4500", Number: "7997991"}, "", person.FieldNumber},
		{"no series", person.RawPassport{Number: "799799"}, "", person.FieldSeries},
		{"no number", person.RawPassport{Series: "4500"}, "", person.FieldNumber},
		{"only a code", person.RawPassport{DepartmentCode: "770-100"}, "", person.FieldSeries},
		{"code of letters", person.RawPassport{Series: "4500", Number: "799799", DepartmentCode: "77O-100"}, "", person.FieldDepartmentCode},
		{"future", person.RawPassport{Series: "4500", Number: "799799", IssueDate: "2026-07-02"}, "", person.FieldIssueDate},
		{"too old", person.RawPassport{Series: "4500", Number: "799799", IssueDate: "1997-09-30"}, "", person.FieldIssueDate},
		{"first day", person.RawPassport{Series: "4597", Number: "799799", IssueDate: "1997-10-01"}, "4597 799799 ", ""},
		{"today", person.RawPassport{Series: "4500", Number: "799799", IssueDate: "2026-07-01"}, "4500 799799 ", ""},
		{"issuer", person.RawPassport{Series: "4500", Number: "799799", Issuer: "ОВД\u0000"}, "", person.FieldIssuer},
		{"long issuer", person.RawPassport{Series: "4500", Number: "799799", Issuer: strings.Repeat("О", 301)}, "", person.FieldIssuer},
	} {
		t.Run(c.name, func(t *testing.T) {
			passport, err := passportOf(t, "", c.raw)
			if got := firstField(err); got != c.wrong {
				t.Fatalf("field at fault %q (%v), want %q", got, err, c.wrong)
			}
			if got := passport.Series() + " " + passport.Number() + " " + passport.DepartmentCode(); err == nil && got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestForeignPassport(t *testing.T) {
	for _, c := range []struct {
		name  string
		raw   person.RawPassport
		want  string
		wrong person.Field
	}{
		{"number alone", person.RawPassport{Number: "N12345678"}, " N12345678", ""},
		{"lower case and blanks", person.RawPassport{Series: "ab", Number: "12-34 56"}, "AB 123456", ""},
		{"Cyrillic twins", person.RawPassport{Series: "АВ", Number: "123456"}, "AB 123456", ""},
		{"Cyrillic", person.RawPassport{Series: "ЖК", Number: "123456"}, "ЖK 123456", ""},
		{"ten digits are not split", person.RawPassport{Number: "4500799799"}, " 4500799799", ""},
		{"old", person.RawPassport{Number: "1", IssueDate: "1990-01-01"}, " 1", ""},
		{"future", person.RawPassport{Number: "1", IssueDate: "2030-01-01"}, "", person.FieldIssueDate},
		{"sign", person.RawPassport{Number: "123/45"}, "", person.FieldNumber},
		{"too long", person.RawPassport{Number: "123456789012345678901"}, "", person.FieldNumber},
		{"hieroglyphs", person.RawPassport{Number: "护照"}, "", person.FieldNumber},
		{"series alone", person.RawPassport{Series: "AB"}, "", person.FieldNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			passport, err := passportOf(t, "KAZ", c.raw)
			if got := firstField(err); got != c.wrong {
				t.Fatalf("field at fault %q (%v), want %q", got, err, c.wrong)
			}
			if got := passport.Series() + " " + passport.Number(); err == nil && got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestPassportValidity(t *testing.T) {
	for _, c := range []struct {
		birth, issued, on string
		want              person.Validity
		until             string
	}{
		{"2006-05-10", "2020-06-01", "2026-05-09", person.Valid, "2026-08-08"},
		{"2006-05-10", "2020-06-01", "2026-05-10", person.ValidGrace, "2026-08-08"},
		{"2006-05-10", "2020-06-01", "2026-08-08", person.ValidGrace, "2026-08-08"},
		{"2006-05-10", "2020-06-01", "2026-08-09", person.Expired, "2026-08-08"},
		{"2006-05-10", "2026-05-20", "2026-08-09", person.Valid, "2051-08-08"},
		{"1981-01-15", "2001-02-01", "2026-04-15", person.ValidGrace, "2026-04-15"},
		{"1981-01-15", "2001-02-01", "2026-04-16", person.Expired, "2026-04-15"},
		{"1981-01-15", "2026-02-01", "2060-01-01", person.Valid, ""},
		{"2004-02-29", "2018-03-10", "2024-05-29", person.ValidGrace, "2024-05-29"},
		{"2004-02-29", "2018-03-10", "2024-05-30", person.Expired, "2024-05-29"},
		{"2012-07-01", "2026-06-30", "2026-07-02", person.IssuedBefore14, ""},
		{"2012-07-01", "2026-07-01", "2026-07-02", person.Valid, "2032-09-29"},
		{"2004-02-29", "2018-02-28", "2024-01-01", person.IssuedBefore14, ""},
		{"2004-02-29", "2018-03-01", "2024-01-01", person.Valid, "2024-05-29"},
		{"2006-05-10", "", "2026-05-09", person.ValidityUnknown, ""},
	} {
		passport, err := passportOf(t, "", person.RawPassport{Series: "4500", Number: "799799", IssueDate: c.issued})
		if err != nil {
			t.Fatal(err)
		}
		got, until := passport.Validity(day(c.birth), day(c.on))
		if got != c.want || until.ISO() != c.until {
			t.Errorf("born %s, issued %s, on %s: %d until %s, want %d until %s", c.birth, c.issued, c.on, got, until.ISO(), c.want, c.until)
		}
	}
	if got, _ := (person.Passport{}).Validity(person.Date{}, day("2026-01-01")); got != person.ValidityUnknown {
		t.Error("nothing is valid")
	}
}

func TestPassportWarnings(t *testing.T) {
	odd := []person.Warning{person.WarningBlankYear}
	for _, c := range []struct {
		series, issued string
		want           []person.Warning
	}{
		{"4500", "2001-01-01", nil},
		{"4500", "1999-01-01", nil},
		{"4501", "1999-01-01", odd},
		{"4500", "2005-01-01", nil},
		{"4500", "2006-01-01", odd},
		{"4597", "1999-01-01", nil},
		{"4599", "2020-01-01", odd},
		{"4596", "2020-01-01", odd},
		{"4527", "", nil},
		{"4528", "", odd},
	} {
		passport, err := passportOf(t, "", person.RawPassport{Series: c.series, Number: "799799", IssueDate: c.issued})
		if err != nil {
			t.Fatal(err)
		}
		if got := passport.Warnings(day("2026-07-01")); !slices.Equal(got, c.want) {
			t.Errorf("series %s issued %s: %v, want %v", c.series, c.issued, got, c.want)
		}
	}
	foreign, _ := passportOf(t, "KAZ", person.RawPassport{Series: "ABCD", Number: "1"})
	if foreign.Warnings(day("2026-07-01")) != nil || (person.Passport{}).Warnings(day("2026-07-01")) != nil {
		t.Error("a foreign or absent passport is held to the Russian form")
	}
}

func TestIssuerIsMadeFitForPrinting(t *testing.T) {
	passport, err := passportOf(t, "", person.RawPassport{Series: "4500", Number: "799799", Issuer: "  ОВД \n  «Выдуманное»\t"})
	if err != nil || passport.Issuer() != "ОВД «Выдуманное»" {
		t.Fatalf("%q, %v", passport.Issuer(), err)
	}
}
