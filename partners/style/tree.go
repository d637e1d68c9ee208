package style

import (
	"strconv"
	"strings"
)

// kind is what a node of a body is.
type kind uint8

const (
	absent kind = iota
	null
	text
	number
	truth
	object
	list
)

// node is a body, or a part of one, whether it is written in JSON or in XML. It holds personal data: never print one.
type node struct { //nolint:recvcheck // put alone changes a node
	kind    kind
	text    string   // of a text; as it is written, of a number or a truth
	members []member // of an object, each name once; of a list, without names
}

type member struct {
	name string
	node node
}

func textNode(value string) node   { return node{kind: text, text: value} }
func numberNode(value string) node { return node{kind: number, text: value} }

func wholeNode(value int) node { return numberNode(strconv.Itoa(value)) }

func truthNode(value bool) node {
	if value {
		return node{kind: truth, text: "true"}
	}
	return node{kind: truth, text: "false"}
}

// find gives the node at a place, for example identification.series; an absent one when there is none.
func (n node) find(place string) node {
	name, rest, deeper := strings.Cut(place, ".")
	for _, m := range n.members {
		switch {
		case m.name != name:
		case deeper:
			return m.node.find(rest)
		default:
			return m.node
		}
	}
	return node{}
}

// textAt gives the scalar at a place as it is written; empty when there is none.
func (n node) textAt(place string) string { return n.find(place).text }

// has reports whether there is a member of exactly this name.
func (n node) has(name string) bool {
	for _, m := range n.members {
		if m.name == name {
			return true
		}
	}
	return false
}

// put makes a node at a place, and the objects on the way there. An empty place or value is left out.
func (n *node) put(place string, value node) {
	if place == "" || value.kind == absent || value.kind == text && value.text == "" {
		return
	}
	n.kind = object
	name, rest, deeper := strings.Cut(place, ".")
	if !deeper {
		n.members = append(n.members, member{name, value})
		return
	}
	for i := range n.members {
		if n.members[i].name == name {
			n.members[i].node.put(rest, value)
			return
		}
	}
	branch := node{}
	branch.put(rest, value)
	n.members = append(n.members, member{name, branch})
}

// Bounds of a body. They are far above what an honest one needs, and keep the work on any other small.
const (
	maxBody   = 64 << 10 // bytes
	maxDepth  = 12
	maxNodes  = 1000
	maxName   = 64 // bytes of a name
	maxNumber = 32 // bytes of a number
	maxFlaws  = 32 // fields named in one error
)

// syntax is how trees are written.
type syntax interface {
	// read reads a body that is not longer than maxBody; the field is nil when it is in order. asked: it is a request.
	read(body []byte, asked bool) (node, *Field)
	// write writes a tree. root names an XML document's element.
	write(root string, n node) []byte
	// typed reports whether numbers and truths are told from texts.
	typed() bool
	// media is the media type of what goes back.
	media() string
}

// bodyFlaw is a flaw of a body as a whole.
func bodyFlaw(text string) *Field { return &Field{Path: "body", Reason: fieldFormat, Text: text} }

// fieldFormat is the reason of everything that a dialect cannot read.
const fieldFormat = "FIELD_FORMAT"

// shown gives a name for use in an error. A bank's program may by mistake use a value as a name: what does not look like a name is
// not shown.
func shown(path []string, name string) string {
	parts := make([]string, 0, len(path)+1)
	for _, part := range append(path[:len(path):len(path)], name) {
		if !looksLikeName(part) {
			part = "?"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ".")
}

func looksLikeName(text string) bool {
	digits := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c >= '0' && c <= '9' && i > 0:
			digits++
		case c == '-' && i > 0:
		default:
			return false
		}
	}
	return text != "" && len(text) <= maxName && digits < 4
}
