package person_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/poruka/poruka/ledger/person"
)

// N(N(x)) = N(x), for the canonical form and for the text that is kept.
func FuzzName(f *testing.F) {
	for _, text := range []string{
		"Семёнов", "Кoвалёв", "Иванов – Петров", "Д´Артаньян", "Семе\u0308нов", "Ё\u0308ж", "straße", "ŉ", "ǆ", "İstanbul", "нет", "—", "A1, (Jr.)",
	} {
		f.Add(text, true, true)
	}
	f.Fuzz(func(t *testing.T, text string, patronymic, foreign bool) {
		rules := person.NameRules{Patronymic: patronymic, Foreign: foreign}
		name, steps, err := person.ParseName(text, rules)
		if err != nil {
			return
		}
		again, _, err := person.ParseName(name.Text(), rules)
		if !name.IsZero() && (err != nil || !again.Equal(name)) {
			t.Errorf("its own text gives another name: %v", err)
		}
		canonical := name.Canonical()
		if name.IsZero() {
			return
		}
		twice, more, err := person.ParseName(canonical, rules)
		if err != nil || twice.Canonical() != canonical || twice.Key() != name.Key() || len(more) != 0 {
			t.Errorf("normalising %q twice gives %q by %v, %v", canonical, twice.Canonical(), more, err)
		}
		if len(steps) == 0 && canonical != name.Text() {
			t.Errorf("%q became %q by no step", text, canonical)
		}
		if len(steps) > 0 && canonical == text {
			t.Errorf("%q is unchanged by %v", text, steps)
		}
		if hasBothScripts(canonical) || utf8.RuneCountInString(canonical) > person.MaxName {
			t.Errorf("%q mixes scripts or is too long", canonical)
		}
		for _, r := range canonical {
			if unicode.In(r, unicode.C) {
				t.Errorf("%q holds %U", canonical, r)
			}
		}
	})
}

// What is read once is read again from its own form, unchanged.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{
		"112-233-445 95", "500100732259", "+7(964)8827042", "2024-02-29", "29.02.2024", "1", "Ж", "KAZ", "a+b@Пример.рф", "X@XN--E1AFMKFD.RU",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := person.ParseSNILS(text); err == nil {
			stays(t, v, v.Printed(), person.ParseSNILS)
			stays(t, v, v.Digits(), person.ParseSNILS)
		}
		if v, err := person.ParseINN(text); err == nil {
			stays(t, v, v.Digits(), person.ParseINN)
		}
		if v, err := person.ParsePhone(text); err == nil {
			stays(t, v, v.E164(), person.ParsePhone)
		}
		if v, err := person.ParseDate(text); err == nil {
			stays(t, v, v.ISO(), person.ParseDate)
		}
		if v, err := person.ParseDateDots(text); err == nil {
			stays(t, v, v.ISO(), person.ParseDate)
		}
		if v, err := person.ParseSex(text); err == nil {
			stays(t, v, v.Code(), person.ParseSex)
		}
		if v, err := person.ParseCitizenship(text); err == nil {
			stays(t, v, v.Code(), person.ParseCitizenship)
		}
		if v, err := person.ParseEmail(text); err == nil {
			again, err := person.ParseEmail(v.Address())
			if err != nil || !again.Equal(v) {
				t.Errorf("address %q gives %q, %v", v.Address(), again.Address(), err)
			}
		}
	})
}

func stays[T comparable](t *testing.T, value T, form string, parse func(string) (T, error)) {
	t.Helper()
	if again, err := parse(form); err != nil || again != value {
		t.Errorf("%q does not survive a round trip: %v", form, err)
	}
}

// A person survives its own words and its sealed form; the canonical bytes stay the same.
func FuzzPerson(f *testing.F) {
	w := whole()
	f.Add(w.FamilyName, w.MiddleName, w.Passport.Series, w.Passport.Number, w.Passport.DepartmentCode, w.Passport.Issuer, w.Email, "RUS")
	f.Add("O'Neill, Jr.", "", "АB", "n 12–34", "ж1", "Min\u00adistry", "", "USA")
	f.Fuzz(func(t *testing.T, family, middle, series, number, code, issuer, email, citizenship string) {
		raw := whole()
		raw.FamilyName, raw.MiddleName, raw.Email, raw.Citizenship = family, middle, email, citizenship
		raw.Passport = person.RawPassport{Series: series, Number: number, DepartmentCode: code, Issuer: issuer}
		p, _, err := person.Parse(raw, nil, day("2026-07-01"))
		if err != nil {
			return
		}
		again, _, err := person.Parse(p.Raw(), nil, day("2026-07-01"))
		if err != nil || !again.Equal(p) {
			t.Fatalf("its own words give another person: %v", err)
		}
		if string(again.Canonical(nil)) != string(p.Canonical(nil)) {
			t.Error("its own words give another digest")
		}
		profile := person.Profile{Person: p, EmailVerified: true, Previous: []person.Passport{p.Passport}}
		data, err := profile.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := person.UnmarshalProfile(data); err != nil || !back.Equal(profile) {
			t.Fatalf("the sealed form gives another profile: %v", err)
		}
	})
}

func FuzzUnmarshalProfile(f *testing.F) {
	data, err := wholeProfile(f).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	empty, err := person.Profile{}.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(empty)
	f.Fuzz(func(t *testing.T, data []byte) {
		profile, err := person.UnmarshalProfile(data)
		if err != nil {
			return
		}
		again, err := profile.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := person.UnmarshalProfile(again); err != nil || !back.Equal(profile) {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		profile.Canonical(nil)
		_ = profile.Raw()
	})
}
