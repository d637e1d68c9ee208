package bank

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/poruka/poruka/partners"
)

// What a bank may say of an order instead of its data.
var (
	ErrWaiting = errors.New("bank: the customer has not agreed yet")
	ErrRefused = errors.New("bank: the customer has refused")
)

var (
	errToken  = errors.New("what the bank sent is no token")
	errStatus = errors.New("a status that means nothing here")
)

// PullOrder asks a bank for the data of an order, with the token that the bank's dialect wants. The reply is in that dialect. Errors:
// ErrWaiting, ErrRefused, and *Error. All of it takes at most twice the endpoint's timeout.
func (c *Clients) PullOrder(ctx context.Context, p partners.Partner, order string) (Reply, error) {
	one, err := c.enter(p.ID)
	if err != nil {
		c.cfg.Observe(p.ID, outcome(err), 0)
		return Reply{}, err
	}
	defer c.underway.Done()
	if p.Endpoint.OrdersPath == "" {
		return Reply{}, &Error{Cause: NoEndpoint}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*one.endpoint.Timeout)
	defer cancel()
	reply, err := one.pull(ctx, p.Style, Call{
		Method: http.MethodGet, Path: p.Endpoint.OrdersPath + "/" + url.PathEscape(order), Idempotent: true,
	})
	if err != nil {
		return Reply{}, err
	}
	return pulled(reply)
}

// pull asks with a token, if the dialect wants one, and with a new one if the bank does not take the first. An answer that was lost is
// asked for again with the same token.
func (c *client) pull(ctx context.Context, dialect string, call Call) (Reply, error) {
	rule, wanted := tokenRules[dialect]
	if !wanted {
		return c.do(ctx, call)
	}
	value, reply, err := c.pullOnce(ctx, rule, call)
	if err != nil || reply.Status != http.StatusUnauthorized {
		return reply, err
	}
	c.forget(value)
	value, reply, err = c.pullOnce(ctx, rule, call)
	if err == nil && reply.Status == http.StatusUnauthorized {
		c.forget(value)
	}
	return reply, err
}

func (c *client) pullOnce(ctx context.Context, rule tokenRule, call Call) (value string, reply Reply, err error) {
	value, err = c.token(ctx, rule)
	if err != nil {
		return "", Reply{}, err
	}
	call.Header = map[string]string{"authorization": "Bearer " + value}
	reply, err = c.do(ctx, call)
	return value, reply, err
}

// pulled reads what the status means.
func pulled(reply Reply) (Reply, error) {
	switch status := reply.Status; {
	case status == http.StatusOK:
		return reply, nil
	case status == http.StatusAccepted || status == http.StatusNotFound:
		return Reply{}, ErrWaiting
	case status == http.StatusGone:
		return Reply{}, ErrRefused
	case status >= http.StatusBadRequest:
		return Reply{}, &Error{Cause: Denied, RetryAfter: retryAfter(reply.Header)}
	default:
		return Reply{}, &Error{Cause: Malformed, err: errStatus}
	}
}
