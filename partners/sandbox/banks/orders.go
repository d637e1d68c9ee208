package banks

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// mostOrders is how many orders a bank remembers; whoever needs more should start it again.
const mostOrders = 100_000

// customers are what the bank knows of orders.
type customers struct {
	mutex  sync.Mutex
	orders map[string]answered
	last   *style.Message // data that were sent before
}

// answered is an order to which a customer has answered.
type answered struct {
	person  person.Raw
	at      time.Time // when the customer signed in and agreed
	refused bool
}

// Errors of the controls.
var (
	ErrOrder   = errors.New("banks: an order is named by a UUID")
	ErrUnknown = errors.New("banks: the bank has no customer with this SNILS")
	ErrFull    = errors.New("banks: the bank remembers too many orders; start it again")
)

// Agree lets a customer sign in now and agree to an order. Who agrees again changes what was said.
func (b *Bank) Agree(order string, customer person.Raw) error {
	return b.settle(order, answered{person: customer, at: b.cfg.Clock()})
}

// AgreeBySNILS lets the customer with this number agree: a magic person, or another whom the bank knows.
func (b *Bank) AgreeBySNILS(order, snils string) error {
	number, err := person.ParseSNILS(snils)
	if err != nil {
		return fmt.Errorf("banks: %w", err)
	}
	if p, ok := magic.Find(number); ok {
		return b.Agree(order, p.Claim)
	}
	if b.cfg.Customers != nil {
		if customer, ok := b.cfg.Customers(number); ok {
			return b.Agree(order, customer)
		}
	}
	return ErrUnknown
}

// Refuse lets a customer refuse an order.
func (b *Bank) Refuse(order string) error { return b.settle(order, answered{refused: true}) }

func (b *Bank) settle(order string, a answered) error {
	order = strings.ToLower(order)
	if id, err := uuid.Parse(order); err != nil || id.String() != order {
		return ErrOrder
	}
	b.customers.mutex.Lock()
	defer b.customers.mutex.Unlock()
	if b.customers.orders == nil {
		b.customers.orders = map[string]answered{}
	}
	if _, known := b.customers.orders[order]; !known && len(b.customers.orders) >= mostOrders {
		return ErrFull
	}
	b.customers.orders[order] = a
	return nil
}

// order gives the data of an order.
func (b *Bank) order(r *http.Request, fault Kind) reply {
	if !b.authorised(r) {
		return object(http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
	}
	order := strings.ToLower(r.PathValue("order"))
	b.customers.mutex.Lock()
	defer b.customers.mutex.Unlock()
	a, known := b.customers.orders[order]
	switch {
	case !known:
		return plain(http.StatusNotFound, "no customer has come with this order")
	case a.refused:
		return plain(http.StatusGone, "the customer has refused")
	case pulledInVain(a.person):
		return plain(http.StatusInternalServerError, "the data of this person are never to be had")
	}
	message, err := b.encode(order, a, fault)
	if err != nil {
		return plain(http.StatusInternalServerError, "the data cannot be written in the bank's dialect")
	}
	if fault == Duplicate && b.customers.last != nil {
		message = *b.customers.last
	}
	b.customers.last = &message
	return reply{status: http.StatusOK, header: message.Header, content: message.ContentType, body: message.Body}
}

// pulledInVain knows the person for whom this is the whole point.
func pulledInVain(raw person.Raw) bool {
	snils, err := person.ParseSNILS(raw.SNILS)
	if err != nil {
		return false
	}
	p, _ := magic.Find(snils)
	return p.Pulled
}

// encode writes the data of an order as the bank does.
func (b *Bank) encode(order string, a answered, fault Kind) (style.Message, error) {
	now, signer := b.cfg.Clock(), b.cfg.Signer
	if fault == Stale {
		a.at, now = a.at.AddDate(0, 0, -1), now.AddDate(0, 0, -1)
	}
	if fault == BadSignature {
		signer = forger{signer}
	}
	return b.cfg.Dialect.Encode(style.Request{
		ID: order, Person: a.person, AccountActive: true, PhoneBound: true, Means: "APP",
		AuthenticatedAt: a.at, ConsentGiven: true, ConsentAt: a.at, SentAt: now,
	}, signer)
}

// forger signs something else than it is given.
type forger struct{ signature.Signer }

// Sign signs.
func (f forger) Sign(message []byte) ([]byte, error) {
	return f.Signer.Sign(append([]byte("not "), message...))
}
