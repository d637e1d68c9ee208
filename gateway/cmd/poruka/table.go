package main

import (
	"strings"
	"unicode/utf8"
)

// table is rows of text under a header. Columns of numbers stand to the right.
type table struct {
	header []string
	right  []bool
	rows   [][]string
}

// newTable makes a table. A header that ends in `#` is that of a column of numbers.
func newTable(header ...string) *table {
	t := &table{header: make([]string, len(header)), right: make([]bool, len(header))}
	for i, name := range header {
		t.header[i], t.right[i] = strings.CutSuffix(name, "#")
	}
	return t
}

// newFacts makes a table without a header: each row is a name and what there is to say.
func newFacts() *table { return &table{right: make([]bool, 2)} }

// add adds a row. Missing cells at the end are empty.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, its header bold when Out takes colours.
func (t *table) print(s *streams) error {
	widths := make([]int, len(t.right))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	if t.header != nil {
		b.WriteString(s.bold(t.line(t.header, widths)) + "\n")
	}
	for _, row := range t.rows {
		b.WriteString(t.line(row, widths) + "\n")
	}
	_, err := s.Out.Write([]byte(b.String()))
	return err
}

func (t *table) line(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		blank := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if t.right[i] {
			b.WriteString(blank + cell)
		} else {
			b.WriteString(cell + blank)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func (s *streams) bold(text string) string  { return s.styled("\x1b[1m", text) }
func (s *streams) green(text string) string { return s.styled("\x1b[32m", text) }
func (s *streams) red(text string) string   { return s.styled("\x1b[31m", text) }

func (s *streams) styled(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}
