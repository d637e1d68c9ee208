package style

import (
	"bytes"
	"encoding/xml"
)

// write writes a tree as an XML document.
func (s xmlSyntax) write(root string, n node) []byte {
	out := bytes.NewBufferString(xml.Header)
	s.element(out, root, ` xmlns="`+s.namespace+`"`, n)
	return out.Bytes()
}

func (s xmlSyntax) element(out *bytes.Buffer, name, attributes string, n node) {
	out.WriteString("<" + name + attributes + ">")
	if n.kind != object && n.kind != list {
		_ = xml.EscapeText(out, []byte(n.text)) // a buffer does not fail
	}
	for _, m := range n.members {
		child := m.name
		if n.kind == list {
			child = s.items[name]
		}
		s.element(out, child, "", m.node)
	}
	out.WriteString("</" + name + ">")
}
