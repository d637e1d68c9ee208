package chaintest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// PlainType is the media type of Plain.
const PlainType = "application/plain+json"

// Plain is an invented dialect: the structs of package style in JSON. The header x-plain-signature may name the step at which a
// signature fails; x-plain-echo comes back.
type Plain struct{}

// plainRequest holds the person as a list: a person.Raw does not show itself.
type plainRequest struct {
	style.Request
	Person []string
}

func personOf(p *person.Raw) []*string {
	return []*string{
		&p.FamilyName, &p.GivenName, &p.MiddleName, &p.BirthDate, &p.Sex, &p.Citizenship, &p.SNILS, &p.INN, &p.MobilePhone, &p.Email,
		&p.Passport.Series, &p.Passport.Number, &p.Passport.IssueDate, &p.Passport.DepartmentCode, &p.Passport.Issuer,
	}
}

type plainRefusal struct {
	Refusal style.Refusal
	In      style.Message
}

// Name is plain.
func (Plain) Name() string { return "plain" }

// Headers are two.
func (Plain) Headers() []string { return []string{"x-plain-signature", "x-plain-echo"} }

// Decode reads a request; fields that it does not know are malformed.
func (Plain) Decode(in style.Message, _ []signature.Key, _ time.Time) (style.Request, error) {
	if in.ContentType != PlainType {
		return style.Request{}, &style.Malformed{Fields: []style.Field{{Path: "contentType", Text: "must be " + PlainType}}}
	}
	var read plainRequest
	decoder := json.NewDecoder(bytes.NewReader(in.Body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&read)
	r := read.Request
	fields := personOf(&r.Person)
	if err == nil && len(read.Person) != len(fields) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return style.Request{}, &style.Malformed{Fields: []style.Field{{Text: "must be JSON"}, {Path: "Иванов: secret", Reason: "FIELD_FORMAT"}}}
	}
	for i, value := range read.Person {
		*fields[i] = value
	}
	if step, ok := in.Header["x-plain-signature"]; ok {
		return style.Request{ID: r.ID}, &signature.Error{Step: signature.Step(step)}
	}
	return r, nil
}

// Answer writes a decision.
func (Plain) Answer(in style.Message, out style.Answer) style.Message {
	return style.Message{Status: http.StatusOK, ContentType: PlainType, Header: echo(in), Body: written(out)}
}

// Refuse writes a refusal, and what it was given to write it. It panics when the echo says so.
func (Plain) Refuse(in style.Message, r style.Refusal) style.Message {
	if in.Header["x-plain-echo"] == "panic" {
		panic("no form for " + string(in.Body))
	}
	return style.Message{Status: 422, ContentType: PlainType, Header: echo(in), Body: written(plainRefusal{r, in})}
}

// Encode writes a request.
func (Plain) Encode(r style.Request, _ signature.Signer) (style.Message, error) {
	out := plainRequest{Request: r}
	for _, value := range personOf(&r.Person) {
		out.Person = append(out.Person, *value)
	}
	return style.Message{ContentType: PlainType, Header: style.Header{}, Body: written(out)}, nil
}

// ReadAnswer reads a decision.
func (Plain) ReadAnswer(m style.Message) (out style.Answer, err error) {
	err = json.Unmarshal(m.Body, &out)
	return out, err
}

// ReadRefusal reads a refusal.
func (p Plain) ReadRefusal(m style.Message) (style.Refusal, error) {
	r, _, err := p.Reread(m)
	return r, err
}

// Reread reads a refusal and the request that Refuse was given with it.
func (Plain) Reread(m style.Message) (style.Refusal, style.Message, error) {
	var both plainRefusal
	err := json.Unmarshal(m.Body, &both)
	return both.Refusal, both.In, err
}

func echo(in style.Message) style.Header {
	header := style.Header{}
	if value, ok := in.Header["x-plain-echo"]; ok {
		header["x-plain-echo"] = value
	}
	return header
}

func written(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error())
	}
	return text
}
