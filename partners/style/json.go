package style

import "unicode/utf8"

// jsonSyntax is JSON (RFC 8259), read strictly: an object, UTF-8, every name once, nothing after the end.
type jsonSyntax struct{}

func (jsonSyntax) typed() bool { return true }

func (jsonSyntax) media() string { return "application/json" }

func (jsonSyntax) read(body []byte, _ bool) (node, *Field) {
	if !utf8.Valid(body) {
		return node{}, bodyFlaw("must be UTF-8")
	}
	r := jsonReader{in: body}
	r.blanks()
	if r.peek() != '{' {
		return node{}, bodyFlaw("must be a JSON object")
	}
	n := r.value()
	r.blanks()
	if r.flaw == nil && r.at < len(r.in) {
		r.fail("must be JSON: there is something after its end")
	}
	if r.flaw != nil {
		return node{}, r.flaw
	}
	return n, nil
}

// jsonReader reads forward; after the first flaw it stands at the end, so that every loop ends.
type jsonReader struct {
	in    []byte
	at    int
	nodes int
	path  []string
	flaw  *Field
}

func (r *jsonReader) fail(text string) { r.failWith(bodyFlaw(text)) }

func (r *jsonReader) failWith(flaw *Field) {
	if r.flaw == nil {
		r.flaw = flaw
	}
	r.at = len(r.in)
}

// peek gives the next byte; 0, which JSON does not have, at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.in) {
		return r.in[r.at]
	}
	return 0
}

// skip takes the next byte if it is c.
func (r *jsonReader) skip(c byte) bool {
	if r.peek() != c || r.at >= len(r.in) {
		return false
	}
	r.at++
	return true
}

func (r *jsonReader) blanks() {
	for r.skip(' ') || r.skip('\n') || r.skip('\r') || r.skip('\t') {
	}
}

func (r *jsonReader) value() node {
	if r.nodes++; r.nodes > maxNodes {
		r.fail("has too many values")
		return node{}
	}
	r.blanks()
	switch c := r.peek(); {
	case c == '{':
		return r.nested('}', object)
	case c == '[':
		return r.nested(']', list)
	case c == '"':
		return textNode(r.string())
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	default:
		return r.literal()
	}
}

// nested reads an object or a list.
func (r *jsonReader) nested(end byte, k kind) node {
	if len(r.path) >= maxDepth {
		r.fail("is nested too deeply")
		return node{}
	}
	n := node{kind: k}
	r.at++
	for r.blanks(); !r.skip(end); r.blanks() {
		if len(n.members) > 0 && !r.skip(',') {
			r.fail("must be JSON: a comma or an end is missing")
			return node{}
		}
		name := ""
		if k == object {
			name = r.name(n)
		}
		r.path = append(r.path, name)
		n.members = append(n.members, member{name, r.value()})
		r.path = r.path[:len(r.path)-1]
		if r.flaw != nil {
			return node{}
		}
	}
	return n
}

// name reads a name and the colon after it. A name that stands twice would mean one thing here and another elsewhere.
func (r *jsonReader) name(of node) string {
	r.blanks()
	if r.peek() != '"' {
		r.fail("must be JSON: a name is missing")
		return ""
	}
	name := r.string()
	r.blanks()
	switch {
	case r.flaw != nil:
	case len(name) > maxName:
		r.fail("has a name that is too long")
	case !r.skip(':'):
		r.fail("must be JSON: a colon is missing")
	case of.has(name):
		r.failWith(&Field{Path: shown(r.path, name), Reason: fieldFormat, Text: "must not be given twice"})
	}
	return name
}
