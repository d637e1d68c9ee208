package style

import "encoding/xml"

// maxAttributes is how many attributes, which can only be declarations of namespaces, an element may have.
const maxAttributes = 4

// check judges the start of an element.
func (r *xmlReader) check(start xml.StartElement) {
	name := start.Name.Local
	if r.nodes++; r.nodes > maxNodes {
		r.fail("has too many elements")
	}
	if len(r.path) >= maxDepth {
		r.fail("is nested too deeply")
	}
	if len(name) > maxName {
		r.fail("has a name that is too long")
	}
	if start.Name.Space != r.syntax.namespace {
		r.blame(name, "must be of the namespace "+r.syntax.namespace)
	}
	if len(start.Attr) > maxAttributes {
		r.blame(name, "must not have so many attributes")
	}
	for i, attr := range start.Attr {
		declares := attr.Name.Space == "xmlns" || attr.Name.Space == "" && attr.Name.Local == "xmlns"
		for _, before := range start.Attr[:i] {
			declares = declares && before.Name != attr.Name
		}
		if !declares {
			r.blame(name, "must not have attributes, and no namespace twice")
		}
	}
}

func (r *xmlReader) blame(name, text string) {
	if r.flaw == nil {
		r.flaw = &Field{Path: shown(r.path, name), Reason: fieldFormat, Text: text}
	}
}
