package person

import (
	"strings"
	"testing"
)

// FuzzTidyIssuer holds the short way to what the long way gives.
func FuzzTidyIssuer(f *testing.F) {
	for _, text := range []string{
		"", " ", "ОВД", " ОВД", "ОВД ", "ОВД  РАЙОНА", "ГУ МВД РОССИИ ПО Г. МОСКВЕ", "отдел «Северный» №1", "И\u0306", "a\tb", "\x00", "й", "é",
		strings.Repeat("Я", maxIssuer), strings.Repeat("Я", maxIssuer+1), "\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !tidy(text) {
			return
		}
		got, steps, wrong := readUntidyIssuer(text)
		if got != text || steps != 0 || wrong != (flaw{}) {
			t.Errorf("%q is tidy, and yet becomes %q", text, got)
		}
	})
}
