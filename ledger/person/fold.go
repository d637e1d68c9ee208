package person

import (
	"strings"
	"unicode/utf8"
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
