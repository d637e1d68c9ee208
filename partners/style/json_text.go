package style

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// number reads a number and keeps it as it is written.
func (r *jsonReader) number() node {
	from := r.at
	r.skip('-')
	if !r.skip('0') {
		r.digits()
	}
	if r.skip('.') {
		r.digits()
	}
	if r.skip('e') || r.skip('E') {
		if !r.skip('-') {
			r.skip('+')
		}
		r.digits()
	}
	if r.at-from > maxNumber {
		r.fail("has a number that is too long")
	}
	return numberNode(string(r.in[from:r.at]))
}

// digits reads one or more.
func (r *jsonReader) digits() {
	from := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	if r.at == from {
		r.fail("must be JSON: a number is malformed")
	}
}

func (r *jsonReader) literal() node {
	rest := r.in[r.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.at += len("true")
		return truthNode(true)
	case bytes.HasPrefix(rest, []byte("false")):
		r.at += len("false")
		return truthNode(false)
	case bytes.HasPrefix(rest, []byte("null")):
		r.at += len("null")
		return node{kind: null}
	default:
		r.fail("must be JSON: a value is malformed")
		return node{}
	}
}

// string reads a text in quotation marks.
func (r *jsonReader) string() string {
	r.at++
	from := r.at
	var out []byte
	for {
		switch c := r.peek(); {
		case r.at >= len(r.in):
			r.fail("must be JSON: a text does not end")
			return ""
		case c == '"':
			out = append(out, r.in[from:r.at]...)
			r.at++
			return string(out)
		case c < ' ':
			r.fail("must be JSON: a text holds a control character")
			return ""
		case c == '\\':
			out = append(out, r.in[from:r.at]...)
			out = utf8.AppendRune(out, r.escape())
			from = r.at
		default:
			r.at++
		}
	}
}

// escape reads what stands after a backslash. Half a surrogate pair is no character.
func (r *jsonReader) escape() rune {
	r.at++
	c := r.peek()
	r.at = min(r.at+1, len(r.in))
	switch c {
	case '"', '\\', '/':
		return rune(c)
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		return r.character()
	default:
		r.fail("must be JSON: an escape is malformed")
		return 0
	}
}

func (r *jsonReader) character() rune {
	first := r.hex()
	if !utf16.IsSurrogate(first) {
		return first
	}
	if r.skip('\\') && r.skip('u') {
		if whole := utf16.DecodeRune(first, r.hex()); whole != utf8.RuneError {
			return whole
		}
	}
	r.fail("must be JSON: an escape is half a character")
	return 0
}

func (r *jsonReader) hex() rune {
	value := rune(0)
	for range 4 {
		c := r.peek()
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			r.fail("must be JSON: an escape is malformed")
			return 0
		}
		value = value<<4 | rune(c)
		r.at++
	}
	return value
}
