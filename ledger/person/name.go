package person

import "strings"

// Name is one part of a name: family name, given name or patronymic. The zero Name is absent.
type Name struct {
	redaction
	_     [0]func() // not comparable with ==: see Equal
	forms hidden[nameForms]
}

type nameForms struct {
	text, canonical, key string
}

// NameRules say what one part of a name may be.
type NameRules struct {
	// Patronymic: a hyphen, НЕТ and ОТСУТСТВУЕТ mean that there is none.
	Patronymic bool
	// Foreign: full stops, commas and parentheses may stand in it.
	Foreign bool
}

// MaxName is how long one part of a name may be, in characters, before and after normalisation; given in decomposed
// characters it may be twice as long.
const MaxName = 100

// ParseName reads one part of a name, and tells which steps of normalisation changed it. It accepts Cyrillic or Latin
// letters, never both, digits, hyphens, apostrophes and blanks. The error is a *FieldError of the field `name`.
func ParseName(text string, rules NameRules) (Name, []Step, error) {
	name, did, bad := readName(text, rules)
	if bad.found() {
		return Name{}, nil, bad.in("name")
	}
	return name, did.appendTo(nil), nil
}

func readName(text string, rules NameRules) (Name, steps, flaw) {
	forms, did, ok := foldPlain(text)
	if !ok {
		var bad flaw
		if forms, did, bad = foldAny(text, rules); bad.found() {
			return Name{}, 0, bad
		}
	}
	if rules.Patronymic && isPlaceholder(forms.canonical) {
		return Name{}, didPlaceholder, flaw{}
	}
	if bad := checkFolded(forms.canonical); bad.found() {
		return Name{}, 0, bad
	}
	forms.key = keyOf(forms.canonical)
	return Name{forms: conceal(forms)}, did, flaw{}
}

// isPlaceholder reports whether a folded patronymic is a word for «none».
func isPlaceholder(canonical string) bool {
	return canonical == "НЕТ" || canonical == "ОТСУТСТВУЕТ" || canonical != "" && strings.Trim(canonical, "-") == ""
}

// keyOf drops what separates words, so that Иванов-Петров and Иванов Петров have one key.
func keyOf(canonical string) string {
	var space [2 * MaxName]byte
	key := space[:0]
	for i := range len(canonical) {
		switch c := canonical[i]; c {
		case ' ', '\'', '-':
		default:
			key = append(key, c)
		}
	}
	if len(key) == len(canonical) {
		return canonical
	}
	return string(key)
}

// IsZero reports whether there is none.
func (n Name) IsZero() bool { return n.forms.isZero() }

func (n Name) data() nameForms { return n.forms.get() }

// Text gives the name as it was given, trimmed and with its accents composed (NFC), for people to read.
func (n Name) Text() string { return n.data().text }

// Canonical gives the normalised name: upper case, Ё as Е, one kind of hyphen, apostrophe and blank, one script.
func (n Name) Canonical() string { return n.data().canonical }

// Key gives what names are compared by: the canonical form without hyphens, apostrophes and blanks.
func (n Name) Key() string { return n.data().key }

// Equal reports whether both were given in the same words, or both are absent. See package match for sameness of names.
func (n Name) Equal(other Name) bool { return n.data() == other.data() }
