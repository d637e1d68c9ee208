package server_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/partners/style"
)

// TestDialectsLeaveNothingPersonal lets persons nobody has heard of through every dialect, well and badly, and looks for them as
// TestNothingPersonalIsLeftAnywhere does.
func TestDialectsLeaveNothingPersonal(t *testing.T) {
	clock := &trap{}
	g := gatewaytest.Start(t, gatewaytest.Config{Clock: clock.now, Change: func(c *config.Config) { c.Log.Level = "debug" }})
	a := hatch(t, g, 1000)
	a.throughThePortal()
	for i, bank := range style.Standard().Names() {
		s := speakerOf(t, g, bank)
		a.throughADialect(s, i)
		a.malformedInDialect(s)
		clock.set("ConfirmStyled", a.birds[5].Person.FamilyName)
		a.tell(a.said(s.send(s.write(fresh(a.claim(5, nil))))))
		clock.unset()
	}
	if clock.sprung.Load() < 5 {
		t.Errorf("only %d panics", clock.sprung.Load())
	}
	if len(a.told) < 100 {
		t.Errorf("only %d answers", len(a.told))
	}
	a.look("an answer", a.told...)
	a.look("the metrics", metricsPage(t, g))
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	a.look("the log", g.Log())
	auditLines(t, g) // whatever was sent, a line is one event
	ledgertest.Canary(t, g.Dir, a.allSecrets()...)
}

// said is an answer for tell. What has the bank's own numbers in it, such as the signatures of its key, holds no person.
func (*aviary) said(m style.Message) answer {
	header := http.Header{}
	for name, value := range m.Header {
		header.Set(name, value)
	}
	return answer{header: header, body: string(m.Body)}
}

// throughADialect makes claims of every outcome.
func (a *aviary) throughADialect(s speaker, bird int) {
	type claim = porukav1.ConfirmIdentityRequest
	for _, change := range []func(*claim){
		nil,
		func(c *claim) { c.Person.GivenName += "а" },
		func(c *claim) { c.Person.BirthDate = "1980-01-02" },
		func(c *claim) { c.Person.Inn = "500100732259" },
		func(c *claim) { c.Person.MobilePhone = "+79000000001" },
		func(c *claim) { c.Consent.Given = false },
		func(c *claim) { c.Person.Snils = "112-233-445 96"; c.Person.Inn = "500100732250" },
		func(c *claim) { c.Person.Snils = c.GetPerson().GetFamilyName() },
		func(c *claim) { c.Person.Email = c.GetPerson().GetFamilyName() },
		func(c *claim) { c.Person.GivenName = strings.Repeat(c.GetPerson().GetGivenName(), 20) },
		func(c *claim) { c.Person.Citizenship = c.GetPerson().GetFamilyName() },
	} {
		in := fresh(a.claim(bird, change))
		m := s.write(in)
		a.tell(a.said(s.send(m)), a.said(s.send(m)))
		other := a.claim(bird+1, nil)
		other.RequestId, other.DryRun = in.GetRequestId(), true
		a.tell(a.said(s.send(s.write(other))))
	}
}

// malformedInDialect puts secrets where they do not belong.
func (a *aviary) malformedInDialect(s speaker) {
	p := a.birds[4].Person
	good := s.write(fresh(a.claim(4, nil)))
	mixed := func(change func([]byte) []byte) style.Message {
		m := style.Message{ContentType: good.ContentType, Header: style.Header{}, Body: slices.Clone(good.Body)}
		for name, value := range good.Header {
			m.Header[name] = value
		}
		return s.rewrite(m, change)
	}
	swap := func(old, put string) func([]byte) []byte {
		return func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(put)) }
	}
	for _, change := range []func([]byte) []byte{
		func(body []byte) []byte { return body[:len(body)-1] },
		func(body []byte) []byte { return append(body, body...) },
		func(body []byte) []byte { return append([]byte(`{"`+p.FamilyName+`":1,`), body[1:]...) },
		func(body []byte) []byte { return append([]byte(`<`+p.FamilyName+`>`), body...) },
		func(body []byte) []byte { return []byte(p.FamilyName) },
		swap(p.FamilyName, p.FamilyName+"\xff"),
		swap(p.Passport.Issuer, `\`),
		swap("1990", p.FamilyName),
		swap("true", `"`+p.SNILS+`"`),
		swap(">true<", ">"+p.SNILS+"<"),
	} {
		a.tell(a.said(s.send(mixed(change))))
	}
	for _, name := range s.dialect.Headers() {
		m := mixed(func(body []byte) []byte { return body })
		m.Header[name] = p.Email
		a.tell(a.said(s.send(m)))
		m.Header[name] = p.FamilyName
		a.tell(a.said(s.send(m)))
	}
	broken := mixed(func(body []byte) []byte { return body })
	broken.ContentType = "text/" + p.Email
	a.tell(a.said(s.send(broken)))
	a.tell(a.said(s.sendTo("vtb%20"+strings.ReplaceAll(p.Email, "@", "."), good)))
}
