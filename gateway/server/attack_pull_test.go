package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// thief is the server of a bank in the hands of somebody who cannot sign: it gives what a test has put there, for any order.
type thief struct {
	t    *testing.T
	give func(order string) style.Message
}

func (h *thief) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"t","expires_in":60,"token_type":"Bearer"}`))
		return
	}
	m := h.give(path.Base(r.URL.Path))
	for name, value := range m.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", m.ContentType)
	_, _ = w.Write(m.Body)
}

// mute is a speaker that only writes.
func mute(t *testing.T, dir, bank string) speaker {
	t.Helper()
	s := speaker{t: t, bank: bank}
	s.dialect, _ = style.Standard().Find(bank)
	if s.isSigned() {
		signer, err := development.BankSigner(dir, partners.ID(bank))
		if err != nil {
			t.Fatal(err)
		}
		s.signer = signer
	}
	return s
}

// withoutID takes the id out of a body in JSON, as a bank may leave it out that puts it into a header, and signs anew.
func (s speaker) withoutID(m style.Message, name string) style.Message {
	return s.rewrite(m, func(body []byte) []byte {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil || all[name] == nil {
			s.t.Fatalf("%s: no %s in %s", s.bank, name, body)
		}
		delete(all, name)
		body, err := json.Marshal(all)
		if err != nil {
			s.t.Fatal(err)
		}
		return body
	})
}

// TestPulledDataAreOfThisOrder has data that a bank has signed for something else given for an order: no order is decided by them.
func TestPulledDataAreOfThisOrder(t *testing.T) {
	c := newCalling(t)
	server := map[string]*thief{}
	for _, bank := range []string{"sberbank", "vtb", "pochtabank", "bspb"} {
		server[bank] = &thief{t: t}
		c.bank(bank, bank, server[bank].ServeHTTP)
	}
	c.start()
	// where the id stands: in the body, and in headers that no signature covers
	headers := map[string][]string{"sberbank": {"rquid", "x-introspect-rquid"}, "bspb": {"x-fapi-interaction-id"}}
	body := map[string]string{"sberbank": "RqUID", "bspb": "interaction_id"}
	for bank, h := range server { // each with an owner of its own
		s := mute(t, c.dir, bank)
		who := c.owner()
		earlier := s.write(fresh(who.claim))
		variants := map[string]func(order string) style.Message{
			"the data of another request": func(string) style.Message { return earlier },
			"under the order's id in a header": func(order string) style.Message {
				return named(earlier, order, headers[bank])
			},
		}
		if name := body[bank]; name != "" {
			bare := s.withoutID(earlier, name)
			variants["without an id, under the order's in a header"] = func(order string) style.Message { return named(bare, order, headers[bank]) }
		}
		old := time.Now().AddDate(0, 0, -1)
		variants["signed yesterday"] = func(order string) style.Message {
			r := styled(who.claim)
			r.ID, r.SentAt = order, old
			m, err := s.dialect.Encode(r, s.signer)
			if err != nil {
				t.Error(err)
			}
			return m
		}
		for name, give := range variants {
			h.give = give
			made := c.create(who, bank)
			got := c.get(made)
			if got.GetState() != porukav1.Order_PENDING || got.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_CHECKED {
				t.Errorf("%s: %s: %v", bank, name, got)
			}
			if _, err := c.portal.CancelOrder(t.Context(), &porukav1.CancelOrderRequest{Id: orderID(made)}); err != nil {
				t.Errorf("%s: %s: cancelling: %v", bank, name, err)
			}
		}
		h.give = func(order string) style.Message { // what was refused was not refused for another reason
			claim := fresh(who.claim)
			claim.RequestId = order
			return s.write(claim)
		}
		if got := c.get(c.create(who, bank)); got.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Errorf("%s: the right data: %v", bank, got)
		}
	}
}

// named is a message with an id in headers.
func named(m style.Message, id string, headers []string) style.Message {
	out := style.Message{ContentType: m.ContentType, Header: style.Header{}, Body: bytes.Clone(m.Body)}
	for name, value := range m.Header {
		out.Header[name] = value
	}
	for _, name := range headers {
		out.Header[name] = id
		if strings.HasSuffix(name, "rquid") {
			out.Header[name] = strings.ReplaceAll(id, "-", "")
		}
	}
	return out
}
