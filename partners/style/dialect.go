package style

import (
	"errors"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// shape is everything in which one bank differs from another:
//
//   - who calls: the certificate says it; a form that names the bank has a constant for it in its table
//   - form and place of the request's id, which is the key of idempotency: the table's line of requestId
//   - clocks, names, nesting, a joined passport, masks, hyphens, sex, dates: the table's lines, each with a form
//   - unknown fields and nulls: rules
//   - the signature: seal
//   - answers and errors: answer, refusal, envelope
//   - limits, deadline: limits, terms
type shape struct {
	name     string
	root     string // of a request in XML
	syntax   syntax
	media    []string // types of a request; the first is the one written
	seal     seal
	fields   []field
	rules    rules
	echo     string // a request header with an id, which is given back; empty: none
	limits   limitHeaders
	terms    Terms
	answer   answerWords
	refusal  refusalWords
	envelope envelope
	extra    extra
}

// extra is the little code of a dialect that a table cannot say. Each part may be nil.
type extra struct {
	headers []string                                 // request headers that it reads
	read    func(in Message, r *Request) []Field     // after the table was read
	write   func(r *Request)                         // before the table is written
	answer  func(in Message, out Answer, m *Message) // after an answer was written
}

// Terms are what a bank and the gateway have agreed about calls. Zero: nothing.
type Terms struct {
	Deadline          time.Duration // the bank waits no longer for an answer
	RequestsPerSecond int           // the bank sends no more
}

// TermsOf gives the terms of a dialect that has some.
func TermsOf(d Dialect) Terms {
	if own, ok := d.(interface{ Terms() Terms }); ok {
		return own.Terms()
	}
	return Terms{}
}

// UnsignedIDs are the headers in which a dialect that signs its bodies also takes the id of a request. No signature covers them: whoever
// takes a body from another hand than the signer's must not go by them.
func UnsignedIDs(d Dialect) []string {
	if own, ok := d.(interface{ UnsignedIDs() []string }); ok {
		return own.UnsignedIDs()
	}
	return nil
}

// tabled is a Dialect that is told by a shape.
type tabled struct {
	shape
	table table
}

func newTabled(s shape) *tabled {
	s.rules.typed = s.syntax.typed()
	return &tabled{shape: s, table: newTable(s.fields)}
}

// Name is as in the roster.
func (d *tabled) Name() string { return d.name }

// Terms are what was agreed about calls.
func (d *tabled) Terms() Terms { return d.terms }

// UnsignedIDs are the headers of the id, if bodies are signed.
func (d *tabled) UnsignedIDs() []string {
	if _, none := d.seal.(unsigned); none {
		return nil
	}
	return d.table.headersOf(pathID)
}

// Headers are the request headers that it reads.
func (d *tabled) Headers() []string {
	names := append(d.table.headers(), d.seal.headers()...)
	names = append(names, d.extra.headers...)
	if d.echo != "" {
		names = append(names, d.echo)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Decode checks the signature before it looks at anything that was signed.
func (d *tabled) Decode(in Message, keys []signature.Key, now time.Time) (Request, error) {
	if flaw := d.outside(in); flaw != nil {
		return Request{ID: d.idOf(in)}, &Malformed{Fields: []Field{*flaw}}
	}
	payload, err := d.seal.open(in, keys, now)
	if err != nil {
		return Request{ID: d.idOf(in)}, err
	}
	body, flaw := d.syntax.read(payload, true)
	if flaw != nil {
		return Request{ID: d.idOf(in)}, &Malformed{Fields: []Field{*flaw}}
	}
	request, flaws := d.table.read(body, in.Header, d.rules)
	if d.extra.read != nil {
		flaws = append(flaws, d.extra.read(in, &request)...)
	}
	if len(flaws) > 0 {
		return Request{ID: request.ID}, &Malformed{Fields: flaws}
	}
	return request, nil
}

// outside looks at what can be judged of a message without reading it.
func (d *tabled) outside(in Message) *Field {
	if len(in.Body) > maxBody {
		return bodyFlaw("must have at most 64 KiB")
	}
	media, params, err := mime.ParseMediaType(in.ContentType)
	wrong := &Field{Path: "Content-Type", Reason: fieldFormat, Text: "must be " + strings.Join(d.media, " or ")}
	if err != nil {
		return wrong
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		wrong.Text = "must be of the charset UTF-8"
		return wrong
	}
	if !slices.Contains(d.media, media) {
		return wrong
	}
	return nil
}

// idOf finds the id of a request that cannot be read, where it can be told: in the headers, or in a body that has no other fault than
// its signature. It serves the bank to find its request again, and for nothing else.
func (d *tabled) idOf(in Message) string {
	body := node{}
	if _, enveloped := d.seal.(compactJWS); !enveloped && len(in.Body) <= maxBody {
		body, _ = d.syntax.read(in.Body, true)
	}
	request, _ := d.table.read(body, in.Header, d.rules)
	return request.ID
}

// errUnsigned is that a dialect needs a signer.
var errUnsigned = errors.New("style: this dialect signs and needs a signer")

// Encode writes a request as the bank does.
func (d *tabled) Encode(r Request, signer signature.Signer) (Message, error) {
	if _, none := d.seal.(unsigned); !none && signer == nil {
		return Message{}, errUnsigned
	}
	if d.extra.write != nil {
		d.extra.write(&r)
	}
	body, header, cannot := d.table.write(&r)
	if cannot != "" {
		return Message{}, errors.New("style: " + d.name + " has no way to write the value of " + cannot)
	}
	m := Message{ContentType: d.media[0], Header: header, Body: d.syntax.write(d.root, body)}
	if err := d.seal.close(&m, signer); err != nil {
		return Message{}, errors.Join(errors.New("style: a request cannot be signed"), err)
	}
	return m, nil
}
