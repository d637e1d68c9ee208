package ledger

import (
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

// OrderID names an order: that the portal asked a bank to confirm the owner of an account. It is the request id of the bank's
// confirmation and no id of an entry; package seal derives it. Its text form is a UUID of version 8.
type OrderID uuid.UUID

// String gives the canonical text form, lower case with hyphens.
func (id OrderID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id names nothing.
func (id OrderID) IsZero() bool { return id == OrderID{} }

// ParseOrderID reads the canonical text form of a UUID.
func ParseOrderID(text string) (OrderID, error) {
	id, err := uuid.Parse(text)
	return OrderID(id), err
}

// Order is what the Detail of an entry of KindOrder says. The entry has the rest: who asked, about which account, and when.
type Order struct {
	ID    OrderID
	Bank  PartnerID
	Until time.Time // when it expires, UTC, whole microseconds
}

// Names of what stands in the detail of an order and of its cancellation.
const (
	detailOrder = "order="
	detailBank  = "bank="
	detailUntil = "until="
)

const detailMoment = "2006-01-02T15:04:05.000000Z"

var errOrder = errors.New("ledger: the detail of an order is malformed")

// Detail gives the form in which an entry of KindOrder has it.
func (o Order) Detail() string {
	return detailOrder + o.ID.String() + " " + detailBank + string(o.Bank) + " " + detailUntil + o.Until.UTC().Format(detailMoment)
}

// CancelDetail gives the form in which an entry of KindOrderCancel names the order.
func (o Order) CancelDetail() string { return detailOrder + o.ID.String() }

// ParseOrder reads the Detail of an entry of KindOrder.
func ParseOrder(detail string) (o Order, err error) {
	words := strings.Split(detail, " ")
	if len(words) != 3 {
		return Order{}, errOrder
	}
	id, hasID := strings.CutPrefix(words[0], detailOrder)
	bank, hasBank := strings.CutPrefix(words[1], detailBank)
	until, hasUntil := strings.CutPrefix(words[2], detailUntil)
	if !hasID || !hasBank || !hasUntil || bank == "" {
		return Order{}, errOrder
	}
	if o.ID, err = ParseOrderID(id); err != nil {
		return Order{}, errOrder
	}
	if o.Until, err = time.Parse(detailMoment, until); err != nil {
		return Order{}, errOrder
	}
	o.Bank = PartnerID(bank)
	if o.Detail() != detail {
		return Order{}, errOrder
	}
	return o, nil
}
