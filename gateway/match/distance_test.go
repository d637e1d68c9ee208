package match

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/poruka/poruka/ledger/person"
)

// distance is the whole table, as in the textbook.
func distance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// The band finds what the whole table finds, in either direction.
func FuzzWithin(f *testing.F) {
	for _, pair := range [][2]string{{"КУЗНЕЦОВ", "КУЗНЦЕОВ"}, {"", "А"}, {"АБВГ", "БАГВ"}, {"АБ", "БВА"}, {"АААААААААА", "ААААААААААА"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || max(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) > person.MaxName {
			return
		}
		d := distance([]rune(a), []rune(b))
		for limit := range 4 {
			if got := within(a, b, limit); got != (d <= limit) || got != within(b, a, limit) {
				t.Errorf("%q and %q are %d apart; within %d: %v", a, b, d, limit, got)
			}
		}
	})
}

func TestWithinRefusesWhatNoNameCanBe(t *testing.T) {
	long := string(make([]rune, person.MaxName+1))
	if within(long, long, 2) {
		t.Error("longer than any name, yet compared")
	}
}

func TestRegisteredNamesAreCanonicalAndOnce(t *testing.T) {
	seen := map[string]bool{}
	count := 0
	for line, spellings := range registered {
		for _, name := range strings.Fields(spellings) {
			parsed, steps, err := person.ParseName(name, person.NameRules{})
			if err != nil || len(steps) != 0 || parsed.Key() != name {
				t.Errorf("%s is not canonical: %v, %v", name, steps, err)
			}
			if seen[name] {
				t.Errorf("%s is registered twice", name)
			}
			seen[name] = true
			count++
			if got := lineOf(name); got != line {
				t.Errorf("%s is found on line %d, not %d", name, got, line)
			}
		}
	}
	if count < 150 {
		t.Errorf("only %d names", count)
	}
	if lineOf("") != -1 || lineOf("ПОДОПЫТНЫЙ") != -1 || lineOf("НАТАЛЬЯ НАТАЛИЯ") != -1 {
		t.Error("what is no name is registered")
	}
}
