package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
)

// Banks tells which banks may be asked.
type Banks interface {
	// Check gives the bank if it may call now. The error is a fault.
	Check(id partners.ID) (partners.Partner, error)
}

// Config is what a Service needs. All down to Clock is required.
type Config struct {
	Committer *group.Committer
	Reader    ledger.Reader
	Ring      *seal.Ring
	Directory partners.Directory
	Banks     Banks
	Confirm   *confirm.Service
	Clock     func() time.Time
	Puller    Puller // nil: banks are never asked, they call

	Decided func(bank, outcome string)                                // told of each new decision on what was pulled, for metrics; nil: nobody is
	Failed  func(ctx context.Context, bank partners.ID, reason error) // told why a pull brought nothing, for logs; nil: nobody is
}

func (c Config) withDefaults() (Config, error) {
	if c.Committer == nil || c.Reader == nil || c.Ring == nil || c.Directory == nil || c.Banks == nil || c.Confirm == nil || c.Clock == nil {
		return c, errors.New("order: committer, reader, ring, directory, banks, confirmations and clock are required")
	}
	if c.Decided == nil {
		c.Decided = func(string, string) {}
	}
	if c.Failed == nil {
		c.Failed = func(context.Context, partners.ID, error) {}
	}
	return c, nil
}

// Service keeps orders. Make one with New. It is safe for concurrent use.
type Service struct {
	cfg   Config
	pulls pulls
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, pulls: pulls{orders: map[ledger.OrderID]*pulled{}}}, nil
}

// nativeStyle is the style of the portal's entries: it speaks our own API.
const nativeStyle = confirm.Native

// lane is that of the portal's decisions.
const lane group.Lane = group.Lane(ledger.PortalID)

// now is the clock as the ledger keeps it.
func (s *Service) now() time.Time { return s.cfg.Clock().UTC().Truncate(time.Microsecond) }

// record is an order as the ledger has it.
type record struct {
	ledger.Order
	entry ledger.Entry
}

// recordOf reads an entry that must be an order. The error is a fault.
func recordOf(e ledger.Entry) (record, error) {
	made, err := ledger.ParseOrder(e.Detail)
	if err != nil {
		return record{}, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("order: entry %v: %w", e.ID, err))
	}
	return record{made, e}, nil
}

// find reads an order. The error is a fault: ORDER_NOT_FOUND when there is none of this id.
func (s *Service) find(ctx context.Context, id ledger.OrderID) (record, error) {
	e, err := s.cfg.Reader.Entry(ctx, s.cfg.Ring.OrderEntryID(id))
	if errors.Is(err, ledger.ErrNotFound) {
		return record{}, fault.New(fault.NotFound, fault.OrderNotFound)
	}
	if err != nil {
		return record{}, refusal.Ledger(err)
	}
	r, err := recordOf(e)
	if err == nil && r.ID != id {
		return record{}, fault.New(fault.NotFound, fault.OrderNotFound)
	}
	return r, err
}
