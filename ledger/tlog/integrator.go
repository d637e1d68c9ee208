package tlog

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Defaults of IntegratorConfig.
const (
	DefaultLimit    = 2000
	DefaultEvery    = 200 * time.Millisecond
	DefaultIdle     = time.Second
	DefaultTakeover = 3 * time.Second
	DefaultPatience = 10 * time.Second
	DefaultTimeout  = 10 * time.Second
)

// mostDoublings bounds how many entries are read for the end of the groups that began in them.
const mostDoublings = 5

// Advance is what became of one try to advance the log, for metrics.
type Advance struct {
	Entries  int           // that came into the log
	Size     int64         // of the log, as far as is known
	Delay    time.Duration // from the decision of the first of the entries to now
	Duration time.Duration
	Err      error // ledger.ErrConflict when another was faster
	Halted   bool  // nothing comes into the log any more
}

// IntegratorConfig is what an Integrator needs. Zero durations and limits mean the defaults.
type IntegratorConfig struct {
	Log     ledger.Log
	Marks   Marks
	Clock   func() time.Time
	Logger  *slog.Logger
	Observe func(Advance) // optional; must not block

	Limit    int           // entries in one advance
	Every    time.Duration // between advances while there is work
	Idle     time.Duration // between looks while there is none
	Takeover time.Duration // how long the head may stand still while entries wait, before one who lost a race tries again
	Patience time.Duration // how long the rest of a group may be missing before it counts as taken away
	Timeout  time.Duration // of one try
}

func (c IntegratorConfig) withDefaults() (IntegratorConfig, error) {
	if c.Log == nil || c.Marks == nil || c.Clock == nil || c.Logger == nil {
		return c, errors.New("tlog: an integrator needs a log, marks, a clock and a logger")
	}
	if min(int64(c.Limit), int64(c.Every), int64(c.Idle), int64(c.Takeover), int64(c.Patience), int64(c.Timeout)) < 0 {
		return c, errors.New("tlog: a limit is negative")
	}
	c.Limit = orElse(c.Limit, DefaultLimit)
	c.Every, c.Idle = orElse(c.Every, DefaultEvery), orElse(c.Idle, DefaultIdle)
	c.Takeover, c.Patience = orElse(c.Takeover, DefaultTakeover), orElse(c.Patience, DefaultPatience)
	c.Timeout = orElse(c.Timeout, DefaultTimeout)
	if c.Observe == nil {
		c.Observe = func(Advance) {}
	}
	return c, nil
}

func orElse[N int | time.Duration](n, otherwise N) N {
	if n == 0 {
		return otherwise
	}
	return n
}

// Integrator puts entries into the log. Any number of them may run for one log, on any number of servers: one of them works
// and the others watch it. Make one with NewIntegrator.
type Integrator struct {
	cfg    IntegratorConfig
	halted atomic.Pointer[Fault]

	// Below belongs to Run.
	place *place // nil when it must be read anew
	watch watch
	stuck time.Time // since when the rest of a group is missing; zero when nothing is
	// suspect is an entry for which the log is to be halted, once that was seen again with everything read anew.
	suspect ledger.EntryID
	failing bool // the last try failed
	limit   int  // entries to read: more than cfg.Limit while a group is larger
}

// watch is what one who lost a race knows of the winner.
type watch struct {
	on    bool
	epoch int64
	since time.Time // the head has stood still since
}

// NewIntegrator checks cfg.
func NewIntegrator(cfg IntegratorConfig) (*Integrator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Integrator{cfg: cfg, limit: cfg.Limit}, nil
}

// Halted tells why nothing comes into the log any more; nil while it does.
func (i *Integrator) Halted() *Fault { return i.halted.Load() }

func (i *Integrator) isHalted() bool { return i.halted.Load() != nil }

// Run advances the log until ctx ends, and then returns nil. After a Fault it does nothing but wait for that: confirmations go
// on, and only an operator can say what becomes of the log.
func (i *Integrator) Run(ctx context.Context) error {
	for {
		pause := i.turn(ctx)
		if i.isHalted() {
			<-ctx.Done()
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// turn does what is to be done now, and tells how long to wait then.
func (i *Integrator) turn(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, i.cfg.Timeout)
	defer cancel()
	begin := i.cfg.Clock()
	if i.watch.on {
		isOver, err := i.takesOver(ctx, begin)
		if !isOver || err != nil {
			i.tell(ctx, Advance{Err: err}, begin)
			return i.cfg.Idle
		}
		i.watch.on = false
	}
	a, isMore, err := i.advance(ctx)
	a.Err = err
	i.tell(ctx, a, begin)
	switch {
	case err != nil && !errors.Is(err, ledger.ErrConflict):
		return i.cfg.Idle
	case isMore:
		return 0
	case a.Entries > 0:
		return i.cfg.Every
	default:
		return i.cfg.Idle
	}
}

// takesOver reports whether the head has stood still for too long while entries wait.
func (i *Integrator) takesOver(ctx context.Context, now time.Time) (bool, error) {
	head, err := i.cfg.Log.LogHead(ctx)
	if err != nil {
		return false, err
	}
	if head.Epoch != i.watch.epoch || i.watch.since.IsZero() {
		i.watch.epoch, i.watch.since = head.Epoch, now
		return false, nil
	}
	if now.Sub(i.watch.since) < i.cfg.Takeover {
		return false, nil
	}
	waiting, _, err := i.cfg.Log.Unlogged(ctx, head, 1)
	return len(waiting) > 0, err
}

// advance tries to put the next entries into the log. isMore: there is more to do at once.
func (i *Integrator) advance(ctx context.Context) (a Advance, isMore bool, err error) {
	if i.place == nil {
		if i.place, err = load(ctx, i.cfg.Log); err != nil {
			return a, false, err
		}
	}
	a.Size = i.place.head.Size
	entries, after, err := i.cfg.Log.Unlogged(ctx, i.place.head, i.limit)
	if err != nil || len(entries) == 0 {
		i.stuck = time.Time{}
		return a, false, err
	}
	isFull := len(entries) >= i.limit
	b := i.place.pick(entries, i.cfg.Marks)
	if len(b.entries) == 0 {
		return a, i.wait(entries, b.fault, isFull), nil
	}
	i.stuck, i.limit, i.suspect = time.Time{}, i.cfg.Limit, ledger.EntryID{}
	if len(b.entries) < len(entries) {
		if after, err = i.place.placeOf(ctx, i.cfg.Log, b.entries); err != nil {
			return a, false, err
		}
	}
	if err := i.store(ctx, b, after); err != nil {
		return a, false, err
	}
	a.Entries, a.Size, a.Delay = len(b.entries), i.place.head.Size, i.cfg.Clock().Sub(b.entries[0].DecidedAt)
	return a, isFull || b.fault != nil, nil
}

// store advances the log by a batch. Whatever goes wrong, the place is read anew: it may have been stored all the same.
func (i *Integrator) store(ctx context.Context, b batch, after ledger.Cursor) error {
	step, next, err := i.place.step(b, after)
	if err == nil {
		err = i.cfg.Log.AdvanceLog(ctx, step)
	}
	if err != nil {
		i.place = nil
		if errors.Is(err, ledger.ErrConflict) {
			i.watch = watch{on: true}
		}
		return err
	}
	i.place = next
	return nil
}

// wait is for entries of which none can go into the log: the rest of their groups may be behind what was read, or come soon.
// When it does not, or when the first of them can never go in, the log halts.
func (i *Integrator) wait(entries []ledger.Entry, fault *Fault, isFull bool) (again bool) {
	now := i.cfg.Clock()
	if i.stuck.IsZero() {
		i.stuck = now
	}
	switch {
	case fault != nil:
	case isFull && i.limit < i.cfg.Limit<<mostDoublings:
		i.limit *= 2
		return true
	case now.Sub(i.stuck) < i.cfg.Patience:
		return false
	default:
		fault = &Fault{i.place.head.Size, entries[0].ID, "others of its group, or the group before it, are missing"}
	}
	if i.suspect != fault.Entry {
		i.suspect, i.place = fault.Entry, nil
		return true
	}
	i.halted.Store(fault)
	return false
}

// tell reports a try.
func (i *Integrator) tell(ctx context.Context, a Advance, begin time.Time) {
	fault := i.Halted()
	a.Duration, a.Halted = i.cfg.Clock().Sub(begin), fault != nil
	i.cfg.Observe(a)
	isFailing := a.Err != nil && !errors.Is(a.Err, ledger.ErrConflict)
	switch {
	case fault != nil:
		i.cfg.Logger.ErrorContext(ctx, "the log is halted: confirmations go on, but nothing comes into it until an operator acts",
			"entry", fault.Entry.String(), "position", fault.Position, "reason", fault.Reason)
	case isFailing && !i.failing:
		i.cfg.Logger.WarnContext(ctx, "the log does not advance", "error", a.Err)
	case !isFailing && i.failing && a.Err == nil:
		i.cfg.Logger.InfoContext(ctx, "the log can advance again")
	}
	i.failing = isFailing || (i.failing && a.Err != nil)
}
