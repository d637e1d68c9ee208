package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/style"
)

// pull asks the banks for the data of orders, each in its own dialect.
type pull struct {
	clients  *bank.Clients
	dialects style.Set
	clock    func() time.Time
}

// Errors of a bank that answers what it may not.
var (
	errNoDialect = errors.New("the bank has no dialect to read its answer by")
	errOther     = errors.New("the bank answered with the data of another request")
)

// Pull is an order.Puller.
func (p pull) Pull(ctx context.Context, b partners.Partner, id string) (style.Request, error) {
	dialect, known := p.dialects.Find(b.Style)
	if !known {
		return style.Request{}, &order.Unreachable{Cause: errNoDialect}
	}
	reply, err := p.clients.PullOrder(ctx, b, id)
	if err != nil {
		return style.Request{}, pullError(err)
	}
	message := style.Message{ContentType: reply.Header["content-type"], Header: style.Header{}, Body: reply.Body}
	// Who signs the data need not be who answers here: the order's id must stand where the signature covers it, or else data signed for
	// something else would do for this order.
	unsigned := style.UnsignedIDs(dialect)
	for _, name := range dialect.Headers() {
		if value, ok := reply.Header[name]; ok && !slices.Contains(unsigned, name) {
			message.Header[name] = value
		}
	}
	request, err := dialect.Decode(message, b.Keys, p.clock())
	if err != nil { // names fields and steps, and holds nothing of the body
		return style.Request{}, &order.Unreachable{Cause: err}
	}
	if request.ID != id {
		return style.Request{}, &order.Unreachable{Cause: errOther}
	}
	return request, nil
}

// detail is an error with what is behind it. None of these errors holds anything of an answer.
func detail(err error) string {
	text := err.Error()
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		if !strings.Contains(text, inner.Error()) {
			text += ": " + inner.Error()
		}
	}
	return text
}

func pullError(err error) error {
	switch {
	case errors.Is(err, bank.ErrWaiting):
		return order.ErrWaiting
	case errors.Is(err, bank.ErrRefused):
		return order.ErrRefused
	}
	unreachable := &order.Unreachable{Cause: err}
	if failed := (*bank.Error)(nil); errors.As(err, &failed) {
		unreachable.RetryAfter = failed.RetryAfter
	}
	return unreachable
}
