package person

import (
	"strings"
	"unicode"
)

// The twelve capital letters that look the same in both scripts, in the same order.
const (
	latinTwins    = "ABCEHKMOPTXY"
	cyrillicTwins = "АВСЕНКМОРТХУ"
)

// toCyrillic replaces Latin letters by the Cyrillic ones that look the same; whole is false when other Latin letters remain.
// It is how a Latin letter typed by mistake within a Cyrillic name is mended, on both sides of a comparison alike.
func toCyrillic(canonical string) (cyrillic string, whole bool) {
	whole = true
	twin := func(r rune) rune {
		if at := strings.IndexRune(latinTwins, r); at >= 0 {
			return []rune(cyrillicTwins)[at]
		}
		whole = whole && !unicode.Is(unicode.Latin, r)
		return r
	}
	return strings.Map(twin, canonical), whole
}

// latinLookalike gives the Latin letter that looks like a Cyrillic capital.
func latinLookalike(r rune) (rune, bool) {
	at := strings.IndexRune(cyrillicTwins, r)
	if at < 0 {
		return r, false
	}
	return rune(latinTwins[at/len("А")]), true
}
