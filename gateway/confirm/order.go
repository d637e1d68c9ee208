package confirm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
)

// order is what a request answers that bears the id of an order. It never changes, but for its end.
type order struct {
	until   time.Time
	account ledger.AccountID
	cancel  ledger.EntryID // of its cancellation, if there is one
	counter ledger.AttemptKey
	id      ledger.OrderID
}

// orderOf finds the order whose id a request bears; nil when the id is the bank's own. The entry never changes, so that it may be read
// before the decision. The error is a fault.
func (s *Service) orderOf(ctx context.Context, bank ledger.PartnerID, r Request) (*order, error) {
	id, is := s.cfg.Ring.IsOrder(r.ID, bank)
	if !is {
		return nil, nil //nolint:nilnil // an ordinary request
	}
	e, err := s.cfg.Reader.Entry(ctx, s.cfg.Ring.OrderEntryID(id))
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, refusal.Ledger(err)
	}
	made, err := ledger.ParseOrder(e.Detail)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("confirm: order %v: %w", e.ID, err))
	}
	if made.ID != id || made.Bank != bank || e.Kind != ledger.KindOrder {
		return nil, nil //nolint:nilnil // the order of another
	}
	if r.DryRun {
		return nil, fault.InvalidFields(fault.Violation{Field: "dryRun", Reason: fault.FieldFormat, Text: "must be false for an order"})
	}
	return &order{
		id: id, until: made.Until, account: e.Account, cancel: s.cfg.Ring.OrderCancelID(id), counter: s.cfg.Ring.OrderCounter(e.Account),
	}, nil
}

func (o *order) keys() ledger.Keys {
	return ledger.Keys{Entries: []ledger.EntryID{o.cancel}, Attempts: []ledger.AttemptKey{o.counter}}
}

// admit refuses what comes too late.
func (o *order) admit(v *ledger.View, now time.Time) error {
	_, isCancelled := v.Entry(o.cancel)
	if isCancelled || !now.Before(o.until) {
		return fault.New(fault.Precondition, fault.OrderClosed)
	}
	return nil
}

// close lets the account have another order.
func (o *order) close(v *ledger.View, now time.Time) {
	counter := v.Attempts(o.counter)
	if counter.Open.ID != o.id {
		return
	}
	counter = counter.Recent(now)
	counter.Open = ledger.OpenOrder{}
	v.SetAttempts(o.counter, counter)
}
