package confirm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// Defaults of Config.
const (
	DefaultMaxRunning = 8192
	DefaultSettle     = group.DefaultTimeout
)

// Config is what a Service needs.
type Config struct {
	Committer  *group.Committer
	Reader     ledger.Reader
	Ring       *seal.Ring
	Clock      func() time.Time
	MaxRunning int           // requests under way on this gateway; more are refused with OVERLOADED. 0 means DefaultMaxRunning
	Settle     time.Duration // how long a transaction may outlive its caller, the Timeout of the committer. 0 means DefaultSettle
	Sandbox    bool          // persons of package magic are answered as they say; otherwise they are refused
}

func (c Config) withDefaults() (Config, error) {
	if c.Committer == nil || c.Reader == nil || c.Ring == nil || c.Clock == nil {
		return c, errors.New("confirm: committer, reader, ring and clock are required")
	}
	if c.MaxRunning < 0 || c.Settle < 0 {
		return c, errors.New("confirm: a limit is negative")
	}
	if c.MaxRunning == 0 {
		c.MaxRunning = DefaultMaxRunning
	}
	if c.Settle == 0 {
		c.Settle = DefaultSettle
	}
	return c, nil
}

// Service decides. Make one with New. It is safe for concurrent use.
type Service struct {
	cfg     Config
	dummy   ledger.Account // is compared with when there is no account
	running running
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	dummy, err := newDummy(cfg.Ring)
	if err != nil {
		return nil, fmt.Errorf("confirm: sealing the profile that stands in for unknown accounts: %w", err)
	}
	return &Service{cfg: cfg, dummy: dummy, running: running{most: cfg.MaxRunning, requests: map[ledger.EntryID]mark{}}}, nil
}

// Decision is the answer to a request.
type Decision struct {
	Entry    ledger.Entry
	Replayed bool         // it was read from the ledger: the request had been decided before
	Trace    person.Trace // of the request
}

// Confirm decides a request, or gives the stored decision when its id has been decided. Errors are faults:
//
//   - REQUEST_ID_REUSED: the id was used with another request;
//   - REQUEST_TOO_OLD, REQUEST_FROM_FUTURE: its times are off, see metadata server_time;
//   - ORDER_CLOSED: the id is that of an order, which has expired or was cancelled;
//   - ATTEMPTS_EXHAUSTED: too many failures of this person, RetryAfter is exact;
//   - OVERLOADED, SUBJECT_BUSY, LEDGER_UNAVAILABLE: nothing was decided;
//   - OUTCOME_UNKNOWN, DEADLINE, CANCELLED: it may have been decided; Find or a repeat with the same id settles it;
//   - INTERNAL: what is sealed cannot be read, or the bank's policy is not known.
func (s *Service) Confirm(ctx context.Context, caller Caller, r Request) (Decision, error) {
	policy, ok := match.ByID(caller.Partner.Policy)
	if !ok {
		return Decision{}, fault.Wrap(fault.Internal, fault.Defect, errUnknownPolicy)
	}
	policy.Minors = caller.Partner.Minors
	if err := r.check(); err != nil {
		return Decision{}, err
	}
	q := s.ask(caller, policy, r)
	if magic.Reserved(r.Person.SNILS) {
		if err := s.stage(q); err != nil {
			return Decision{}, err
		}
	}
	var err error
	if q.order, err = s.orderOf(ctx, caller.id(), r); err != nil {
		return Decision{}, err
	}
	if !s.running.enter(q.ids[0], q.now) {
		return Decision{}, fault.New(fault.Exhausted, fault.Overloaded).After(time.Second)
	}
	decision, err := group.Do(ctx, s.cfg.Committer, caller.lane(), q.keys(), q.decide)
	s.running.leave(q.ids[0], s.unsettledUntil(err), s.cfg.Clock())
	if err != nil {
		return Decision{}, refusal.Ledger(err)
	}
	decision.Trace = r.Trace
	return decision, nil
}

var errUnknownPolicy = errors.New("confirm: the roster names a matching policy that this gateway does not have")

// unsettledUntil is until when a transaction may still be under way after err; zero when it is not.
func (s *Service) unsettledUntil(err error) time.Time {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ledger.ErrOutcomeUnknown) {
		return s.cfg.Clock().Add(s.cfg.Settle)
	}
	return time.Time{}
}

// State says how far a request is.
type State uint8

// States of a request.
const (
	Unknown State = iota + 1 // the ledger holds no outcome; repeating with the same id is safe
	Running                  // this gateway is deciding it
	Decided
)

// Find tells what became of a partner's request; the entry is set when Decided. Errors are faults.
func (s *Service) Find(ctx context.Context, partner ledger.PartnerID, requestID string) (State, ledger.Entry, error) {
	ids := s.cfg.Ring.EntryIDs(partner, requestID)
	// Asked before the ledger is: what ends in between is then found there.
	underWay := s.running.has(ids[0], s.cfg.Clock())
	for _, id := range ids {
		e, err := s.cfg.Reader.Entry(ctx, id)
		if err == nil {
			return Decided, e, nil
		}
		if !errors.Is(err, ledger.ErrNotFound) {
			return 0, ledger.Entry{}, refusal.Ledger(err)
		}
	}
	if underWay {
		return Running, ledger.Entry{}, nil
	}
	return Unknown, ledger.Entry{}, nil
}

// Get reads an entry for a bank, which sees its own, or for ledger.PortalID, which sees all. The error is a fault:
// CONFIRMATION_NOT_FOUND when there is none or it is another's.
func (s *Service) Get(ctx context.Context, reader ledger.PartnerID, id ledger.EntryID) (ledger.Entry, error) {
	e, err := s.cfg.Reader.Entry(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || (err == nil && e.Partner != reader && reader != ledger.PortalID) {
		return ledger.Entry{}, fault.New(fault.NotFound, fault.ConfirmationNotFound)
	}
	if err != nil {
		return ledger.Entry{}, refusal.Ledger(err)
	}
	return e, nil
}
