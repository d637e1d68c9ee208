package people_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

const sample = 4_000

func day(t testing.TB, text string) person.Date {
	t.Helper()
	d, err := person.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func population(t testing.TB, seed uint64, today string) *people.Population {
	t.Helper()
	p, err := people.New(people.Config{Seed: seed, Today: day(t, today)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const today = "2026-11-22"

// checked is an account whose person is well-formed.
type checked struct {
	people.Account
	index  uint64
	person person.Person
	age    int // -1: not known
}

// everybody reads the sample as a portal would.
func everybody(t testing.TB, today string) []checked {
	t.Helper()
	on := day(t, today)
	var all []checked
	for i, a := range population(t, 42, today).Range(0, sample) {
		need := person.Requirements{person.FieldFamilyName: true, person.FieldGivenName: true}
		parsed, _, err := person.Parse(a.Person, need, on)
		if err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
		for _, paper := range a.Previous {
			old := person.Raw{FamilyName: "А", GivenName: "Б", Passport: paper}
			if _, _, err := person.Parse(old, nil, on); err != nil {
				t.Fatalf("previous passport of %d: %v", i, err)
			}
		}
		age := -1
		if !parsed.BirthDate.IsZero() {
			age = parsed.BirthDate.AgeOn(on)
		}
		all = append(all, checked{a, i, parsed, age})
	}
	return all
}

func TestNumbersAreUnique(t *testing.T) {
	seen := map[string]uint64{}
	for _, a := range everybody(t, today) {
		for _, id := range []string{a.AccountID, "s" + a.Person.SNILS, "i" + a.Person.INN, a.Person.MobilePhone, a.Person.Email} {
			if len(id) < 2 {
				continue
			}
			if before, twice := seen[id]; twice {
				t.Fatalf("%d and %d share %s", before, a.index, id)
			}
			seen[id] = a.index
		}
		if !a.person.SNILS.IsZero() && !a.person.SNILS.Checked() {
			t.Fatalf("the SNILS of %d has no check digits", a.index)
		}
	}
}

func TestNumbersAreUniqueFarApart(t *testing.T) {
	p := population(t, 42, today)
	seen := map[string]uint64{}
	for n := range uint64(10_000) {
		index := n * 89_989 // up to nearly MaxCount
		a := p.Account(index)
		for _, id := range []string{a.AccountID, "s" + a.Person.SNILS, "i" + a.Person.INN, a.Person.MobilePhone} {
			if before, twice := seen[id]; twice && len(id) > 1 {
				t.Fatalf("%d and %d share %s", before, index, id)
			}
			seen[id] = index
		}
	}
}

func TestSharesOfEachKind(t *testing.T) {
	counts := map[string]int{}
	count := func(name string, is bool) {
		if is {
			counts[name]++
		}
	}
	on := day(t, today)
	for _, a := range everybody(t, today) {
		validity, _ := a.person.Passport.Validity(a.person.BirthDate, on)
		russian := a.person.Citizenship.IsRussian()
		stalled := a.Level == "STANDARD_VERIFYING" && time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Sub(a.RegistryTime) > 5*24*time.Hour
		count(a.Level, !stalled)
		count(a.Method, a.Level == "CONFIRMED")
		count("stalled", stalled)
		count("child", a.age >= 0 && a.age < 14)
		count("minor", a.age >= 14 && a.age < 18)
		count("old", a.age >= 75)
		count("foreigner", !russian)
		count("expired", russian && validity == person.Expired)
		count("grace", russian && validity == person.ValidGrace)
		count("previous", len(a.Previous) > 0)
		count("phone not verified", a.Person.MobilePhone != "" && !a.PhoneVerified)
		count("no phone", a.Person.MobilePhone == "")
		count("no middle name", a.Person.MiddleName == "")
		count("suffix", strings.HasSuffix(a.Person.MiddleName, " оглы"))
		count("ё", strings.ContainsRune(a.Person.FamilyName, 'ё'))
		count("hyphen", strings.Contains(a.Person.FamilyName, "-"))
		count("apostrophe", strings.Contains(a.Person.FamilyName, "'"))
		count("Latin", a.Person.FamilyName[0] < 128)
		count("no INN", a.Person.INN == "")
		count("bare", a.Person.SNILS == "")
		count("woman", a.Person.Sex == "FEMALE")
	}
	for name, share := range map[string][2]float64{ // in percent: at least, at most
		"STANDARD": {50, 70}, "CONFIRMED": {15, 25}, "SIMPLIFIED": {8, 13}, "STANDARD_VERIFYING": {2, 4}, "VERIFY_FAILED": {1.5, 4},
		"LOCKED": {1, 3}, "stalled": {1, 3}, "BANK": {8, 14}, "SERVICE_CENTRE": {4, 8}, "POSTAL_CODE": {0.8, 2.5}, "E_SIGNATURE": {0.8, 2.5},
		"child": {1, 3}, "minor": {2, 6}, "old": {3, 15}, "foreigner": {3, 5}, "expired": {1, 3.5}, "grace": {0.1, 3}, "previous": {40, 90},
		"phone not verified": {3, 7}, "no phone": {0.3, 3}, "no middle name": {1, 8}, "suffix": {0.1, 1}, "ё": {3, 20}, "hyphen": {0.7, 3},
		"apostrophe": {0.1, 0.6}, "Latin": {0.05, 0.6}, "no INN": {10, 22}, "bare": {2, 6}, "woman": {47, 55},
	} {
		if got := float64(counts[name]) * 100 / sample; got < share[0] || got > share[1] {
			t.Errorf("%s: %.2f %%, want %v to %v", name, got, share[0], share[1])
		}
	}
}

func TestPassportsAgreeWithAge(t *testing.T) {
	for _, today := range []string{today, "2026-01-01", "2031-06-30"} {
		on := day(t, today)
		for _, a := range everybody(t, today) {
			if !a.person.Citizenship.IsRussian() || a.Person.BirthDate == "" {
				continue
			}
			paper := a.person.Passport
			if paper.IsZero() {
				if a.person.BirthDate.AddYears(14).AddDays(90).Before(on) {
					t.Fatalf("%s: %d is %d and has no passport", today, a.index, a.age)
				}
				continue
			}
			if validity, _ := paper.Validity(a.person.BirthDate, on); validity == person.IssuedBefore14 || validity == person.ValidityUnknown {
				t.Fatalf("%s: the passport of %d has validity %d", today, a.index, validity)
			}
			if odd := paper.Warnings(on); len(odd) > 0 {
				t.Fatalf("%s: the passport of %d: %v", today, a.index, odd)
			}
			if a.age >= 50 && len(a.Previous) == 0 && paper.IssueDate().After(a.person.BirthDate.AddYears(45).AddDays(-1)) && paper.IssueDate().After(day(t, "2006-01-01")) {
				t.Fatalf("%s: %d turned 45 after 2006 and had no passport before", today, a.index)
			}
		}
	}
}

func TestNamesAgreeWithSex(t *testing.T) {
	for _, a := range everybody(t, today) {
		family, middle := a.Person.FamilyName, a.Person.MiddleName
		switch a.Person.Sex {
		case "FEMALE":
			if hasSuffix(family, "ов", "ев", "ёв", "ин", "ский") || hasSuffix(middle, "вич", "ьич", "оглы", "угли", "уулу") {
				t.Fatalf("woman %d is called %s, %s", a.index, family, middle)
			}
		case "MALE":
			if hasSuffix(family, "ова", "ева", "ёва", "ина", "ская") || hasSuffix(middle, "вна", "чна", "кызы") {
				t.Fatalf("man %d is called %s, %s", a.index, family, middle)
			}
		}
	}
}

func hasSuffix(name string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(name, ending) })
}

func TestLevelsAgreeWithTheRest(t *testing.T) {
	begin := time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC) // of today, in Moscow
	for _, a := range everybody(t, today) {
		if (a.Level == "CONFIRMED") != (a.Method != "") {
			t.Fatalf("%d is %s by %q", a.index, a.Level, a.Method)
		}
		if (a.RegistryStatus == "NONE") != a.RegistryTime.IsZero() || a.RegistryTime.After(begin) {
			t.Fatalf("%d: registries %s at %v", a.index, a.RegistryStatus, a.RegistryTime)
		}
		if a.Level == "SIMPLIFIED" {
			if a.Person.MobilePhone == "" && a.Person.Email == "" {
				t.Fatalf("%d cannot be reached", a.index)
			}
			continue
		}
		need := person.RequiredOfBank()
		if _, _, err := person.Parse(a.Person, need, day(t, today)); err != nil {
			t.Fatalf("%d is %s and lacks data: %v", a.index, a.Level, err)
		}
		if a.PhoneVerified && a.Person.MobilePhone == "" || a.EmailVerified && a.Person.Email == "" {
			t.Fatalf("%d: what is not there is verified", a.index)
		}
	}
}

func TestAccountsAreReproducible(t *testing.T) {
	p := population(t, 7, today)
	for i, a := range p.Range(500, 600) {
		if again := population(t, 7, today).Account(i); fmt.Sprint(plain(&a)) != fmt.Sprint(plain(&again)) {
			t.Fatalf("account %d depends on the way to it", i)
		}
	}
	if a, b := p.Account(3), population(t, 8, today).Account(3); a.AccountID == b.AccountID || a.Person.SNILS == b.Person.SNILS {
		t.Error("two seeds give one person")
	}
	who := func(a people.Account) string {
		p := a.Person
		return strings.Join([]string{a.AccountID, p.FamilyName, p.GivenName, p.MiddleName, p.BirthDate, p.SNILS, p.INN, p.MobilePhone}, " ")
	}
	for i, a := range p.Range(0, 1000) {
		if later := population(t, 7, "2027-02-03").Account(i); a.Level != "SIMPLIFIED" && later.Level != "SIMPLIFIED" && who(a) != who(later) {
			t.Fatalf("the day changes who %d is", i)
		}
	}
}

// A seed means the same population for ever: whoever changes this digest takes that away from everybody with stored files.
func TestSeedMeansTheSameForEver(t *testing.T) {
	sum := sha256.New()
	for i, a := range population(t, 1, today).Range(0, 5000) {
		fmt.Fprintln(sum, i, plain(&a))
	}
	const want = "cd1ff17a8655e4bdcdcbb15078212b0b89518304918290a228c613b4e06869d2"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// plain gives the texts of an account, which do not print by themselves.
func plain(a *people.Account) []string {
	p := &a.Person
	texts := []string{
		a.AccountID, a.Level, a.Method, p.FamilyName, p.GivenName, p.MiddleName, p.BirthDate, p.Sex, p.Citizenship,
		p.Passport.Series, p.Passport.Number, p.Passport.IssueDate, p.Passport.DepartmentCode, p.Passport.Issuer, p.SNILS, p.INN,
		p.MobilePhone, p.Email, fmt.Sprint(a.PhoneVerified, a.EmailVerified), a.RegistryStatus, a.RegistryTime.UTC().String(),
	}
	for _, paper := range a.Previous {
		texts = append(texts, paper.Series, paper.Number)
	}
	return texts
}

func TestBounds(t *testing.T) {
	if _, err := people.New(people.Config{Today: day(t, "2025-12-31")}); err == nil {
		t.Error("a population of a day on which it was not yet born")
	}
	p := population(t, 1, today)
	p.Account(people.MaxCount - 1)
	defer func() {
		if recover() == nil {
			t.Error("an account beyond the last")
		}
	}()
	p.Account(people.MaxCount)
}

func BenchmarkAccount(b *testing.B) {
	p := population(b, 1, today)
	b.ReportAllocs()
	index := uint64(0)
	for b.Loop() {
		p.Account(index % people.MaxCount)
		index++
	}
}
