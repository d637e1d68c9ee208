package order

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// Puller asks a bank for the data of an order.
type Puller interface {
	// Pull asks once. order is the order's id, a UUID with hyphens, and must be the id of the request that comes back. Errors:
	// ErrWaiting, ErrRefused; any other is that the bank could not be asked, for a while that an Unreachable among them tells.
	Pull(ctx context.Context, bank partners.Partner, order string) (style.Request, error)
}

// What a bank may say instead of the data.
var (
	ErrWaiting = errors.New("order: the customer has not agreed yet")
	ErrRefused = errors.New("order: the customer has refused")
)

// Unreachable is that a bank could not be asked.
type Unreachable struct {
	RetryAfter time.Duration // when it may be asked again; 0: not known
	Cause      error         // for logs
}

// Error tells that and no more.
func (*Unreachable) Error() string { return "order: the bank could not be asked" }

// Unwrap gives the cause.
func (u *Unreachable) Unwrap() error { return u.Cause }
