package tlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
)

// Defaults of SealerConfig.
const (
	DefaultSealEvery    = 5 * time.Second
	DefaultSealPatience = 10 * time.Minute
)

// sealLane keeps seals from waiting behind any bank's decisions.
const sealLane group.Lane = "seal"

// ErrConflictingSeal says that another seal than ours is stored for the same entries. One of the two gateways has read something
// that was not there. The stored one stays.
var ErrConflictingSeal = errors.New("tlog: another seal of the same entries is stored")

// Sealing is what became of one round of seals, for metrics.
type Sealing struct {
	Hour     time.Time     // that is sealed, as all before it; zero when it did not come to that
	Seals    int           // stored by this gateway: one for each partner; 0 when it found that another was faster
	Entries  int64         // counted by them
	Delay    time.Duration // from when the hour was due to now
	Duration time.Duration
	Err      error
}

// SealIDs names the seals of a partner for an hour: that of a new one first, and those that it may have from before a rotation of
// keys. A ring gives them: see SealIDsOf.
type SealIDs func(partner ledger.PartnerID, hour time.Time) []ledger.EntryID

// SealerConfig is what a Sealer needs. Zero durations and limits mean the defaults.
type SealerConfig struct {
	Committer *group.Committer // seals get Link and Mark as all entries do
	Reader    ledger.Reader
	Reporter  ledger.Reporter
	Log       ledger.Log
	IDs       SealIDs
	Partners  func() []ledger.PartnerID // on the roster now
	Clock     func() time.Time
	Logger    *slog.Logger
	Observe   func(Sealing) // optional; must not block

	Every    time.Duration // between looks at the clock
	Patience time.Duration // how long a round is put off while entries of its hour wait to get into the log
	Timeout  time.Duration // of one question to the ledger, or one round stored
	Limit    int           // entries read at once
}

func (c SealerConfig) withDefaults() (SealerConfig, error) {
	if c.Committer == nil || c.Reader == nil || c.Reporter == nil || c.Log == nil || c.Logger == nil {
		return c, errors.New("tlog: a sealer needs a committer, a reader, a reporter, a log and a logger")
	}
	if c.IDs == nil || c.Partners == nil || c.Clock == nil {
		return c, errors.New("tlog: a sealer needs ids, partners and a clock")
	}
	if min(int64(c.Limit), int64(c.Every), int64(c.Patience), int64(c.Timeout)) < 0 {
		return c, errors.New("tlog: a limit is negative")
	}
	c.Limit = orElse(c.Limit, DefaultLimit)
	c.Every, c.Patience = orElse(c.Every, DefaultSealEvery), orElse(c.Patience, DefaultSealPatience)
	c.Timeout = orElse(c.Timeout, DefaultTimeout)
	if c.Observe == nil {
		c.Observe = func(Sealing) {}
	}
	return c, nil
}

// Sealer seals each hour a minute after its end: one entry for each partner, which counts the partner's entries by hours and has
// the root over their records. Any number of them may run: who is first has sealed, and the others go on from there. What is
// missed while none runs is made up for, hour by hour. Make one with NewSealer.
type Sealer struct {
	cfg SealerConfig

	// Below belongs to Run.
	last    *round // stored last; nil when it must be found anew
	begin   time.Time
	at      spot // known to stand at or before the end of last, when anything is known
	trouble trouble
}

// trouble is what was said of the last look, so that it is said once.
type trouble int

const (
	noTrouble trouble = iota
	failing           // it may go away by itself
	alarming
)

// NewSealer checks cfg.
func NewSealer(cfg SealerConfig) (*Sealer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Sealer{cfg: cfg}, nil
}

// Run seals until ctx ends, and then returns nil.
func (s *Sealer) Run(ctx context.Context) error {
	for {
		s.tell(ctx, s.Seal(ctx))
		timer := time.NewTimer(s.cfg.Every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// Seal seals every hour that is due and is not sealed. Run calls it; tests and commands may. Errors are ErrConflictingSeal,
// ErrBroken, ErrAltered, and those of the ledger; the next call tries again.
func (s *Sealer) Seal(ctx context.Context) error {
	for ctx.Err() == nil {
		isMore, err := s.turn(ctx)
		if err != nil {
			s.last, s.at = nil, spot{} // somebody else may have sealed, or the ledger was tampered with: believe nothing
		}
		if errors.Is(err, errUnsettled) {
			return nil // wait for it
		}
		if err != nil || !isMore {
			return err
		}
	}
	return nil
}

// turn seals what is due. isMore: another was faster; look again.
func (s *Sealer) turn(ctx context.Context) (isMore bool, err error) {
	now := s.cfg.Clock()
	if s.last != nil && now.Before(dueAt(s.last.hour.Add(time.Hour))) {
		return false, nil
	}
	head, err := ask(ctx, s, s.cfg.Log.LogHead)
	if err != nil || head.Size == 0 {
		return false, err
	}
	if err := s.catchUp(ctx, now); err != nil {
		return false, err
	}
	d := s.last.next()
	if now.Before(dueAt(d.hour)) {
		return false, nil
	}
	if isLagging, err := s.isLagging(ctx, head, d.hour, now); isLagging || err != nil {
		return false, err
	}
	if s.at, err = s.spotBefore(ctx, d); err != nil {
		return false, err
	}
	isMore, err = s.pass(ctx, d, head.Size, now)
	if isMore {
		s.last = nil
	}
	return isMore, err
}

// isLagging reports whether entries of the hour still wait to get into the log, so that it is worth while to put the round off. They
// would not be lost otherwise, only late.
func (s *Sealer) isLagging(ctx context.Context, head ledger.LogHead, hour, now time.Time) (bool, error) {
	if now.Sub(dueAt(hour)) >= s.cfg.Patience {
		return false, nil
	}
	waiting, _, err := s.unlogged(ctx, head.After, 1)
	return len(waiting) > 0 && waiting[0].DecidedAt.Before(hour.Add(time.Hour)), err
}

// ask puts a question to the ledger, for no longer than Timeout.
func ask[T any](ctx context.Context, s *Sealer, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	return question(ctx)
}

// tell reports failures: once when they begin or become worse, and when they end.
func (s *Sealer) tell(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	now := troubleOf(err)
	switch {
	case now == alarming && s.trouble < alarming:
		s.cfg.Logger.ErrorContext(ctx, "the hours cannot be sealed: the ledger is not what the log says", "error", err)
	case now == failing && s.trouble == noTrouble:
		s.cfg.Logger.WarnContext(ctx, "the hours are not sealed", "error", err)
	case now == noTrouble && s.trouble != noTrouble:
		s.cfg.Logger.InfoContext(ctx, "the hours can be sealed again")
	}
	if s.trouble = now; now != noTrouble {
		s.cfg.Observe(Sealing{Err: err})
	}
}

func troubleOf(err error) trouble {
	switch {
	case err == nil:
		return noTrouble
	case errors.Is(err, ErrBroken) || errors.Is(err, ErrAltered) || errors.Is(err, ErrConflictingSeal):
		return alarming
	default:
		return failing
	}
}

// errUnsettled: the seals of the hour before are not in the log yet, so that who reads them may not see all.
var errUnsettled = fmt.Errorf("%w: the seals of the hour before", ErrNotYet)
