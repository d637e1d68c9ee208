package person_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/poruka/poruka/ledger/person"
)

const (
	upper     = person.StepUpperCase
	yo        = person.StepYoToYe
	nfkc      = person.StepNFKC
	dash      = person.StepDash
	quote     = person.StepApostrophe
	blanks    = person.StepBlanks
	lookalike = person.StepLatinLookalike
)

func TestNameForms(t *testing.T) {
	for _, c := range []struct {
		text, canonical, key string
		steps                []person.Step
	}{
		{"ИВАНОВ", "ИВАНОВ", "ИВАНОВ", nil},
		{"Семёнов", "СЕМЕНОВ", "СЕМЕНОВ", []person.Step{upper, yo}},
		{"СЕМЁНОВ", "СЕМЕНОВ", "СЕМЕНОВ", []person.Step{yo}},
		{"Иванов-Петров", "ИВАНОВ-ПЕТРОВ", "ИВАНОВПЕТРОВ", []person.Step{upper}},
		{"Иванов – Петров", "ИВАНОВ-ПЕТРОВ", "ИВАНОВПЕТРОВ", []person.Step{dash, upper, blanks}},
		{"Иванов Петров", "ИВАНОВ ПЕТРОВ", "ИВАНОВПЕТРОВ", []person.Step{upper}},
		{"Кoвалёв", "КОВАЛЕВ", "КОВАЛЕВ", []person.Step{upper, yo, lookalike}},
		{"Д'Артаньян", "Д'АРТАНЬЯН", "ДАРТАНЬЯН", []person.Step{upper}},
		{"Д’Артаньян", "Д'АРТАНЬЯН", "ДАРТАНЬЯН", []person.Step{quote, upper}},
		{"Д´Артаньян", "Д'АРТАНЬЯН", "ДАРТАНЬЯН", []person.Step{nfkc, quote, upper}},
		{"Д`Артаньян", "Д'АРТАНЬЯН", "ДАРТАНЬЯН", []person.Step{quote, upper}},
		{"  иванов ", "ИВАНОВ", "ИВАНОВ", []person.Step{upper, blanks}},
		{"ИВАНОВ  ПЕТРОВ", "ИВАНОВ ПЕТРОВ", "ИВАНОВПЕТРОВ", []person.Step{blanks}},
		{"ИВАНОВ\u00a0ПЕТРОВ", "ИВАНОВ ПЕТРОВ", "ИВАНОВПЕТРОВ", []person.Step{nfkc}},
		{"СЕМЕ\u0308НОВ", "СЕМЕНОВ", "СЕМЕНОВ", []person.Step{nfkc, yo}},
		{"АНДРЕИ\u0306", "АНДРЕЙ", "АНДРЕЙ", []person.Step{nfkc}},
		{"Ivanov", "IVANOV", "IVANOV", []person.Step{upper}},
		{"ÅKE", "ÅKE", "ÅKE", nil},
		{"ＩＶＡＮ", "IVAN", "IVAN", []person.Step{nfkc}},
		{"ЛЮДОВИК 14", "ЛЮДОВИК 14", "ЛЮДОВИК14", nil},
		{"ӘЛИЯ", "ӘЛИЯ", "ӘЛИЯ", nil},
		{"ABCEHKMOPTXYЖ", "АВСЕНКМОРТХУЖ", "АВСЕНКМОРТХУЖ", []person.Step{lookalike}},
		{"ИВА\u0301НОВ", "ИВА\u0301НОВ", "ИВА\u0301НОВ", nil},
		{"-ИВАНОВ", "-ИВАНОВ", "ИВАНОВ", nil},
		{"НЕТ", "НЕТ", "НЕТ", nil}, // a word for «none» is one in patronymics alone
	} {
		name, steps, err := person.ParseName(c.text, person.NameRules{})
		if err != nil || name.Canonical() != c.canonical || name.Key() != c.key || !slices.Equal(steps, c.steps) {
			t.Errorf("%q: %q, key %q, %v, %v; want %q, key %q, %v", c.text, name.Canonical(), name.Key(), steps, err, c.canonical, c.key, c.steps)
		}
	}
}

func TestNameText(t *testing.T) {
	for text, want := range map[string]string{
		" Семёнов ":          "Семёнов",
		"Семе\u0308нов":      "Семёнов",
		"\u2003иванов\u00a0": "иванов",
		"Иванов – Петров":    "Иванов – Петров",
		"Кoвалёв":            "Кoвалёв",
	} {
		if name, _, err := person.ParseName(text, person.NameRules{}); err != nil || name.Text() != want {
			t.Errorf("%q: text %q, %v; want %q", text, name.Text(), err, want)
		}
	}
}

func TestNameRefusals(t *testing.T) {
	for what, text := range map[string]string{
		"empty":                     "",
		"blanks":                    "   ",
		"no letter":                 "12",
		"hyphen alone":              "-",
		"mixed scripts":             "Ivanоv",
		"mixed beyond look-alikes":  "Иvanов",
		"Latin small letters in it": "Ковалëв",
		"Greek":                     "Ιωάννης",
		"Greek in Cyrillic":         "Иванοв",
		"Armenian":                  "Սարգսյան",
		"hieroglyphs":               "王",
		"zero-width joiner":         "Ива\u200dнов",
		"zero-width blank":          "Ива\u200bнов",
		"right-to-left override":    "\u202eвонавИ",
		"byte order mark":           "\ufeffИванов",
		"tag characters":            "Иванов\U000E0041",
		"soft hyphen":               "Ива\u00adнов",
		"grapheme joiner":           "Ива\u034fнов",
		"variation selector":        "Иванов\ufe0f",
		"private use":               "Иванов\ue000",
		"unassigned":                "Иванов\U000EFFFF",
		"NUL":                       "Ива\x00нов",
		"tab":                       "Иванов\tПетров",
		"line feed":                 "Иванов\nlevel=ERROR",
		"escape":                    "\x1b[31mИванов",
		"line separator":            "Иванов\u2028Петров",
		"invalid UTF-8":             "Ива\xffнов",
		"overlong UTF-8":            "Ива\xc0\xafнов",
		"surrogate":                 "Ива\xed\xa0\x80нов",
		"truncated":                 "Иванов\xd0",
		"leading mark":              "\u0301Иванов",
		"four marks":                "И" + strings.Repeat("\u0301", 4),
		"many marks":                "Ива" + strings.Repeat("\u0335", 1000) + "нов",
		"unstable marks":            "Ё\u0308жиков",
		"too long":                  strings.Repeat("И", 101),
		"too long, slow":            strings.Repeat("И", 100) + "–",
		"long and decomposed":       strings.Repeat("и\u0306", 101),
		"a mebibyte":                strings.Repeat("И", 1<<19),
		"a ligature of eighteen":    strings.Repeat("\ufdfa", 200),
		"equals sign":               "=HYPERLINK(1)",
		"quotation marks":           `Иванов"`,
		"full stop":                 "Иванов.",
		"digits of another script":  "Иванов١",
		"emoji":                     "Иванов😀",
	} {
		if name, _, err := person.ParseName(text, person.NameRules{}); problemOf(t, err) != person.Format || !name.IsZero() {
			t.Errorf("%s is taken: %q", what, name.Canonical())
		}
	}
}

func TestNameBoundsAreInclusive(t *testing.T) {
	for what, text := range map[string]string{
		"letters":    strings.Repeat("И", 100),
		"decomposed": strings.Repeat("и\u0306", 100),
		"slow":       strings.Repeat("И", 99) + "–",
		"four bytes": strings.Repeat("\U0001D400", 100), // mathematical A
		"few marks":  "И\u0301ва\u0301но\u0301в",
	} {
		if _, _, err := person.ParseName(text, person.NameRules{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPatronymicPlaceholders(t *testing.T) {
	for text, absent := range map[string]bool{
		"-": true, "–": true, "---": true, " - ": true, "НЕТ": true, "нет": true, "Отсутствует": true, "ОТСУТСТВУЕТ": true,
		"Нетович": false, "Нет-Нет": false, "HET": false,
	} {
		name, steps, err := person.ParseName(text, person.NameRules{Patronymic: true})
		if err != nil || name.IsZero() != absent {
			t.Errorf("%q: absent %v, %v", text, name.IsZero(), err)
		}
		if absent != slices.Equal(steps, []person.Step{person.StepPlaceholder}) {
			t.Errorf("%q: steps %v", text, steps)
		}
	}
}

// The letters that UTS 39 calls confusable with Cyrillic ones. What does not become the plain name must be refused or be
// another name; nothing keeps letters of two scripts.
func TestConfusableLetters(t *testing.T) {
	confusable := map[rune]string{
		'а': "aɑαａ𝐚𝑎𝒂𝓪", 'в': "ʙᏴВ", 'е': "eеｅҽℯ𝐞ė", 'к': "kκĸᴋ𝐤", 'м': "mᴍϻ", 'н': "hʜнℎ", 'о': "oοоօ०๐0ｏ𝐨", 'р': "pρⲣｐ𝐩", 'с': "cϲⅽｃ𝐜",
		'т': "tτᴛ", 'у': "yүуγʏｙ", 'х': "x×хχⅹｘ𝐱",
	}
	plain := "авекмнорстух"
	want, _, err := person.ParseName(plain, person.NameRules{})
	if err != nil {
		t.Fatal(err)
	}
	for letter, others := range confusable {
		for _, other := range others {
			text := strings.Replace(plain, string(letter), string(other), 1)
			name, _, err := person.ParseName(text, person.NameRules{})
			if err != nil {
				continue
			}
			if hasBothScripts(name.Canonical()) {
				t.Errorf("%q keeps letters of two scripts: %q", text, name.Canonical())
			}
			if strings.ContainsRune("aceopxyABCEHKMOPTXY", other) && name.Key() != want.Key() {
				t.Errorf("%q is not folded: %q", text, name.Canonical())
			}
		}
	}
}

func hasBothScripts(text string) bool {
	cyrillic := func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }
	latin := func(r rune) bool { return unicode.Is(unicode.Latin, r) }
	return strings.ContainsFunc(text, cyrillic) && strings.ContainsFunc(text, latin)
}
