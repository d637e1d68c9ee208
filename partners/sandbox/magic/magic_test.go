package magic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

func snils(t testing.TB, text string) person.SNILS {
	t.Helper()
	parsed, err := person.ParseSNILS(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestEveryPersonIsWellFormedAndFound(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range magic.All() {
		claim, _, err := person.Parse(p.Claim, person.RequiredOfBank(), magic.Day())
		if err != nil {
			t.Errorf("%s: %v", p.SNILS, err)
			continue
		}
		if claim.SNILS.Printed() != p.SNILS || !magic.Reserved(claim.SNILS) || seen[p.SNILS] {
			t.Errorf("%s is not reserved, or there twice", p.SNILS)
		}
		seen[p.SNILS] = true
		found, ok := magic.Find(claim.SNILS)
		if !ok || found.SNILS != p.SNILS || found.Outcome != p.Outcome || found.Fault != p.Fault {
			t.Errorf("%s: found %v, %v", p.SNILS, found, ok)
		}
		if (p.Outcome == "") == (p.Fault == "") || p.Why == "" {
			t.Errorf("%s: outcome %q, fault %q, why %q", p.SNILS, p.Outcome, p.Fault, p.Why)
		}
		if p.Held == nil {
			continue
		}
		if _, _, err := person.Parse(p.Held.Person, nil, magic.Day()); err != nil {
			t.Errorf("%s: the portal's: %v", p.SNILS, err)
		}
		if digits := strings.ReplaceAll(p.Held.ID, "-", ""); !strings.HasSuffix(digits, claim.SNILS.Digits()) || !magic.ReservedAccount(bytesOf(t, digits)) {
			t.Errorf("%s: account %s", p.SNILS, p.Held.ID)
		}
	}
}

func bytesOf(t *testing.T, digits string) (id [16]byte) {
	t.Helper()
	for i := range id {
		for _, c := range digits[2*i : 2*i+2] {
			id[i] = id[i]<<4 | byte(strings.IndexRune("0123456789abcdef", c))
		}
	}
	return id
}

// Most persons differ in nothing but the number: a bank takes one customer of its test system and changes the SNILS.
func TestPersonsDifferInTheSNILSAlone(t *testing.T) {
	var others []string
	model := magic.All()[0].Claim
	for _, p := range magic.All() {
		claim := p.Claim
		claim.SNILS = model.SNILS
		if claim != model {
			others = append(others, strings.Join(p.Reasons, " "))
		}
	}
	if want := []string{"PASSPORT_EXPIRED", "ISSUED_BEFORE_14", "MINOR_POLICY", "MINOR_UNDER_14"}; !slices.Equal(others, want) {
		t.Errorf("%v are persons of their own, want %v", others, want)
	}
}

func TestReserved(t *testing.T) {
	for number, want := range map[string]bool{
		"000-999-000 00": true, "000-999-001 00": true, "000-999-001 77": true, "000-999-099 99": true,
		"000-998-099 00": false, "000-999-100 00": false, "112-233-445 95": false,
	} {
		if got := magic.Reserved(snils(t, number)); got != want {
			t.Errorf("%s: %v", number, got)
		}
	}
	if magic.Reserved(person.SNILS{}) || magic.ReservedAccount([16]byte{}) || magic.ReservedAccount([16]byte{0xac, 1}) {
		t.Error("nobody is reserved")
	}
	if _, ok := magic.Find(snils(t, "000-999-099 00")); ok {
		t.Error("found a person of no row")
	}
}
