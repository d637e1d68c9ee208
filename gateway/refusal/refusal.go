// Package refusal turns the failures of the rooms below into faults: errors of the ledger, and fields of a person at fault.
//
// Promise: one table for every use case, so that the same failure is the same answer everywhere. What cannot be judged
// is refused, never answered; the text of an engine stays hidden as the cause.
//
// Limits: it knows no transport and no use case.
package refusal

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
)

// Advice to callers on how long to wait before they repeat.
const (
	retryUnavailable = time.Second
	retryBusy        = 200 * time.Millisecond
)

// Ledger gives the fault for an error of a ledger or of a grouped commit. A fault stays as it is, and nil stays nil.
//
// A context error is taken for the caller's own: rooms that work under a deadline of their own name its end
// ledger.ErrUnavailable. ledger.ErrNotFound is for the use case to judge; here it is a defect.
func Ledger(err error) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, ledger.ErrOutcomeUnknown):
		return fault.Wrap(fault.Unavailable, fault.OutcomeUnknown, err).After(retryUnavailable)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Deadline, fault.DeadlineOver, err)
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Cancelled, fault.CallerGaveUp, err)
	case errors.Is(err, ledger.ErrUnavailable):
		return fault.Wrap(fault.Unavailable, fault.LedgerUnavailable, err).After(retryUnavailable)
	case errors.Is(err, ledger.ErrConflict):
		return fault.Wrap(fault.Aborted, fault.SubjectBusy, err).After(retryBusy)
	case errors.Is(err, ledger.ErrOverloaded):
		return fault.Wrap(fault.Exhausted, fault.Overloaded, err).After(retryUnavailable)
	case errors.Is(err, ledger.ErrCursor):
		return fault.Wrap(fault.Invalid, fault.PageTokenInvalid, err)
	default:
		return fault.Wrap(fault.Internal, fault.Defect, err)
	}
}
