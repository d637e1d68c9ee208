package match

import (
	"unicode/utf8"

	"github.com/poruka/poruka/ledger/person"
)

// far is more than any distance that is asked for.
const far = 100

// within reports whether at most limit letters inserted, dropped, replaced or swapped with a neighbour turn a into b, none
// of them touched twice (optimal string alignment). Only cells that can be within the limit are looked at, so the time
// grows with the length, not with its square.
func within(a, b string, limit int) bool {
	lenA, lenB := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if max(lenA, lenB) > person.MaxName || lenA-lenB > limit || lenB-lenA > limit {
		return false
	}
	var spaceA, spaceB [person.MaxName]rune
	g := grid{from: runes(spaceA[:0], a), to: runes(spaceB[:0], b), limit: limit}
	for i := range lenA + 1 {
		g.fill(i)
	}
	return g.rows[lenA%3][lenB] <= limit
}

func runes(dst []rune, text string) []rune {
	for _, r := range text {
		dst = append(dst, r)
	}
	return dst
}

// grid holds the last three rows of the distances between the beginnings of two words; row i is rows[i%3].
type grid struct {
	from, to []rune
	limit    int
	rows     [3][person.MaxName + 2]int
}

// fill computes row i within the band, with far on either side of it.
func (g *grid) fill(i int) {
	row := &g.rows[i%3]
	low, high := max(0, i-g.limit), min(len(g.to), i+g.limit)
	if low > 0 {
		row[low-1] = far
	}
	for j := low; j <= high; j++ {
		row[j] = g.cell(i, j)
	}
	row[high+1] = far
}

// cell is the distance between the first i letters of from and the first j of to.
func (g *grid) cell(i, j int) int {
	if i == 0 || j == 0 {
		return i + j
	}
	row, last, before := &g.rows[i%3], &g.rows[(i+2)%3], &g.rows[(i+1)%3]
	replaced := last[j-1]
	if g.from[i-1] != g.to[j-1] {
		replaced++
	}
	best := min(replaced, last[j]+1, row[j-1]+1)
	if i > 1 && j > 1 && g.from[i-1] == g.to[j-2] && g.from[i-2] == g.to[j-1] {
		best = min(best, before[j-2]+1)
	}
	return best
}
