package banks

import (
	"context"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
)

// State says whether a bank may call.
type State uint8

// States of a bank. A suspended bank is Suspended whatever its dates.
const (
	Active State = iota + 1
	Suspended
	OutsideDates
)

// Bank is a bank of the roster with its state.
type Bank struct {
	partners.Partner
	State     State
	SuspendAt time.Time // set when Suspended
	Note      string    // the operator's words; set when Suspended
}

// List gives the roster, ordered by id, with the state of each bank as it is in the ledger.
func (s *Service) List(ctx context.Context) ([]Bank, error) {
	list, err := s.cfg.Suspender.Suspensions(ctx)
	if err != nil {
		return nil, refusal.Ledger(err)
	}
	suspended, now := byPartner(list), s.cfg.Clock()
	roster := s.cfg.Directory.All()
	banks := make([]Bank, 0, len(roster))
	for _, p := range roster {
		banks = append(banks, bankOf(p, suspended, now))
	}
	return banks, nil
}

// Suspend stops a bank; by is the identity of the operator. Suspending it again replaces the note. Faults:
// PARTNER_NOT_FOUND when the roster does not hold it, and those of the ledger, after which repeating does no harm.
func (s *Service) Suspend(ctx context.Context, id partners.ID, by, note string) (Bank, error) {
	return s.change(ctx, id, func(at time.Time) error {
		return s.cfg.Suspender.Suspend(ctx, ledger.Suspension{Partner: ledger.PartnerID(id), At: at, By: by, Note: note})
	})
}

// Resume lets a bank call again; without a suspension it changes nothing. Faults as of Suspend.
func (s *Service) Resume(ctx context.Context, id partners.ID) (Bank, error) {
	return s.change(ctx, id, func(time.Time) error { return s.cfg.Suspender.Resume(ctx, ledger.PartnerID(id)) })
}

// change stores a change and then reads all back, so that on this gateway it holds when the operator has the answer.
func (s *Service) change(ctx context.Context, id partners.ID, store func(at time.Time) error) (Bank, error) {
	p, known := s.cfg.Directory.Find(id)
	if !known {
		return Bank{}, fault.New(fault.NotFound, fault.PartnerNotFound)
	}
	now := s.cfg.Clock().UTC().Truncate(time.Microsecond)
	if err := store(now); err != nil {
		return Bank{}, refusal.Ledger(err)
	}
	if err := s.Refresh(ctx); err != nil {
		return Bank{}, err
	}
	return bankOf(p, s.current.Load().suspended, now), nil
}

func bankOf(p partners.Partner, suspended map[ledger.PartnerID]ledger.Suspension, now time.Time) Bank {
	if word, ok := suspended[ledger.PartnerID(p.ID)]; ok {
		return Bank{Partner: p, State: Suspended, SuspendAt: word.At, Note: word.Note}
	}
	if !p.ActiveOn(now) {
		return Bank{Partner: p, State: OutsideDates}
	}
	return Bank{Partner: p, State: Active}
}
