package style

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// xmlSyntax is XML of one namespace, read so that nothing in it can be anything but elements and text: no document type, so no
// entities but the five of XML itself, no processing instructions, no comments, no attributes but namespaces.
type xmlSyntax struct {
	namespace string
	request   string            // the element of a request
	items     map[string]string // elements that hold a list, and how the elements of the list are called
}

func (xmlSyntax) typed() bool { return false }

func (xmlSyntax) media() string { return "application/xml; charset=utf-8" }

func (s xmlSyntax) read(body []byte, asked bool) (node, *Field) {
	if !utf8.Valid(body) {
		return node{}, bodyFlaw("must be UTF-8")
	}
	r := xmlReader{syntax: s, in: xml.NewDecoder(bytes.NewReader(body)), first: true}
	root, n := r.document()
	if r.flaw == nil && asked && root != s.request {
		r.fail("must be a document " + s.request)
	}
	if r.flaw != nil {
		return node{}, r.flaw
	}
	return n, nil
}

// xmlReader reads forward until the first flaw.
type xmlReader struct {
	syntax xmlSyntax
	in     *xml.Decoder
	first  bool // nothing was read yet
	nodes  int
	path   []string
	flaw   *Field
}

func (r *xmlReader) fail(text string) {
	if r.flaw == nil {
		r.flaw = bodyFlaw(text)
	}
}

// next gives the next start, end or text; nil at the end and after a flaw.
func (r *xmlReader) next() xml.Token {
	for r.flaw == nil {
		first := r.first
		r.first = false
		token, err := r.in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			r.fail("must be well-formed XML in UTF-8")
			return nil
		}
		switch token := token.(type) {
		case xml.StartElement, xml.EndElement, xml.CharData:
			return token
		case xml.ProcInst:
			if !first || token.Target != "xml" {
				r.fail("must not hold processing instructions")
			}
		case xml.Directive:
			r.fail("must not hold a document type")
		default:
			r.fail("must not hold comments")
		}
	}
	return nil
}

// document reads the one element, around which there may be blanks.
func (r *xmlReader) document() (root string, n node) {
	for found := false; ; {
		switch token := r.next().(type) {
		case xml.StartElement:
			if found {
				r.fail("must be one element")
			}
			found, root = true, token.Name.Local
			n = r.element(token)
		case xml.CharData:
			if !isBlank(token) {
				r.fail("must be XML: there is text around the element")
			}
		default:
			if !found {
				r.fail("must be XML")
			}
			return root, n
		}
	}
}

func isBlank(data []byte) bool { return len(bytes.Trim(data, " \t\r\n")) == 0 }

// element reads what is in an element: other elements, or text.
func (r *xmlReader) element(start xml.StartElement) node {
	r.check(start)
	name := start.Name.Local
	if len(r.path) > 0 || r.nodes > 1 { // the document's own name is no part of a path
		r.path = append(r.path, name)
		defer func() { r.path = r.path[:len(r.path)-1] }()
	}
	n, item := node{kind: object}, r.syntax.items[name]
	if item != "" {
		n.kind = list
	}
	var content strings.Builder
	for {
		switch token := r.next().(type) {
		case xml.StartElement:
			r.child(&n, item, token)
		case xml.CharData:
			content.Write(token)
		default:
			return r.whole(n, content.String())
		}
	}
}

// child reads an element within another. One that stands twice would mean one thing here and another elsewhere.
func (r *xmlReader) child(n *node, item string, start xml.StartElement) {
	name := start.Name.Local
	switch {
	case item != "" && name != item:
		r.blame(name, "is not a part of this list")
	case item == "" && n.has(name):
		r.blame(name, "must not be given twice")
	}
	child := r.element(start)
	if item != "" {
		name = ""
	}
	n.members = append(n.members, member{name, child})
}

// whole makes the node of an element that has been read. Text and elements do not mix.
func (r *xmlReader) whole(n node, content string) node {
	content = strings.Trim(content, " \t\r\n")
	switch {
	case n.kind == list && content == "" || len(n.members) > 0 && content == "":
		return n
	case n.kind == object && len(n.members) == 0:
		return textNode(content)
	default:
		r.fail("must not mix text and elements")
		return node{}
	}
}
