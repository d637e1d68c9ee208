package server_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/partners/style"
)

// TestPulledDataLeaveNothingPersonal has banks answer with persons nobody has heard of, well and badly, when they are asked for the data
// of orders, and send the same bodies over gRPC; and looks for them as TestNothingPersonalIsLeftAnywhere does.
func TestPulledDataLeaveNothingPersonal(t *testing.T) {
	c := newCalling(t)
	server := map[string]*thief{}
	for _, bank := range style.Standard().Names() {
		server[bank] = &thief{t: t}
		c.bank(bank, bank, server[bank].ServeHTTP)
	}
	c.start()
	a := hatch(t, c.g, 1000)
	a.throughThePortal()
	for i, bank := range style.Standard().Names() {
		s := mute(t, c.dir, bank)
		who := c.owner()
		for name, give := range a.badPulls(s, i) {
			server[bank].give = give
			made := c.create(who, bank)
			got := c.get(made)
			a.tell(got)
			if got.GetConfirmation() == nil {
				t.Errorf("%s: %s: %v", bank, name, got)
			}
			a.overGRPC(bank, give(made.GetName()[len("orders/"):]))
			if got.GetState() == porukav1.Order_PENDING {
				if _, err := c.portal.CancelOrder(t.Context(), &porukav1.CancelOrderRequest{Id: orderID(made)}); err != nil {
					t.Errorf("%s: %s: cancelling: %v", bank, name, err)
				}
			}
		}
	}
	a.look("an answer", a.told...)
	a.hide("Goldfinchova", "goldfinch") // a bank is told which of its fields we do not know; nobody else is
	a.look("the metrics", metricsPage(t, c.g))
	if err := c.g.Stop(); err != nil {
		t.Fatal(err)
	}
	if log := c.g.Log(); !strings.Contains(log, "malformed") {
		t.Error("no failed pull is in the log: the test shows nothing")
	}
	a.look("the log", c.g.Log())
	ledgertest.Canary(t, c.g.Dir, a.allSecrets()...)
}

// overGRPC sends what a dialect has written as a message of ours.
func (a *aviary) overGRPC(bank string, m style.Message) {
	a.t.Helper()
	in := &porukav1.ConfirmStyledRequest{Bank: bank, ContentType: m.ContentType, Body: m.Body}
	for name, value := range m.Header {
		in.Headers = append(in.Headers, &porukav1.StyledHeader{Name: name, Value: value})
	}
	var header, trailer metadata.MD
	out, err := porukav1.NewConfirmationServiceClient(a.g.Conn(bank)).ConfirmStyled(a.t.Context(), in, grpc.Header(&header), grpc.Trailer(&trailer))
	a.tell(string(out.GetBody()), fmt.Sprint(out.GetHeaders()), header, trailer)
	if err != nil {
		a.tell(err)
	}
}

// badPulls are answers in which a person stands where it should, and where it should not.
func (a *aviary) badPulls(s speaker, bird int) map[string]func(order string) style.Message {
	p := a.birds[bird].Person
	claim := func(order string) style.Message {
		in := fresh(a.claim(bird, nil))
		in.RequestId = order
		return s.write(in)
	}
	changed := func(change func([]byte) []byte) func(order string) style.Message {
		return func(order string) style.Message { return s.rewrite(claim(order), change) }
	}
	first := func(json, xml string) func(string) style.Message { // a member more, at the beginning
		return changed(func(body []byte) []byte {
			if s.bank == "pochtabank" {
				return bytes.Replace(body, []byte("<MessageID>"), []byte(xml+"<MessageID>"), 1)
			}
			return append([]byte("{"+json+","), body[1:]...)
		})
	}
	swap := func(old, put string) func(string) style.Message {
		return changed(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(put)) })
	}
	all := map[string]func(order string) style.Message{
		"another person":     claim,
		"cut off":            changed(func(body []byte) []byte { return body[:len(body)-1] }),
		"a number of no one": swap(p.SNILS, "112-233-445 96"),
		"no UTF-8":           swap(p.FamilyName, p.FamilyName+"\xff"),
		"a truth":            swap("true", `"`+p.SNILS+`"`),
		"a name too long":    swap(p.GivenName, strings.Repeat(p.GivenName, 30)),
		"a name as a media type": func(order string) style.Message {
			m := claim(order)
			m.ContentType = "text/" + strings.ReplaceAll(p.Email, "@", ".") + "; charset=" + p.Email
			return m
		},
	}
	if s.bank == "vtb" || s.bank == "bspb" || s.bank == "pochtabank" { // those that ignore no field
		all["a name as a field"] = first(`"Goldfinchova":1`, "<Goldfinchova>1</Goldfinchova>")
		all["a name as an object"] = first(`"Goldfinchova":{"goldfinch":1}`, "<Goldfinchova><goldfinch>1</goldfinch></Goldfinchova>")
	}
	all["a name twice"] = first(`"Goldfinchova":1,"Goldfinchova":2`, "<Goldfinchova>1</Goldfinchova><Goldfinchova>1</Goldfinchova>")
	return all
}
