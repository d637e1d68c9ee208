package person

import (
	"strings"
	"unicode"
)

// number reads up to 18 ASCII digits and nothing else.
func number(text string) (int64, bool) {
	if text == "" || len(text) > 18 {
		return 0, false
	}
	n := int64(0)
	for i := range len(text) {
		digit := text[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = n*10 + int64(digit)
	}
	return n, true
}

// appendDigits appends n, which is not negative, in decimal, zero-padded to at least width digits.
func appendDigits(dst []byte, n int64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for ; n > 0 || width > 0; width-- {
		i--
		digits[i] = "0123456789"[n%10]
		n /= 10
	}
	return append(dst, digits[i:]...)
}

// digitAt gives the digit at place (0 is the first) of n written with width digits.
func digitAt(n int64, width, place int) int64 {
	for range width - 1 - place {
		n /= 10
	}
	return n % 10
}

// maxMasked bounds the work on a number, in bytes.
const maxMasked = 256

// isBlank reports what may stand between words: the space separators of Unicode, not the controls.
func isBlank(r rune) bool { return r == ' ' || r > unicode.MaxASCII && unicode.Is(unicode.Zs, r) }

// isDash reports what is read as a hyphen.
func isDash(r rune) bool {
	return r == '-' || r > unicode.MaxASCII && (r == '\u2212' || unicode.Is(unicode.Pd, r))
}

// unmask removes blanks and dashes. It leaves alone what is longer than any number with its mask.
func unmask(text string) (bare string, masked bool) {
	if _, plain := number(text); plain || len(text) > maxMasked {
		return text, false
	}
	cut := func(r rune) rune {
		if isBlank(r) || isDash(r) {
			return -1
		}
		return r
	}
	bare = strings.Map(cut, text)
	return bare, len(bare) != len(text)
}
