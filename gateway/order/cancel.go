package order

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/partners"
)

// cancelPurpose names digests of cancellations.
const cancelPurpose = "order cancellation"

// Cancel takes an open order back. Repeating it, or cancelling an expired order, gives the order as it is. Errors are faults:
// ORDER_NOT_FOUND, ORDER_CLOSED when it is decided, and those of the ledger, after which repeating is safe. serial is the serial
// number of the portal's client certificate, hexadecimal.
func (s *Service) Cancel(ctx context.Context, id ledger.OrderID, serial string) (Order, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return Order{}, err
	}
	if err := s.end(ctx, r, ledger.Entry{Partner: ledger.PortalID, Style: nativeStyle, Serial: serial}); err != nil {
		return Order{}, err
	}
	return s.state(ctx, r)
}

// refuse ends an order whose customer has refused in the bank: the cancellation is the bank's. A decided order stays as it is.
func (s *Service) refuse(ctx context.Context, r record, bank partners.Partner) error {
	err := s.end(ctx, r, ledger.Entry{Partner: r.Bank, Style: bank.Style})
	var f *fault.Fault
	if errors.As(err, &f) && f.Reason == fault.OrderClosed {
		return nil
	}
	return err
}

// end cancels an order that is open; by says who does. A confirmation names the same keys, so that one of the two comes first.
// The error is a fault.
func (s *Service) end(ctx context.Context, r record, by ledger.Entry) error {
	q := ending{
		record: r, now: s.now(), counter: s.cfg.Ring.OrderCounter(r.entry.Account),
		decisions: s.cfg.Ring.EntryIDs(r.Bank, r.ID.String()), cancellation: by,
	}
	q.cancellation.ID, q.cancellation.Kind, q.cancellation.Account = s.cfg.Ring.OrderCancelID(r.ID), ledger.KindOrderCancel, r.entry.Account
	q.cancellation.Digest = s.cfg.Ring.Digest(cancelPurpose, r.ID[:])
	q.cancellation.DecidedAt, q.cancellation.Encoding, q.cancellation.Detail = q.now, ledger.EncodingVersion, r.CancelDetail()
	keys := ledger.Keys{Attempts: []ledger.AttemptKey{q.counter}}
	keys.Entries = append(append(keys.Entries, q.cancellation.ID), q.decisions...)
	_, err := group.Do(ctx, s.cfg.Committer, lane, keys, q.decide)
	return refusal.Ledger(err)
}

// ending is an order on its way to its end. It does not change.
type ending struct {
	record
	now          time.Time
	counter      ledger.AttemptKey
	decisions    []ledger.EntryID // where a confirmation may be
	cancellation ledger.Entry
}

func (q ending) decide(v *ledger.View) (struct{}, error) {
	for _, id := range q.decisions {
		if _, isDecided := v.Entry(id); isDecided {
			return struct{}{}, fault.New(fault.Precondition, fault.OrderClosed)
		}
	}
	if _, isCancelled := v.Entry(q.cancellation.ID); isCancelled || !q.now.Before(q.Until) {
		return struct{}{}, nil
	}
	v.AddEntry(q.cancellation)
	if counter := v.Attempts(q.counter).Recent(q.now); counter.Open.ID == q.ID {
		counter.Open = ledger.OpenOrder{}
		v.SetAttempts(q.counter, counter)
	}
	return struct{}{}, nil
}
