package banks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/style"
)

// fields is a dialect's own table: our field, the bank's, whether it is needed, forms that are taken, and how the example has it.
func fields(t *testing.T, l language, bank string) string {
	_, o := outline(t, bank)
	example := exampleRequest(t)
	var b strings.Builder
	b.WriteString(l.of("| Ours | Yours | Needed | Taken | Example |\n", "| У нас | У вас | Нужно | Принимается | Пример |\n") + "|---|---|---|---|---|\n")
	for _, line := range o.Lines {
		ours := code(line.Path)
		if line.Also != "" {
			ours = code(line.Also, line.Path)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", ours, placesOf(l, line), needed(l, line), takes(t, l, o, line), code(line.Writes(example)))
	}
	return b.String()
}

func needed(l language, line style.Line) string {
	field := person.Field(strings.TrimPrefix(line.Path, "person."))
	switch {
	case field == person.FieldSeries || field == person.FieldIssueDate:
		return l.of("yes, of citizens of Russia", "да, для граждан России")
	case line.Required || person.RequiredOfBank()[field]:
		return l.of("yes", "да")
	default:
		return l.of("no", "нет")
	}
}

// takes tells the forms that a line takes. They are tried on it.
func takes(t *testing.T, l language, o style.Outline, line style.Line) string {
	t.Helper()
	switch line.Path {
	case "requestId":
		return tried(t, l, line, ids())
	case "bank":
		return l.of("this text alone", "только этот текст")
	case "person.birthDate", "person.passport.issueDate":
		return tried(t, l, line, days())
	case "sendTime", "authentication.time", "consent.time":
		return tried(t, l, line, moments())
	case "person.sex", "authentication.method":
		return coded(t, line)
	case "person.mobilePhone":
		return l.of("a mobile number of Russia with +7, 8 or neither; blanks, hyphens and brackets do not matter",
			"мобильный номер России с +7, 8 или без них; пробелы, дефисы и скобки не важны")
	case "person.snils", "person.inn", "person.passport.departmentCode", "person.passport.series", "person.passport.number":
		return l.of("digits; blanks and hyphens do not matter", "цифры; пробелы и дефисы не важны")
	case "person.citizenship":
		if native, _ := line.Reads("РФ"); native == "RUS" {
			return l.of("`РФ`, or ISO 3166-1 alpha-3", "`РФ` или код ISO 3166-1 alpha-3")
		}
		return l.of("ISO 3166-1 alpha-3; left out: `RUS`", "код ISO 3166-1 alpha-3; без поля: `RUS`")
	}
	switch {
	case line.Kind == "truth" && o.Media[0] == "application/xml":
		return code("true", "false", "1", "0")
	case line.Kind == "truth":
		return code("true", "false")
	case slices.Contains([]string{"bankAccount.active", "consent.given"}, line.Path):
		return coded(t, line)
	default:
		return l.of("text", "текст")
	}
}

// trial is a value to be tried.
type trial struct{ value, native, en, ru string } // native is how what is read must begin

func ids() []trial {
	return []trial{
		{exampleID, exampleID, "UUID with hyphens, in any case", "UUID с дефисами, регистр не важен"},
		{strings.ReplaceAll(exampleID, "-", ""), exampleID, "32 hexadecimal digits, in any case", "32 шестнадцатеричные цифры, регистр не важен"},
	}
}

func days() []trial {
	const native = "1990-04-21"
	return []trial{
		{native, native, "YYYY-MM-DD", "ГГГГ-ММ-ДД"}, {"21.04.1990", native, "DD.MM.YYYY", "ДД.ММ.ГГГГ"}, {"1990.04.21", native, "YYYY.MM.DD", "ГГГГ.ММ.ДД"},
	}
}

func moments() []trial {
	const native = "2026-11-02T09:00:00"
	return []trial{
		{"02.11.2026 12:00:00", native, "DD.MM.YYYY HH:MM:SS in Moscow", "ДД.ММ.ГГГГ ЧЧ:ММ:СС по Москве"},
		{"2026-11-02T12:00:00.5+03:00", native, "RFC 3339 with any offset, up to nanoseconds", "RFC 3339 с любым смещением, до наносекунд"},
		{"1793610000", native, "whole seconds since 1970", "целое число секунд с 1970 года"},
		{"1793610000000", native, "whole milliseconds since 1970", "целое число миллисекунд с 1970 года"},
	}
}

// tried lists the trials that a line takes. Seconds might pass for milliseconds, so what is read must mean what was meant.
func tried(t *testing.T, l language, line style.Line, trials []trial) string {
	t.Helper()
	var out []string
	for _, one := range trials {
		if native, ok := line.Reads(one.value); ok && strings.HasPrefix(native, one.native) {
			out = append(out, l.of(one.en, one.ru))
		}
	}
	if len(out) == 0 {
		t.Errorf("nothing that is tried is taken at %s", line.Places[0])
	}
	return strings.Join(out, "; ")
}

// coded lists the words that a line takes, with what they mean. The words are those of its own error, and those of other banks.
func coded(t *testing.T, line style.Line) string {
	t.Helper()
	own := strings.FieldsFunc(strings.TrimPrefix(line.Wants, "must be "), func(r rune) bool { return strings.ContainsRune(", ", r) })
	words := append(slices.DeleteFunc(own, func(word string) bool { return word == "or" }), "Revoked")
	var out []string
	for _, word := range words {
		if native, ok := line.Reads(word); ok {
			out = append(out, code(word)+" = "+code(native))
		}
	}
	if len(out) < 2 {
		t.Errorf("only %v is taken at %s", out, line.Places[0])
	}
	return strings.Join(out, "; ")
}

// TestMasks: what the table says of masks holds for a whole person, in every dialect.
func TestMasks(t *testing.T) {
	masks := map[string][]string{
		"person.mobilePhone": {"+7 (900) 999-00-01", "8 900 999 00 01", "79009990001", "9009990001"},
		"person.snils":       {"00099900100", "000 999 001 00", "000-999-001-00"},
		"person.inn":         {"5001 0073 2259", "5001-0073-2259"},

		"person.passport.departmentCode": {"770100", "770 100", "770-100"},
		"person.passport.series":         {"4510", "45 10", "45-10"},
		"person.passport.number":         {"999001", "999 001", "999-001"},
	}
	want, _, err := person.Parse(exampleRequest(t).Person, person.RequiredOfBank(), magic.Day())
	if err != nil {
		t.Fatal(err)
	}
	for path, values := range masks {
		for _, value := range values {
			raw := exampleRequest(t).Person
			*map[string]*string{
				"person.mobilePhone": &raw.MobilePhone, "person.snils": &raw.SNILS, "person.inn": &raw.INN,
				"person.passport.departmentCode": &raw.Passport.DepartmentCode, "person.passport.series": &raw.Passport.Series, "person.passport.number": &raw.Passport.Number,
			}[path] = value
			got, _, err := person.Parse(raw, person.RequiredOfBank(), magic.Day())
			if err != nil || got.Raw() != want.Raw() {
				t.Errorf("%s as %s: %v", path, value, err)
			}
			for _, bank := range style.Standard().Names() {
				_, o := outline(t, bank)
				if native, ok := lineOf(t, o, path).Reads(value); !ok || native != value {
					t.Errorf("%s reads %s of %s as %s", bank, value, path, native)
				}
			}
		}
	}
}
