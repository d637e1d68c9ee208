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

// folder writes a name in its folded form, character by character.
type folder struct {
	buf  [utf8.UTFMax * MaxName]byte // no slice: that would make it escape to the heap
	size int
	over bool // more was written than buf holds

	did             steps
	blanks          int // seen and not yet written
	cyrillic, latin bool
	marks           int
}

func (f *folder) put(c byte) {
	if f.size == len(f.buf) {
		f.over = true
		return
	}
	f.buf[f.size] = c
	f.size++
}

func (f *folder) putRune(r rune) {
	if f.size+utf8.RuneLen(r) > len(f.buf) {
		f.over = true
		return
	}
	f.size += utf8.EncodeRune(f.buf[f.size:], r)
}

// flush settles the blanks before the next character: none at the beginning and around a hyphen, else one.
func (f *folder) flush(next byte) {
	if f.blanks == 0 {
		return
	}
	if f.size == 0 || next == '-' || f.buf[f.size-1] == '-' {
		f.did |= didBlanks
	} else {
		f.put(' ')
		if f.blanks > 1 {
			f.did |= didBlanks
		}
	}
	f.blanks = 0
}

func (f *folder) sign(c byte) {
	f.flush(c)
	f.put(c)
}

// end drops trailing blanks.
func (f *folder) end() {
	if f.blanks > 0 {
		f.did |= didBlanks
		f.blanks = 0
	}
}

// foldPlain folds a name of plain letters (А-я, Ё, ё; or A-z), digits, hyphens, apostrophes and blanks: what nearly all
// names are, and what NFKC does not change. ok is false for any other.
func foldPlain(text string) (forms nameForms, did steps, ok bool) {
	if len(text) > 2*MaxName {
		return nameForms{}, 0, false
	}
	var f folder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == ' ':
			f.blanks++
		case c == '-' || c == '\'' || '0' <= c && c <= '9':
			f.sign(c)
		case c < utf8.RuneSelf:
			if !f.plainLatin(c) {
				return nameForms{}, 0, false
			}
		default:
			i++
			if i == len(text) || !f.plainCyrillic(c, text[i]) {
				return nameForms{}, 0, false
			}
		}
	}
	f.end()
	if f.cyrillic && f.latin {
		return nameForms{}, 0, false
	}
	forms.text = strings.Trim(text, " ")
	forms.canonical = forms.text
	if folded := f.buf[:f.size]; string(folded) != forms.text {
		forms.canonical = string(folded)
	}
	return forms, f.did, true
}

func (f *folder) plainLatin(c byte) bool {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
		f.did |= didUpperCase
	}
	f.latin = true
	f.sign(c)
	return 'A' <= c && c <= 'Z'
}

// plainCyrillic takes the two bytes of a letter of the Russian alphabet.
func (f *folder) plainCyrillic(lead, tail byte) bool {
	if lead&0xFE != 0xD0 || tail&0xC0 != 0x80 {
		return false
	}
	r := rune(lead&0x1F)<<6 | rune(tail&0x3F)
	switch {
	case 'А' <= r && r <= 'Я':
	case 'а' <= r && r <= 'я':
		r -= 'а' - 'А'
		f.did |= didUpperCase
	case r == 'ё':
		r = 'Е'
		f.did |= didUpperCase | didYoToYe
	case r == 'Ё':
		r = 'Е'
		f.did |= didYoToYe
	default:
		return false
	}
	f.cyrillic = true
	f.flush(0)
	f.put(0xC0 | byte(r>>6))
	f.put(0x80 | byte(r&0x3F))
	return true
}

// foldAny folds any name, and refuses what cannot be one. The steps are those of the policy's documentation, in its order.
func foldAny(text string, rules NameRules) (nameForms, steps, flaw) {
	if len(text) > utf8.UTFMax*maxGivenRunes || utf8.RuneCountInString(text) > maxGivenRunes {
		return nameForms{}, 0, tooLong()
	}
	if !utf8.ValidString(text) {
		return nameForms{}, 0, malformed("must be UTF-8 text")
	}
	given := strings.TrimFunc(norm.NFC.String(text), isBlank)
	canonical, did, bad := fold(text, rules)
	if bad.found() {
		return nameForms{}, 0, bad
	}
	// Normalising twice must change nothing. A few letters do not keep to that, for example Ё under a second diaeresis.
	if again, more, bad := fold(canonical, rules); bad.found() || more != 0 || again != canonical {
		return nameForms{}, 0, malformed("must not have letters with unusual marks")
	}
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
