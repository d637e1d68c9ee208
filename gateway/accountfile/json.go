package accountfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decodeJSON reads one line of JSONL: an object whose names are those of the columns. A column left out is empty; null is
// the same. The values are strings; the two flags may be true or false as well.
func decodeJSON(line string) (cells, []Problem) {
	var c cells
	var seen [columnCount]bool
	d := json.NewDecoder(strings.NewReader(line))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return c, whole("the line is no JSON object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return c, whole("the line is malformed JSON")
		}
		place, problem := placeOf(name, &seen)
		if problem != "" {
			return c, whole(problem)
		}
		value, err := d.Token()
		if err != nil {
			return c, whole("the line is malformed JSON")
		}
		text, ok := textOf(place, value)
		if !ok {
			return c, []Problem{{Column: place.String(), Reason: FieldFormat, Text: "must be a string"}}
		}
		c[place] = text
	}
	if _, err := d.Token(); err != nil {
		return c, whole("the line is malformed JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, whole("the line holds more than one JSON object")
	}
	return c, nil
}

func placeOf(token json.Token, seen *[columnCount]bool) (column, string) {
	name, _ := token.(string) // a name is always a string: Decoder sees to it
	place, known := columnOf(name)
	switch {
	case !known && nameForm.MatchString(name):
		return 0, fmt.Sprintf("unknown name %q", name)
	case !known:
		return 0, "unknown name"
	case seen[place]:
		return 0, fmt.Sprintf("the name %q stands there twice", name)
	}
	seen[place] = true
	return place, ""
}

func textOf(place column, token json.Token) (string, bool) {
	switch value := token.(type) {
	case nil:
		return "", true
	case string:
		return value, true
	case bool:
		flag := place == phoneVerified || place == emailVerified
		return map[bool]string{true: "true", false: "false"}[value], flag
	default:
		return "", false
	}
}

// appendJSON writes the cells that are not empty as one line.
func (c *cells) appendJSON(line []byte) []byte {
	line = append(line, '{')
	first := true
	for i, text := range c {
		if text == "" {
			continue
		}
		if !first {
			line = append(line, ',')
		}
		first = false
		line = appendString(line, columnNames[i])
		line = append(line, ':')
		if place := column(i); place == phoneVerified || place == emailVerified {
			line = append(line, text...)
		} else {
			line = appendString(line, text)
		}
	}
	return append(line, "}\n"...)
}

// appendString writes a JSON string. What is not UTF-8 becomes the replacement character.
func appendString(line []byte, text string) []byte {
	line = append(line, '"')
	for _, b := range []byte(strings.ToValidUTF8(text, "\ufffd")) {
		switch {
		case b == '"' || b == '\\':
			line = append(line, '\\', b)
		case b < ' ':
			line = fmt.Appendf(line, `\u%04x`, b)
		default:
			line = append(line, b)
		}
	}
	return append(line, '"')
}
