package person_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

// problemOf gives the problem of a refusal; empty when there is none.
func problemOf(t testing.TB, err error) person.Problem {
	t.Helper()
	var refused *person.FieldError
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("error %v is no FieldError", err)
	}
	if refused == nil {
		return ""
	}
	if refused.Text == "" || refused.Field == "" {
		t.Errorf("refusal says nothing: %+v", refused)
	}
	return refused.Problem
}

func TestSNILS(t *testing.T) {
	for _, c := range []struct {
		text    string
		problem person.Problem
	}{
		{"112-233-445 95", ""},
		{"112-233-445 96", person.Checksum},
		{"112-233-454 95", person.Checksum},
		{"087-654-303 00", ""},
		{"086-754-303 00", ""},
		{"206-130-059 00", ""},
		{"100-356-259 00", ""},
		{"721-849-018 99", ""},
		{"544-544-369 00", ""},
		{"579-897-235 00", ""},
		{"999-999-998 00", ""},
		{"123-456-789 64", ""},
		{"123-456-789 00", person.Checksum},
		{"123-456-789 01", person.Checksum},
		{"001-001-998 00", ""},
		{"001-001-998 77", ""},
		{"001-001-999 65", ""},
		{"001-001-999 00", person.Checksum},
		{"000-000-600 01", ""},
		{"000-000-000 00", person.Format},
		{"1122334459", person.Format},
		{"112233445950", person.Format},
		{"11223344S95", person.Format},
		{"", person.Format},
		{"١١٢٢٣٣٤٤٥٩٥", person.Format},
		{"112\u2010233\u2212445\u00a095", ""},
		{"11223344595", ""},
	} {
		snils, err := person.ParseSNILS(c.text)
		if got := problemOf(t, err); got != c.problem {
			t.Errorf("%q: problem %q, want %q", c.text, got, c.problem)
		}
		if snils.IsZero() != (err != nil) {
			t.Errorf("%q: a value together with an error, or neither", c.text)
		}
	}
}

func TestSNILSForms(t *testing.T) {
	snils, err := person.ParseSNILS(" 001 001 999-65 ")
	if err != nil || snils.Digits() != "00100199965" || snils.Printed() != "001-001-999 65" || !snils.Checked() {
		t.Fatalf("%q %q %v", snils.Digits(), snils.Printed(), err)
	}
	unchecked, err := person.ParseSNILS("001-001-998 77")
	if err != nil || unchecked.Checked() {
		t.Fatal("the last number without check digits counts as checked")
	}
	if none := (person.SNILS{}); none.Digits() != "" || none.Printed() != "" || !none.IsZero() {
		t.Fatal("the absent SNILS has digits")
	}
	if again, _ := person.ParseSNILS(snils.Printed()); again != snils {
		t.Fatal("equal numbers are not equal")
	}
}

// The closed form of the check is the published cases: below 100 the sum; 100 and 101 give 00; more: the remainder by 101,
// where 100 gives 00 again.
func TestSNILSCheckIsThePublishedRule(t *testing.T) {
	published := func(sum int) int {
		for sum > 101 {
			sum %= 101
		}
		if sum >= 100 {
			return 0
		}
		return sum
	}
	for sum := range 9*45 + 1 {
		if got := sum % 101 % 100; got != published(sum) {
			t.Errorf("sum %d gives %d, published %d", sum, got, published(sum))
		}
	}
}

func TestINN(t *testing.T) {
	for _, c := range []struct {
		text    string
		problem person.Problem
	}{
		{"500100732259", ""},
		{"123456789047", ""},
		{"770123456703", ""},
		{"780000000177", ""},
		{"774301390193", ""},
		{"770000002700", ""},
		{"770000000300", ""},
		{"5001 0073 2259", ""},
		{"500100732250", person.Checksum},
		{"500100732295", person.Checksum},
		{"770123456713", person.Checksum},
		{"123456789876", person.Checksum},
		{"000000000000", person.Format},
		{"7707083893", person.NotPerson},
		{"50010073225", person.Format},
		{"50010073225X", person.Format},
		{"", person.Format},
	} {
		inn, err := person.ParseINN(c.text)
		if got := problemOf(t, err); got != c.problem {
			t.Errorf("%q: problem %q, want %q", c.text, got, c.problem)
		}
		if again, _ := person.ParseINN(inn.Digits()); again != inn {
			t.Errorf("%q: does not survive a round trip", c.text)
		}
	}
}

// No wrong digit in an INN stays unseen.
func TestINNSeesEveryWrongDigit(t *testing.T) {
	for _, right := range []string{"500100732259", "770000002700", "770000000300"} {
		for place := range right {
			for digit := byte('0'); digit <= '9'; digit++ {
				wrong := []byte(right)
				wrong[place] = digit
				_, err := person.ParseINN(string(wrong))
				if got, want := problemOf(t, err) == person.Checksum, string(wrong) != right; got != want {
					t.Errorf("%s: refused %v", wrong, got)
				}
			}
		}
	}
}

func TestPhone(t *testing.T) {
	for text, want := range map[string]string{
		"+7(964)8827042":     "+79648827042",
		"8 964 882-70-42":    "+79648827042",
		"9648827042":         "+79648827042",
		"79648827042":        "+79648827042",
		"+7 964 882.70.42":   "+79648827042",
		"84951234567":        "",
		"+375291234567":      "",
		"+7 123 4567890":     "",
		"+9648827042":        "",
		"":                   "",
		"+":                  "",
		"964882704２":         "",
		"8 964 882-70-42 x1": "",
		"++79648827042":      "",
	} {
		phone, err := person.ParsePhone(text)
		if got := problemOf(t, err) == ""; phone.E164() != want || got != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", text, phone.E164(), err, want)
		}
	}
}

func TestSex(t *testing.T) {
	for text, want := range map[string]person.Sex{
		"1": person.Male, "M": person.Male, "m": person.Male, "male": person.Male, "Male": person.Male, "MALE": person.Male,
		"м": person.Male, "М": person.Male, " M ": person.Male,
		"2": person.Female, "F": person.Female, "female": person.Female, "Female": person.Female, "ж": person.Female, "Ж": person.Female,
		"": 0, "0": 0, "3": 0, "X": 0, "мужж": 0, "SEX_UNSPECIFIED": 0,
	} {
		sex, err := person.ParseSex(text)
		if sex != want || (problemOf(t, err) == "") != (want != 0) {
			t.Errorf("%q gives %q, %v", text, sex.Code(), err)
		}
		if again, _ := person.ParseSex(sex.Code()); again != sex {
			t.Errorf("%q: does not survive a round trip", text)
		}
	}
}

func TestCitizenship(t *testing.T) {
	for text, want := range map[string]string{
		"": "RUS", "RUS": "RUS", "KAZ": "KAZ", "ABW": "ABW", "ZWE": "ZWE", "XXA": "XXA", "USA": "USA",
		"rus": "", "RU": "", "XYZ": "", "BWA ": "", "SUS": "", "РФ": "",
	} {
		citizenship, err := person.ParseCitizenship(text)
		if (problemOf(t, err) == "") != (want != "") {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if want != "" && (citizenship.Code() != want || citizenship.IsRussian() != (want == "RUS")) {
			t.Errorf("%q gives %q", text, citizenship.Code())
		}
	}
	empty, _ := person.ParseCitizenship("")
	if russian, _ := person.ParseCitizenship("RUS"); russian != empty || russian != (person.Citizenship{}) {
		t.Error("RUS, nothing and the zero value are not the same")
	}
}

func TestEmail(t *testing.T) {
	for text, want := range map[string]string{
		"Name@Example.RU":                "name@example.ru",
		"  a.b+tag@example.ru ":          "a.b+tag@example.ru",
		"почта@пример.рф":                "",
		"mail@пример.рф":                 "mail@xn--e1afmkfd.xn--p1ai",
		"mail@XN--E1AFMKFD.xn--p1ai":     "mail@xn--e1afmkfd.xn--p1ai",
		"mail@ПРИМЕР.РФ":                 "mail@xn--e1afmkfd.xn--p1ai",
		"a@b":                            "",
		"a@127.0.0.1":                    "",
		"a@b..ru":                        "",
		"a@-b.ru":                        "",
		".a@b.ru":                        "",
		"a..b@b.ru":                      "",
		"a b@b.ru":                       "",
		"a@b@c.ru":                       "",
		`"a b"@b.ru`:                     "",
		"@b.ru":                          "",
		"a@":                             "",
		"":                               "",
		"a\r\nBcc: x@y.ru":               "",
		"a@exa\u200bmple.ru":             "",
		"a@xn--a.ru":                     "",
		string(make([]byte, 300)) + "@a": "",
	} {
		email, err := person.ParseEmail(text)
		if email.Address() != want || (problemOf(t, err) == "") != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", text, email.Address(), err, want)
		}
	}
	tagged, _ := person.ParseEmail("a+b+c@x.ru")
	if tagged.WithoutTag() != "a@x.ru" {
		t.Errorf("without its tag: %q", tagged.WithoutTag())
	}
	plain, _ := person.ParseEmail("a@x.ru")
	if plain.WithoutTag() != "a@x.ru" || plain.Equal(tagged) || (person.Email{}).WithoutTag() != "" {
		t.Error("an address without a tag is changed, or equal to one with a tag")
	}
}
