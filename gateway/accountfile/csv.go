package accountfile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrHeader is wrapped by every refusal of a header.
var ErrHeader = errors.New("accounts file: the header is malformed")

// nameForm is what a column's name looks like. Nothing else is quoted: it might be a row where the header should be.
var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

// csvDecoder reads lines under a header.
type csvDecoder struct {
	places []column // of the cells of a line
	split  []string // reused
}

// newCSVDecoder reads the header. Every column must be known, and every one but previous_passports there.
func newCSVDecoder(header string) (*csvDecoder, error) {
	names, problem := splitCSV(nil, header)
	if problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrHeader, problem)
	}
	if len(names) == 1 && strings.ContainsAny(header, ";\t") {
		return nil, fmt.Errorf("%w: cells must be parted by commas", ErrHeader)
	}
	d := &csvDecoder{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		c, known := columnOf(name)
		switch {
		case !nameForm.MatchString(name):
			return nil, fmt.Errorf("%w: column %d has no name; the first line must name the columns", ErrHeader, i+1)
		case !known:
			return nil, fmt.Errorf("%w: unknown column %q", ErrHeader, name)
		case slices.Contains(d.places, c):
			return nil, fmt.Errorf("%w: column %q stands there twice", ErrHeader, name)
		}
		d.places = append(d.places, c)
	}
	for c := range columnCount {
		if c != previousPassports && !slices.Contains(d.places, c) {
			return nil, fmt.Errorf("%w: column %q is missing", ErrHeader, c)
		}
	}
	return d, nil
}

func (d *csvDecoder) decode(line string) (cells, []Problem) {
	var problem string
	d.split, problem = splitCSV(d.split[:0], line)
	if problem == "" && len(d.split) != len(d.places) {
		problem = fmt.Sprintf("the line has %d cells, the header %d", len(d.split), len(d.places))
	}
	if problem != "" {
		return cells{}, whole(problem)
	}
	var c cells
	for i, text := range d.split {
		c[d.places[i]] = text
	}
	return c, nil
}

// whole is a problem of a line as a whole.
func whole(text string) []Problem { return []Problem{{Reason: FieldFormat, Text: text}} }

// splitCSV appends the cells of a line to into. The problem is empty when there is none.
func splitCSV(into []string, line string) (_ []string, problem string) {
	for {
		var cell, rest string
		var more bool
		if strings.HasPrefix(line, `"`) {
			cell, rest, problem = quotedCell(line[1:])
			if problem != "" {
				return into, problem
			}
			more = rest != ""
			rest = strings.TrimPrefix(rest, ",")
		} else {
			cell, rest, more = strings.Cut(line, ",")
			if strings.Contains(cell, `"`) {
				return into, "a cell with a quote must stand in quotes, the quote doubled"
			}
		}
		into = append(into, cell)
		if !more {
			return into, ""
		}
		line = rest
	}
}

// quotedCell reads a cell after its opening quote. The rest is empty or begins with the comma.
func quotedCell(line string) (cell, rest, problem string) {
	for from := 0; ; {
		end := strings.IndexByte(line[from:], '"')
		if end < 0 {
			return "", "", "a quote is not closed in its line"
		}
		end += from
		rest = line[end+1:]
		switch {
		case strings.HasPrefix(rest, `"`):
			from = end + 2
		case rest == "" || rest[0] == ',':
			return strings.ReplaceAll(line[:end], `""`, `"`), rest, ""
		default:
			return "", "", "a quote within a cell must be doubled"
		}
	}
}

// appendCSV writes the cells as one line. A line break in a cell becomes a blank.
func (c *cells) appendCSV(line []byte) []byte {
	for i, text := range c {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendCell(line, text)
	}
	return append(line, '\n')
}

func appendCell(line []byte, text string) []byte {
	breaks, quotes := false, false
	for i := range len(text) {
		switch text[i] {
		case '\r', '\n':
			breaks = true
		case '"', ',':
			quotes = true
		}
	}
	if breaks {
		text = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ").Replace(text)
	}
	if !quotes {
		return append(line, text...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(text, `"`, `""`)...)
	return append(line, '"')
}
