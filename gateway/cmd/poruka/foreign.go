package main

import (
	"strings"
	"unicode"
)

// harmless is a text that somebody else wrote, on one line: without control and format characters, which could rewrite what stands on the
// terminal, or make a line that we never wrote.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
