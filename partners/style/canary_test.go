package style

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/signature"
)

// canary is in every value of these tests, and must be in nothing that is shown.
const canary = "QZJX"

// planted is a request in which one field has another value; nothing checks what is put there.
func planted(t testing.TB, d *tabled, at int, value node) Message {
	t.Helper()
	r := request()
	body, header, cannot := d.table.write(&r)
	if cannot != "" {
		t.Fatal(cannot)
	}
	f := d.fields[at%len(d.fields)]
	if place := f.place(); place[0] != '@' {
		body.replace(place, value)
	}
	for _, place := range f.at {
		if _, ok := header[strings.TrimPrefix(place, "@")]; ok && place[0] == '@' {
			header[place[1:]] = value.text
		}
	}
	return sealed(t, d, Message{ContentType: d.media[0], Header: header, Body: d.syntax.write(d.root, body)})
}

// replace puts a value in the place of what is there.
func (n *node) replace(place string, value node) {
	name, rest, deeper := strings.Cut(place, ".")
	for i := range n.members {
		switch m := &n.members[i]; {
		case m.name == name && deeper:
			m.node.replace(rest, value)
			return
		case m.name == name:
			m.node = value
			return
		}
	}
	n.put(place, value)
}

// TestNoValueIsShown puts the canary into each field of each bank, in every kind of value, and looks at all that anybody is told.
func TestNoValueIsShown(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		refused := 0
		for i := range d.fields {
			for _, value := range []node{
				textNode(canary + "-11223344595"),
				{kind: object, members: []member{{canary + "11223344595", textNode(canary)}}},
				{kind: list, members: []member{{"", textNode(canary)}}},
			} {
				_, xml := d.syntax.(xmlSyntax)
				if xml && value.kind == list {
					continue // there is none but where the syntax has it
				}
				if holds := whatIsShown(d, planted(t, d, i, value)); holds != "" {
					refused++
					if strings.Contains(holds, canary) {
						t.Errorf("%s, %s: %s", bank, d.fields[i].place(), holds)
					}
				}
			}
		}
		if refused < len(d.fields) {
			t.Errorf("%s: only %d requests were refused", bank, refused)
		}
	}
}

// whatIsShown is all that anybody is told of a request that is refused; empty when it is not.
func whatIsShown(d *tabled, in Message) string {
	r, err := d.Decode(in, keysOf(d.name), noon())
	if err == nil {
		_, _, err = person.Parse(r.Person, nil, person.DateOf(noon()))
	}
	if err == nil {
		return ""
	}
	refusal := Refusal{HTTPStatus: 400, Code: "INVALID_ARGUMENT", RequestID: r.ID, Reason: Reason{Code: fieldFormat, TextRU: "Неверно."}}
	if malformed := new(Malformed); errors.As(err, &malformed) {
		refusal.Fields = malformed.Fields
	}
	return fmt.Sprintf("%v %s", err, printed(d.Refuse(in, refusal)))
}

// FuzzDecode: whatever is sent, there is no panic, the error is one that a bank can be told, and no value is in it. What is read can
// be written again, and is then read as the same.
func FuzzDecode(f *testing.F) {
	names := all().Names()
	for i, bank := range names {
		d := dialect(f, bank)
		m, err := d.Encode(request(), signerOf(bank))
		if err != nil {
			f.Fatal(err)
		}
		for at := range d.fields {
			f.Add(i, at, "1980.01.01", "", m.Body)
		}
		f.Add(i, 0, strings.Repeat("f", 32), `"x"`, []byte(`{"a":{"b":null}}`))
	}
	f.Fuzz(func(t *testing.T, bank, at int, value, header string, body []byte) {
		d := dialect(t, names[abs(bank)%len(names)])
		m := Message{ContentType: d.media[0], Header: Header{}, Body: body}
		for _, name := range d.Headers() {
			m.Header[name] = header
		}
		judge(t, d, m)
		if signerOf(d.name) != nil && at%8 == 0 { // signing takes most of the time
			judge(t, d, sealed(t, d, m))
		}
		if shown := whatIsShown(d, planted(t, d, abs(at), textNode(canary+value))); strings.Contains(shown, canary) {
			t.Errorf("%s shows a value", d.name)
		}
		judge(t, d, planted(t, d, abs(at), textNode(value)))
	})
}

func abs(n int) int { return n & (1<<31 - 1) }

func judge(t *testing.T, d *tabled, m Message) {
	t.Helper()
	r, err := d.Decode(m, keysOf(d.name), noon())
	malformed, bad := new(Malformed), new(signature.Error)
	switch {
	case err == nil:
		again(t, d, r)
	case errors.As(err, &malformed) && len(malformed.Fields) > 0 && len(malformed.Fields) <= maxFlaws+1:
	case errors.As(err, &bad):
	default:
		t.Fatalf("%s: %T: %v", d.name, err, err)
	}
	refused := d.Refuse(m, Refusal{HTTPStatus: 400, Fields: malformed.Fields})
	if _, err := d.ReadRefusal(refused); err != nil {
		t.Fatalf("%s: the refusal is not read: %v", d.name, err)
	}
}

// again writes and reads a request. What a person's parser refuses may change on the way: it is refused before and after.
func again(t *testing.T, d *tabled, r Request) {
	t.Helper()
	before, _, err := person.Parse(r.Person, nil, person.DateOf(noon()))
	if err != nil {
		return
	}
	m, err := d.Encode(r, signerOf(d.name))
	if err != nil {
		t.Fatalf("%s: what was read is not written: %v", d.name, err)
	}
	back, err := d.Decode(m, keysOf(d.name), noon())
	if err != nil {
		t.Fatalf("%s: what was written is not read: %v", d.name, err)
	}
	after, _, err := person.Parse(back.Person, nil, person.DateOf(noon()))
	if err != nil || !before.Equal(after) || back.ID != r.ID || back.Means != r.Means || back.ConsentGiven != r.ConsentGiven {
		t.Fatalf("%s: another request came back, or %v", d.name, err)
	}
}
