package person_test

import (
	"bytes"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

func TestProfileSurvivesSealing(t *testing.T) {
	foreign := whole()
	foreign.Citizenship, foreign.MiddleName, foreign.Email = "KAZ", "", ""
	for name, profile := range map[string]person.Profile{
		"whole":   wholeProfile(t),
		"empty":   {},
		"names":   {Person: mustParse(t, person.Raw{FamilyName: "Кoвалёв", GivenName: "ИВАН"})},
		"foreign": {Person: mustParse(t, foreign), EmailVerified: true},
		"e-mail":  {Person: mustParse(t, person.Raw{Email: "a@b.ru"}), EmailVerified: true, PhoneVerified: true},
	} {
		data, err := profile.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		back, err := person.UnmarshalProfile(data)
		if err != nil || !back.Equal(profile) {
			t.Errorf("%s: another profile comes back: %v", name, err)
		}
		if back.FamilyName.Key() != profile.FamilyName.Key() || back.Raw() != profile.Raw() {
			t.Errorf("%s: the key or the words have changed", name)
		}
		again, err := back.MarshalBinary()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: the same profile has two forms", name)
		}
		for cut := range data {
			if _, err := person.UnmarshalProfile(data[:cut]); err == nil {
				t.Errorf("%s: %d of %d bytes are taken for the whole", name, cut, len(data))
			}
		}
		if _, err := person.UnmarshalProfile(append(data, 0)); err == nil {
			t.Errorf("%s: bytes that follow are overlooked", name)
		}
	}
}

func TestProfileKeepsNothingOfTheBytes(t *testing.T) {
	profile := wholeProfile(t)
	data, err := profile.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back, err := person.UnmarshalProfile(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if !back.Equal(profile) {
		t.Error("overwriting the bytes changes the profile")
	}
}

func TestProfileBounds(t *testing.T) {
	profile := wholeProfile(t)
	for len(profile.Previous) < person.MaxPrevious {
		profile.Previous = append(profile.Previous, profile.Previous[0])
	}
	data, err := profile.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := person.UnmarshalProfile(data); err != nil || len(back.Previous) != person.MaxPrevious {
		t.Errorf("%d replaced passports come back: %v", len(back.Previous), err)
	}
	profile.Previous = append(profile.Previous, profile.Previous[0])
	if _, err := profile.MarshalBinary(); err == nil {
		t.Error("a profile with too many replaced passports is sealed")
	}
}

// What an unsealed profile refuses: bytes that no writer makes.
func TestUnmarshalRefuses(t *testing.T) {
	good, err := person.Profile{}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"version":     func(b []byte) []byte { b[0] = 2; return b },
		"flags":       func(b []byte) []byte { b[1] = 4; return b },
		"sex":         func(b []byte) []byte { b[2] = 3; return b },
		"citizenship": func(b []byte) []byte { return splice(b, 3, 0xFF, 0x01) },
		"date":        func(b []byte) []byte { b[4] = 1; return b },
		"SNILS":       func(b []byte) []byte { return splice(b, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01) },
		"endless":     func(b []byte) []byte { return splice(b, 5, bytes.Repeat([]byte{0x80}, 12)...) },
		"text length": func(b []byte) []byte { b[8] = 0x7F; return b },
		"previous":    func(b []byte) []byte { b[len(b)-1] = person.MaxPrevious + 1; return b },
		"no previous": func(b []byte) []byte { b[len(b)-1] = 1; return b },
	} {
		if _, err := person.UnmarshalProfile(spoil(bytes.Clone(good))); err == nil {
			t.Errorf("%s out of bounds is taken", name)
		}
	}
}

func splice(b []byte, at int, instead ...byte) []byte {
	return append(append(bytes.Clone(b[:at]), instead...), b[at+1:]...)
}
