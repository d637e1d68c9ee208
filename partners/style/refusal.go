package style

import (
	"maps"
	"slices"
)

// refusalWords is how a bank calls what every refusal carries, beside its envelope: places in its tree, empty for what the envelope
// carries itself.
type refusalWords struct {
	reason    string // place of the reason
	fields    string // place of the list of fields at fault
	field     string // in it: the bank's name of the field
	fieldCode string
	fieldText string
	facts     string // place of the public facts
	code      string // name of the gRPC code
	logID     string
	requestID string
	root      string // of an XML document
}

// envelope is what is the bank's own in a refusal.
type envelope struct {
	media string // of the body; empty: that of the syntax
	// write puts the bank's own members in and gives the HTTP status. fields have the bank's own names.
	write func(r Refusal, n *node) int
	// read takes out what nothing else carries; nil: nothing.
	read func(n node, r *Refusal)
}

// Refuse writes a refusal.
func (d *tabled) Refuse(in Message, r Refusal) Message {
	fields := make([]Field, 0, len(r.Fields))
	for _, f := range r.Fields {
		f.Path = d.table.nameOf(f.Path)
		fields = append(fields, f)
	}
	r.Fields = mergeSame(fields)
	body := node{kind: object}
	m := Message{Status: d.envelope.write(r, &body), ContentType: d.envelope.media, Header: d.headersBack(in, r.RequestID, r.Limits, r.Reason)}
	if m.ContentType == "" {
		m.ContentType = d.syntax.media()
	}
	d.refusal.write(r, &body, d.answer)
	m.Body = d.syntax.write(d.refusal.root, body)
	return m
}

// mergeSame leaves one of several fields that the bank has in one: the series and the number of a passport, say.
func mergeSame(fields []Field) []Field {
	var out []Field
	seen := map[string]bool{}
	for _, f := range fields {
		if !seen[f.Path] {
			out = append(out, f)
		}
		seen[f.Path] = true
	}
	return out
}

func (w refusalWords) write(r Refusal, n *node, words answerWords) {
	n.put(w.code, textNode(r.Code))
	n.put(w.requestID, words.id.node(r.RequestID))
	n.put(w.logID, textNode(r.ID))
	n.put(w.reason, words.reason.write(r.Reason))
	if len(r.Fields) > 0 && w.fields != "" {
		fields := node{kind: list}
		for _, f := range r.Fields {
			one := node{kind: object}
			one.put(w.field, textNode(f.Path))
			one.put(w.fieldCode, textNode(f.Reason))
			one.put(w.fieldText, textNode(f.Text))
			fields.members = append(fields.members, member{node: one})
		}
		n.put(w.fields, fields)
	}
	n.put(w.facts, factsNode(r.Metadata))
}

// ReadRefusal reads what Refuse has written. The fields are paths in the native API again.
func (d *tabled) ReadRefusal(m Message) (Refusal, error) {
	body, err := d.readBack(m)
	if err != nil {
		return Refusal{}, err
	}
	w := d.refusal
	r := Refusal{
		HTTPStatus: m.Status, Code: body.textAt(w.code), ID: body.textAt(w.logID), RequestID: d.answer.id.native(body.textAt(w.requestID)),
		Reason: d.answer.reason.read(body.find(w.reason)), Limits: d.limits.read(m.Header),
	}
	for _, one := range body.find(w.fields).members {
		r.Fields = append(r.Fields, Field{
			Path: one.node.textAt(w.field), Reason: one.node.textAt(w.fieldCode), Text: one.node.textAt(w.fieldText),
		})
	}
	for _, fact := range body.find(w.facts).members {
		if r.Metadata == nil {
			r.Metadata = map[string]string{}
		}
		r.Metadata[fact.name] = fact.node.text
	}
	if d.envelope.read != nil {
		d.envelope.read(body, &r)
	}
	for i := range r.Fields {
		r.Fields[i].Path = d.table.pathOf(r.Fields[i].Path)
	}
	return r, nil
}

// factsNode writes public facts in the order of their names. What is no name is left out: an XML element could not bear it.
func factsNode(facts map[string]string) node {
	n := node{}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if looksLikeName(name) {
			n.put(name, textNode(facts[name]))
		}
	}
	return n
}
