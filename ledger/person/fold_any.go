package person

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a name before it is normalised, and of the marks that may remain after.
const (
	maxGivenRunes = 2 * MaxName
	maxMarks      = 3
)

// foldAny folds any name, and refuses what cannot be one. The steps are those of the policy's documentation, in its order.
func foldAny(text string, rules NameRules) (nameForms, steps, flaw) {
	if len(text) > utf8.UTFMax*maxGivenRunes || utf8.RuneCountInString(text) > maxGivenRunes {
		return nameForms{}, 0, tooLong()
	}
	if !utf8.ValidString(text) {
		return nameForms{}, 0, malformed("must be UTF-8 text")
	}
	canonical, did, bad := fold(text, rules)
	if bad.found() {
		return nameForms{}, 0, bad
	}
	// Normalising twice must change nothing. A few letters do not keep to that, for example Ё under a second diaeresis.
	if again, more, bad := fold(canonical, rules); bad.found() || more != 0 || again != canonical {
		return nameForms{}, 0, malformed("must not have letters with unusual marks")
	}
	given := strings.TrimFunc(norm.NFC.String(text), isBlank)
	if utf8.RuneCountInString(given) > maxGivenRunes {
		return nameForms{}, 0, tooLong()
	}
	return nameForms{text: given, canonical: canonical}, did, flaw{}
}

func fold(text string, rules NameRules) (string, steps, flaw) {
	var f folder
	wide := text
	if !norm.NFKC.IsNormalString(text) {
		wide = norm.NFKC.String(text)
		f.did |= didNFKC
	}
	for _, r := range wide {
		if bad := f.take(r, rules); bad.found() {
			return "", 0, bad
		}
	}
	f.end()
	if f.over {
		return "", 0, tooLong()
	}
	canonical := string(f.buf[:f.size])
	if f.cyrillic && f.latin {
		var whole bool
		if canonical, whole = toCyrillic(canonical); !whole {
			return "", 0, malformed("must not mix Cyrillic letters with those of another script")
		}
		f.did |= didLatinLookalike
	}
	return canonical, f.did, flaw{}
}

// take folds one character of a name in NFKC.
func (f *folder) take(r rune, rules NameRules) flaw {
	switch {
	case isBlank(r):
		if r != ' ' {
			f.did |= didBlanks
		}
		f.blanks++
	case isApostrophe(r):
		if r != '\'' {
			f.did |= didApostrophe
		}
		f.sign('\'')
	case r == '\u0301' && f.blanks > 0: // NFKC takes the free-standing acute accent apart like this
		f.blanks--
		f.did |= didApostrophe
		f.sign('\'')
	case '0' <= r && r <= '9' || rules.Foreign && strings.ContainsRune(".,()", r):
		f.sign(byte(r)) //nolint:gosec // an ASCII character
	case isMark(r):
		return f.mark(r)
	case isLetter(r):
		f.letter(r)
	case isDash(r):
		if r != '-' {
			f.did |= didDash
		}
		f.sign('-')
	default:
		return malformed("must have only letters of the Cyrillic or the Latin script, digits, hyphens, apostrophes and blanks")
	}
	return flaw{}
}

func (f *folder) letter(r rune) {
	if upper := unicode.ToUpper(r); upper != r {
		r = upper
		f.did |= didUpperCase
	}
	if r == 'Ё' {
		r = 'Е'
		f.did |= didYoToYe
	}
	if unicode.Is(unicode.Cyrillic, r) {
		f.cyrillic = true
	} else {
		f.latin = true
	}
	f.flush(0)
	f.putRune(r)
}

func (f *folder) mark(r rune) flaw {
	f.marks++
	if f.marks > maxMarks || f.size == 0 || f.blanks > 0 {
		return malformed("must not have letters with unusual marks")
	}
	f.putRune(r)
	return flaw{}
}

func tooLong() flaw { return malformed("must have at most 100 characters") }

// checkFolded refuses what is too long, or no name, once it is folded.
func checkFolded(canonical string) flaw {
	if len(canonical) > MaxName && utf8.RuneCountInString(canonical) > MaxName {
		return tooLong()
	}
	if strings.IndexFunc(canonical, isLetter) < 0 {
		return malformed("must have a letter")
	}
	return flaw{}
}

// isLetter reports a letter of the Cyrillic or the Latin script.
func isLetter(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r, unicode.Cyrillic, unicode.Latin)
}

// isMark reports an accent over or under a letter that Unicode has no single character for. The grapheme joiner is one
// by name only: nobody sees it.
func isMark(r rune) bool { return '\u0300' <= r && r <= '\u036F' && r != '\u034F' }

func isApostrophe(r rune) bool {
	return strings.ContainsRune("'`ʹʻʼʽˈˊˋ՚‘’‚‛′‵Ꞌꞌ", r)
}
