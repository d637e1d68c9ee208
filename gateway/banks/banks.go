package banks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
)

// Defaults of Config, and the most that MaxAge may be. Source of the latter: a suspension takes effect within 5 seconds.
const (
	DefaultEvery  = 2 * time.Second
	DefaultMaxAge = 5 * time.Second
)

// Config is what a Service needs.
type Config struct {
	Directory partners.Directory
	Suspender ledger.Suspender
	Every     time.Duration // between two readings of the suspensions; 0 means DefaultEvery
	MaxAge    time.Duration // of the reading that is believed; 0 means DefaultMaxAge, which is also the most
	Clock     func() time.Time
	Logger    *slog.Logger
}

// Validate fills in the defaults and says what is wrong.
func (c *Config) Validate() error {
	if c.Every == 0 {
		c.Every = DefaultEvery
	}
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	switch {
	case c.Directory == nil || c.Suspender == nil || c.Clock == nil || c.Logger == nil:
		return errors.New("banks: directory, suspender, clock and logger are required")
	case c.Every < 0 || c.MaxAge < 0 || c.MaxAge > DefaultMaxAge:
		return errors.New("banks: the suspensions must be at most 5 seconds old")
	case c.Every >= c.MaxAge:
		return errors.New("banks: the suspensions must be read more often than they grow old")
	}
	return nil
}

// reading is the suspensions as they were at a time. It is never changed.
type reading struct {
	at        time.Time // when the reading began
	suspended map[ledger.PartnerID]ledger.Suspension
}

// Service knows the banks. Make one with New, call Refresh once, and keep Run running.
type Service struct {
	cfg     Config
	current atomic.Pointer[reading]
	reads   sync.Mutex // one reading at a time, so that an older one never replaces a newer
}

// New makes a Service that lets nobody call until it has been refreshed.
func New(cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg}
	s.current.Store(&reading{})
	return s, nil
}

// Run keeps the suspensions fresh until ctx ends, and returns nil then.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.Every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := s.Refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			s.cfg.Logger.ErrorContext(ctx, "suspensions cannot be read; banks are refused once they are too old", "error", errors.Unwrap(err))
		}
		if err == nil && failing {
			s.cfg.Logger.InfoContext(ctx, "suspensions are read again")
		}
		failing = err != nil
	}
}

// Refresh reads the suspensions now. The error is a fault; then the older reading stays.
func (s *Service) Refresh(ctx context.Context) error {
	s.reads.Lock()
	defer s.reads.Unlock()
	limited, cancel := context.WithTimeout(ctx, s.cfg.MaxAge)
	defer cancel()
	at := s.cfg.Clock()
	list, err := s.cfg.Suspender.Suspensions(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil { // our own time is over, not the caller's
		err = fmt.Errorf("%w: no answer in %v", ledger.ErrUnavailable, s.cfg.MaxAge)
	}
	if err != nil {
		return refusal.Ledger(err)
	}
	s.current.Store(&reading{at: at, suspended: byPartner(list)})
	return nil
}

func byPartner(list []ledger.Suspension) map[ledger.PartnerID]ledger.Suspension {
	suspended := make(map[ledger.PartnerID]ledger.Suspension, len(list))
	for _, one := range list {
		suspended[one.Partner] = one
	}
	return suspended
}

// Check gives the bank if it may call now. The error is a fault: PARTNER_INACTIVE when it is unknown, outside its dates or
// suspended, LEDGER_UNAVAILABLE when the suspensions are not known well enough to tell.
func (s *Service) Check(id partners.ID) (partners.Partner, error) {
	now := s.cfg.Clock()
	p, known := s.cfg.Directory.Find(id)
	if !known || !p.ActiveOn(now) {
		return partners.Partner{}, fault.New(fault.Denied, fault.PartnerInactive)
	}
	latest := s.current.Load()
	if latest.at.IsZero() || now.Sub(latest.at) > s.cfg.MaxAge {
		return partners.Partner{}, fault.New(fault.Unavailable, fault.LedgerUnavailable).After(s.cfg.Every)
	}
	if _, suspended := latest.suspended[ledger.PartnerID(id)]; suspended {
		return partners.Partner{}, fault.New(fault.Denied, fault.PartnerInactive)
	}
	return p, nil
}

// Suspended tells how many banks are suspended, by the latest reading, for a gauge.
func (s *Service) Suspended() int { return len(s.current.Load().suspended) }

// Age tells how old the reading of the suspensions is, for a gauge; false before the first.
func (s *Service) Age() (time.Duration, bool) {
	latest := s.current.Load()
	return s.cfg.Clock().Sub(latest.at), !latest.at.IsZero()
}
