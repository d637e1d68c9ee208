package style

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// request is a whole request.
func request() Request {
	return Request{
		ID: "0f8fad5b-d9cb-469f-a165-70867728950e",
		Person: person.Raw{
			FamilyName: "Соколова", GivenName: "Мария", MiddleName: "Андреевна", BirthDate: "1980-01-01", Sex: "FEMALE", Citizenship: "RUS",
			Passport: person.RawPassport{
				Series: "4500", Number: "799799", IssueDate: "2001-02-01", DepartmentCode: "770-100", Issuer: "ОТДЕЛОМ «ВЫДУМАННЫЙ» & <ДРУГИМ>",
			},
			SNILS: "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "maria@example.org",
		},
		AccountActive: true, PhoneBound: true, Means: "SMS_CODE", AuthenticatedAt: noon().Add(-30 * time.Second),
		ConsentGiven: true, ConsentAt: noon().Add(-time.Minute), SentAt: noon(),
	}
}

func newPeople(t testing.TB) *people.Population {
	t.Helper()
	p, err := people.New(people.Config{Seed: 5, Today: person.DateOf(noon())})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// canonical is what the digest of a request is made from.
func canonical(t testing.TB, raw person.Raw) []byte {
	t.Helper()
	p, _, err := person.Parse(raw, nil, person.DateOf(noon()))
	if err != nil {
		t.Fatal(err)
	}
	return p.Canonical(nil)
}

// TestAThousandPersons: who comes through a dialect is who the native API would have got, whatever the bank's form.
func TestAThousandPersons(t *testing.T) {
	population := newPeople(t)
	for _, bank := range all().Names() {
		t.Run(bank, func(t *testing.T) {
			t.Parallel()
			d := dialect(t, bank)
			foreign := 0
			for i, account := range population.Range(0, 1000) {
				want := varied(i, account.Person)
				m, err := d.Encode(want, signerOf(bank))
				if err != nil {
					t.Fatal(i, err)
				}
				got, err := d.Decode(m, keysOf(bank), noon())
				if err != nil {
					t.Fatal(i, err)
				}
				if !bytes.Equal(canonical(t, got.Person), canonical(t, want.Person)) {
					t.Fatalf("person %d is another one", i)
				}
				if want.Person.Citizenship != "RUS" {
					foreign++
				}
				got.Person, want.Person = person.Raw{}, person.Raw{}
				if got != want {
					t.Fatalf("request %d: %+v, want %+v", i, got, want)
				}
			}
			if foreign == 0 {
				t.Error("nobody was foreign")
			}
		})
	}
}

// varied is a request of which everything beside the person varies as well.
func varied(i uint64, who person.Raw) Request {
	var id [16]byte
	binary.BigEndian.PutUint64(id[8:], i*0x9E3779B97F4A7C15)
	text, _ := fromHex(hex.EncodeToString(id[:]))
	r := Request{
		ID: text, Person: who, AccountActive: i%3 != 0, PhoneBound: i%5 != 0, ConsentGiven: i%7 != 0, DryRun: i%2 == 0,
		Means:           [...]string{"SMS_CODE", "APP", "BRANCH"}[i%3],
		AuthenticatedAt: noon().Add(-time.Duration(i) * time.Second),
	}
	if i%4 != 0 {
		r.SentAt, r.ConsentAt = noon(), noon().Add(-time.Duration(i)*time.Minute)
	}
	return r
}

// TestRawFormsSurvive: a bank's side may hold a person in any of the forms that the native API takes.
func TestRawFormsSurvive(t *testing.T) {
	for name, change := range map[string]func(*person.Raw){
		"sex as a number":   func(p *person.Raw) { p.Sex = "2" },
		"sex in Russian":    func(p *person.Raw) { p.Sex = "ж" },
		"bare SNILS":        func(p *person.Raw) { p.SNILS = "11223344595" },
		"phone of the land": func(p *person.Raw) { p.MobilePhone = "8 916 123-45-67" },
		"blanks":            func(p *person.Raw) { p.Passport.Series, p.Passport.Number = "45 00", "№ 799799" },
		"bare code":         func(p *person.Raw) { p.Passport.DepartmentCode = "770100" },
		"no citizenship":    func(p *person.Raw) { p.Citizenship = "" },
		"no patronymic":     func(p *person.Raw) { p.MiddleName = "" },
		"foreign": func(p *person.Raw) {
			p.Citizenship, p.Passport = "KAZ", person.RawPassport{Series: "ab 12", Number: "34-56 78", DepartmentCode: "A123456"}
		},
		"foreign, joined":     func(p *person.Raw) { p.Citizenship, p.Passport = "KAZ", person.RawPassport{Number: "N 1234 5678"} },
		"foreign, ten digits": func(p *person.Raw) { p.Citizenship, p.Passport = "UZB", person.RawPassport{Number: "4500799799"} },
	} {
		for _, bank := range all().Names() {
			d, want := dialect(t, bank), request()
			change(&want.Person)
			m, err := d.Encode(want, signerOf(bank))
			if err != nil {
				t.Errorf("%s, %s: %v", bank, name, err)
				continue
			}
			got, err := d.Decode(m, keysOf(bank), noon())
			if err != nil || !bytes.Equal(canonical(t, got.Person), canonical(t, want.Person)) {
				t.Errorf("%s, %s: another person, or %v", bank, name, err)
			}
		}
	}
}

// TestWrongNumbersAreSent: the sandbox has to be able to send what is wrong.
func TestWrongNumbersAreSent(t *testing.T) {
	for _, bank := range all().Names() {
		d, want := dialect(t, bank), request()
		want.Person.SNILS, want.Person.INN, want.Person.MobilePhone = "112-233-445 96", "123456789876", "+375291234567"
		m, err := d.Encode(want, signerOf(bank))
		if err != nil {
			t.Fatal(bank, err)
		}
		got, err := d.Decode(m, keysOf(bank), noon())
		var bad person.Errors
		if _, _, wrong := person.Parse(got.Person, nil, person.DateOf(noon())); err != nil || !errors.As(wrong, &bad) || len(bad) != 3 {
			t.Errorf("%s: %v, %v", bank, err, bad)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		odd := request()
		odd.Means = "OWL"
		if _, err := d.Encode(odd, signerOf(bank)); err == nil {
			t.Errorf("%s: a means that the bank has no word for is written", bank)
		}
		if _, err := d.Encode(request(), nil); (err != nil) != (signerOf(bank) != nil) {
			t.Errorf("%s without a signer: %v", bank, err)
		}
	}
}
