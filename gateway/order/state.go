package order

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
)

// State is how far an order is. The numbers are those of poruka.v1.
type State uint8

// States of an order.
const (
	Pending State = iota + 1
	Decided
	Expired
	Cancelled
)

// Progress is what a pending order waits for. The numbers are those of poruka.v1.
type Progress uint8

// Hints at the progress of an order.
const (
	ProgressNone Progress = iota // not told: the bank has not been asked
	WaitingForCustomer
	WaitingForBank
)

// Life is how long an order lives: at this age it is expired. Source: orders, 300 s.
const Life = 300 * time.Second

// How often to ask for a pending order: as often as somebody who waits at the screen wants to know, and less often later.
const (
	pollFirst  = 2 * time.Second
	pollLater  = 5 * time.Second
	pollGrowth = time.Minute // after which it is pollLater
)

// settle is for how long after its end an order may still turn out to be decided: a confirmation that began in time may be under way
// on another gateway, whose clock may be a little off.
const settle = confirm.DefaultSettle

// Order is an order as it is now.
type Order struct {
	ID        ledger.OrderID
	Account   ledger.AccountID
	Bank      partners.ID
	State     State
	Progress  Progress // of a pending order
	Link      string   // where the customer goes; empty when the bank has no such address
	Code      string   // what the customer types instead
	CreatedAt time.Time
	ExpiresAt time.Time
	// PollAfter is when to ask again, in whole seconds; 0 when nothing will change any more. An expired order may have one for a few
	// seconds: until what began in time is settled.
	PollAfter time.Duration
	// Confirmation is the outcome of a decided order; zero otherwise.
	Confirmation ledger.Entry
	// NotChecked is that the bank of a pending order could not be asked; RetryAfter is then when it may be, 0 when that is not known.
	NotChecked bool
	RetryAfter time.Duration
}

// orderOf gives an order that is pending as far as its record tells.
func (s *Service) orderOf(r record) Order {
	o := Order{
		ID: r.ID, Account: r.entry.Account, Bank: partners.ID(r.Bank), State: Pending, Code: s.cfg.Ring.OrderCode(r.ID, r.Bank),
		CreatedAt: r.entry.DecidedAt, ExpiresAt: r.Until,
	}
	if bank, ok := s.cfg.Directory.Find(o.Bank); ok {
		o.Link = link(bank.Endpoint.Link, r.ID, o.Code)
	}
	return o
}

// link fills in the address that the roster gives.
func link(pattern string, id ledger.OrderID, code string) string {
	return strings.NewReplacer("{order}", url.QueryEscape(id.String()), "{code}", url.QueryEscape(code)).Replace(pattern)
}

// state tells how far an order is, by the ledger and the clock. The error is a fault.
func (s *Service) state(ctx context.Context, r record) (Order, error) {
	o := s.orderOf(r)
	found, decision, err := s.cfg.Confirm.Find(ctx, r.Bank, r.ID.String())
	if err != nil {
		return Order{}, err
	}
	if found == confirm.Decided {
		o.State, o.Confirmation = Decided, decision
		return o, nil
	}
	_, err = s.cfg.Reader.Entry(ctx, s.cfg.Ring.OrderCancelID(r.ID))
	if err == nil {
		o.State = Cancelled
		return o, nil
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return Order{}, refusal.Ledger(err)
	}
	return timed(o, s.now(), found == confirm.Running), nil
}

// timed tells what time makes of an order that nobody has ended.
func timed(o Order, now time.Time, isRunning bool) Order {
	left := o.ExpiresAt.Sub(now)
	switch {
	case left > 0:
		age := min(max(Life-left, 0), pollGrowth)
		later := pollFirst + age/(pollGrowth/(pollLater-pollFirst))
		o.PollAfter = min(later.Round(time.Second), whole(left))
	case isRunning: // here, and begun in time
		o.PollAfter = pollFirst
	default:
		o.State = Expired
		if left > -settle {
			o.PollAfter = pollFirst
		}
	}
	return o
}

// whole rounds up to whole seconds: who asks then finds that the time is over.
func whole(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
