package order

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

const (
	pullEvery   = 2 * time.Second  // at most, for one order
	longestPull = 10 * time.Second // whatever the roster says
	// answerTime is what is kept back of the caller's time when a bank is asked: for the decision and the answer.
	answerTime = time.Second
)

// Get tells how far an order is. When it is pending, and the bank has an address for it, the bank is asked; what it cannot tell leaves
// the order pending. Errors are faults: ORDER_NOT_FOUND, and those of the ledger, after which repeating is safe.
func (s *Service) Get(ctx context.Context, id ledger.OrderID) (Order, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return Order{}, err
	}
	o, err := s.state(ctx, r)
	if err != nil {
		return Order{}, err
	}
	if o.State != Pending {
		s.pulls.forget(id)
		return o, nil
	}
	bank, isPulled := s.pulledFrom(o.Bank)
	if !isPulled {
		return o, nil
	}
	if wasAsked, err := s.ask(ctx, r, bank); err != nil {
		return Order{}, err
	} else if wasAsked {
		if o, err = s.state(ctx, r); err != nil || o.State != Pending {
			return o, err
		}
	}
	return s.pulls.told(o, s.now()), nil
}

// pulledFrom gives the bank of an order if it is one that may be asked.
func (s *Service) pulledFrom(id partners.ID) (partners.Partner, bool) {
	if s.cfg.Puller == nil {
		return partners.Partner{}, false
	}
	bank, err := s.cfg.Banks.Check(id)
	return bank, err == nil && !bank.Endpoint.IsZero() && bank.Endpoint.OrdersPath != ""
}

// ask asks the bank unless it is being asked or was just now; false when it did not. What comes of it is remembered. The error is a
// fault: then the ledger, not the bank, is in the way, or the caller has gone.
func (s *Service) ask(ctx context.Context, r record, bank partners.Partner) (wasAsked bool, err error) {
	limited, cancel := context.WithTimeout(ctx, longestPull)
	defer cancel()
	if end, ok := ctx.Deadline(); ok {
		limited, cancel = context.WithDeadline(limited, end.Add(-answerTime))
		defer cancel()
	}
	if limited.Err() != nil || !s.pulls.begin(r, s.now()) {
		return false, nil // too little time is left to ask: what is known is told
	}
	result := pulled{}
	defer func() { s.pulls.end(r.ID, result) }()
	asked, err := s.cfg.Puller.Pull(limited, bank, r.ID.String())
	if ctx.Err() != nil {
		return true, refusal.Ledger(ctx.Err())
	}
	switch {
	case errors.Is(err, ErrWaiting):
		result.progress = WaitingForCustomer
		return true, nil
	case errors.Is(err, ErrRefused):
		return true, s.refuse(ctx, r, bank)
	case err == nil:
		err = s.confirm(ctx, r, bank, asked)
	}
	if isOurs(err) {
		return true, err
	}
	if err != nil {
		result = failed(err, s.now())
		s.cfg.Failed(ctx, bank.ID, err)
	}
	return true, nil
}

// isOurs reports whether it is not for the bank that a decision failed. Then the portal shall ask again.
func isOurs(err error) bool {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return false
	}
	switch f.Reason { // all others are about what the bank has sent
	case fault.LedgerUnavailable, fault.OutcomeUnknown, fault.SubjectBusy, fault.Overloaded, fault.DeadlineOver, fault.CallerGaveUp:
		return true
	default:
		return false
	}
}

// failed is what is remembered of a bank that could not be asked, or told nothing that could be decided.
func failed(err error, now time.Time) pulled {
	result := pulled{progress: WaitingForBank}
	var away *Unreachable
	var f *fault.Fault
	switch {
	case errors.As(err, &away) && away.RetryAfter > 0:
		result.free = now.Add(away.RetryAfter)
	case errors.As(err, &f) && f.RetryAfter > 0:
		result.free = now.Add(f.RetryAfter)
	}
	return result
}

var errOtherOrder = errors.New("order: the bank has sent the data of another order")

// confirm has the bank's data decided as if the bank had called. The error is a fault, or errOtherOrder.
func (s *Service) confirm(ctx context.Context, r record, bank partners.Partner, in style.Request) error {
	if id, err := ledger.ParseOrderID(in.ID); err != nil || id != r.ID {
		return errOtherOrder
	}
	claimed, trace, err := s.cfg.Confirm.Parse(in.Person, bank)
	if err != nil {
		return err
	}
	decision, err := s.cfg.Confirm.Confirm(ctx, confirm.Caller{Partner: bank, Style: bank.Style}, requestOf(in, r.ID, claimed, trace))
	if err != nil {
		var f *fault.Fault
		if errors.As(err, &f) && (f.Reason == fault.OrderClosed || f.Reason == fault.RequestIDReused) {
			return nil // it has ended meanwhile, as the ledger tells
		}
		return err
	}
	if e := decision.Entry; !decision.Replayed {
		s.cfg.Decided(string(e.Partner), e.Outcome.String())
	}
	return nil
}

func requestOf(in style.Request, id ledger.OrderID, claimed person.Person, trace person.Trace) confirm.Request {
	return confirm.Request{
		ID: id.String(), Person: claimed, Trace: trace,
		BankAccount:    confirm.BankAccount{Active: in.AccountActive, PhoneBound: in.PhoneBound},
		Authentication: confirm.Authentication{Means: meansOf(in.Means), At: in.AuthenticatedAt},
		Consent:        confirm.Consent{Given: in.ConsentGiven, At: in.ConsentAt},
		DryRun:         in.DryRun, SentAt: in.SentAt,
	}
}

// meansOf is the inverse of ledger.Authentication.String; none for a name that there is not.
func meansOf(name string) ledger.Authentication {
	for means := ledger.AuthenticatedBySMS; means <= ledger.AuthenticatedInBranch; means++ {
		if means.String() == name {
			return means
		}
	}
	return ledger.AuthenticationNone
}
