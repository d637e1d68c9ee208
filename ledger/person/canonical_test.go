package person_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

func TestCanonicalIsTheSameForTheSamePerson(t *testing.T) {
	want := mustParse(t, whole()).Canonical(nil)
	for name, change := range map[string]func(*person.Raw){
		"case":          func(r *person.Raw) { r.FamilyName = "подопытный-ежиков" },
		"dash":          func(r *person.Raw) { r.FamilyName = "Подопытный – Ёжиков" },
		"SNILS mask":    func(r *person.Raw) { r.SNILS = "11223344595" },
		"phone mask":    func(r *person.Raw) { r.MobilePhone = "+79648827042" },
		"passport mask": func(r *person.Raw) { r.Passport.Series, r.Passport.Number = "", "4510 №799799" },
		"code":          func(r *person.Raw) { r.Passport.DepartmentCode = "770-100" },
		"issuer blanks": func(r *person.Raw) { r.Passport.Issuer = "ОВД «Выдуманное» г. Москвы" },
		"sex":           func(r *person.Raw) { r.Sex = "1" },
		"citizenship":   func(r *person.Raw) { r.Citizenship = "" },
		"e-mail case":   func(r *person.Raw) { r.Email = "ARDALION+GOSUSLUGI@EXAMPLE.RU" },
	} {
		raw := whole()
		change(&raw)
		if got := mustParse(t, raw).Canonical(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: the same person has other canonical bytes", name)
		}
	}
}

// Every field counts: no two of these persons share their bytes.
func TestCanonicalIsInjective(t *testing.T) {
	changes := map[string]func(*person.Raw){
		"as it is":    func(*person.Raw) {},
		"family name": func(r *person.Raw) { r.FamilyName = "Подопытный" },
		"given name":  func(r *person.Raw) { r.GivenName = "Ардальо" },
		"moved":       func(r *person.Raw) { r.GivenName, r.MiddleName = "АрдальонВ", "арфоломеевич" },
		"no middle":   func(r *person.Raw) { r.MiddleName = "" },
		"birth date":  func(r *person.Raw) { r.BirthDate = "1981-01-16" },
		"sex":         func(r *person.Raw) { r.Sex = "F" },
		"citizenship": func(r *person.Raw) { r.Citizenship = "KAZ" },
		"series":      func(r *person.Raw) { r.Passport.Series = "4511" },
		"number":      func(r *person.Raw) { r.Passport.Number = "799798" },
		"issue date":  func(r *person.Raw) { r.Passport.IssueDate = "2010-02-02" },
		"code":        func(r *person.Raw) { r.Passport.DepartmentCode = "770-101" },
		"issuer":      func(r *person.Raw) { r.Passport.Issuer = "ОВД" },
		"no passport": func(r *person.Raw) { r.Passport = person.RawPassport{} },
		"SNILS":       func(r *person.Raw) { r.SNILS = "123-456-789 64" },
		"INN":         func(r *person.Raw) { r.INN = "123456789047" },
		"phone":       func(r *person.Raw) { r.MobilePhone = "9648827043" },
		"e-mail":      func(r *person.Raw) { r.Email = "ardalion@example.ru" },
	}
	seen := map[string]string{}
	for name, change := range changes {
		raw := whole()
		change(&raw)
		bytes := string(mustParse(t, raw).Canonical([]byte("before")))
		if other, taken := seen[bytes]; taken {
			t.Errorf("%s and %s have the same canonical bytes", name, other)
		}
		seen[bytes] = name
	}
	if fields := reflect.TypeFor[person.Person]().NumField(); fields != 12 {
		t.Errorf("Person has %d fields; does this test change each?", fields)
	}
}

func TestCanonicalOfAProfileHoldsWhatThePortalAdds(t *testing.T) {
	seen := map[string]bool{}
	for _, change := range []func(*person.Profile){
		func(*person.Profile) {},
		func(p *person.Profile) { p.PhoneVerified = !p.PhoneVerified },
		func(p *person.Profile) { p.EmailVerified = !p.EmailVerified },
		func(p *person.Profile) { p.Previous = nil },
		func(p *person.Profile) { p.Previous = append(p.Previous, p.Passport) },
	} {
		profile := wholeProfile(t)
		change(&profile)
		bytes := string(profile.Canonical(nil))
		if seen[bytes] {
			t.Error("two profiles have the same canonical bytes")
		}
		seen[bytes] = true
		if same := wholeProfile(t); profile.Equal(same) != (bytes == string(same.Canonical(nil))) {
			t.Error("Equal and Canonical disagree")
		}
	}
}
