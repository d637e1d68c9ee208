package seal_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

func profile(t testing.TB) person.Profile {
	t.Helper()
	today, _ := person.NewDate(2026, 11, 22)
	maria, _, err := person.Parse(person.Raw{
		FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: "FEMALE",
		Passport: person.RawPassport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
		SNILS:    "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
	}, person.RequiredOfBank(), today)
	if err != nil {
		t.Fatal(err)
	}
	return person.Profile{Person: maria, PhoneVerified: true, Previous: []person.Passport{maria.Passport}}
}

func TestOpenProfileGivesWhatWasSealed(t *testing.T) {
	r, maria := ring(t), profile(t)
	s, err := r.SealProfile(account, maria)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.OpenProfile(account, s); err != nil || !got.Equal(maria) {
		t.Errorf("another profile opens, or none: %v", err)
	}
	if got, err := r.OpenProfile(other, s); !errors.Is(err, seal.ErrOpen) || !got.Equal(person.Profile{}) {
		t.Errorf("opens for another account: %v", err)
	}
	rubbish, err := r.Seal(account, []byte("no profile"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.OpenProfile(account, rubbish); !errors.Is(err, seal.ErrOpen) || !got.Equal(person.Profile{}) {
		t.Errorf("what is no profile opens: %v", err)
	}
}

func TestSameProfileOutlivesRotation(t *testing.T) {
	r, maria := ring(t), profile(t)
	stored := r.ProfileDigest(maria.Canonical(nil))
	next := rotate(t, r, seal.Request)
	if !next.SameProfile(stored, maria.Canonical(nil)) {
		t.Error("a profile that did not change seems to have changed after a rotation")
	}
	maria.PhoneVerified = false
	if next.SameProfile(stored, maria.Canonical(nil)) {
		t.Error("a profile that changed seems unchanged")
	}
}

func BenchmarkSealProfile(b *testing.B) {
	r, maria := ring(b), profile(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.SealProfile(account, maria); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenProfile(b *testing.B) {
	r, maria := ring(b), profile(b)
	s, err := r.SealProfile(account, maria)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.OpenProfile(account, s); err != nil {
			b.Fatal(err)
		}
	}
}
