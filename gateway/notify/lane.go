package notify

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/ledger"
)

const (
	storeAfter  = time.Second
	storeEvery  = 16 // deliveries
	trouble     = time.Second
	tidyTimeout = 2 * time.Second
)

// lane delivers to one receiver: what is new, or one replay. Everything but its name belongs to the goroutine of run.
type lane struct {
	service  *Service
	receiver string
	isReplay bool
	begin    int64 // of a receiver of whom nothing is known yet; none: the end of the log

	state   state
	version int64 // of the bookmark that was read or stored last
	isHeld  bool  // the lease is ours, as far as is known
	unsaved int   // deliveries that are not stored yet
	saved   time.Time
	isStuck bool // told of what keeps it from delivering
}

func (l *lane) name() string {
	if l.isReplay {
		return replayPrefix + l.receiver
	}
	return mainPrefix + l.receiver
}

// run delivers until ctx ends, or the replay is over.
func (l *lane) run(ctx context.Context) {
	defer l.leave(ctx)
	for ctx.Err() == nil {
		grown := l.service.cfg.Feed.Grown()
		pause, err := l.work(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errOver):
			return
		case err != nil:
			l.isHeld, pause, grown = false, trouble, nil
			l.complain(ctx, err)
		case !l.isHeld || !l.state.Retry.IsZero():
			grown = nil // nothing is to be done before the time
		}
		wait(ctx, pause, grown)
	}
}

// complain tells once of what may last.
func (l *lane) complain(ctx context.Context, err error) {
	if !l.isStuck && !errors.Is(err, ledger.ErrConflict) {
		l.isStuck = true
		l.service.cfg.Logger.ErrorContext(ctx, "events wait", "receiver", l.receiver, "position", l.state.Next, "error", err)
	}
}

// errOver: nothing is left to do, ever.
var errOver = errors.New("notify: the replay is over")

// wait waits for the end of a pause, of ctx, or for more to deliver.
func wait(ctx context.Context, pause time.Duration, grown <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-grown:
	}
}

// work does what can be done now, and tells how long to wait then, if the log does not grow.
func (l *lane) work(ctx context.Context) (pause time.Duration, err error) {
	if !l.isHeld {
		if pause, err := l.take(ctx); err != nil || !l.isHeld {
			return pause, err
		}
	}
	for ctx.Err() == nil {
		if err := l.keep(ctx); err != nil {
			return 0, err
		}
		l.tell()
		if wait := l.state.Retry.Sub(l.now()); !l.state.Retry.IsZero() && wait > 0 {
			return min(wait, l.leaseLeft()), nil
		}
		records, err := l.service.cfg.Feed.Read(ctx, l.state.Next)
		if err != nil {
			return 0, err
		}
		if len(records) == 0 {
			return l.leaseLeft(), l.store(ctx, l.unsaved > 0)
		}
		if err := l.deliver(ctx, records); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// leaseLeft is how long to wait at most, so that the lease is renewed in time.
func (l *lane) leaseLeft() time.Duration { return max(l.state.Until.Sub(l.now())-l.renewal(), 0) + 1 }

// renewal is what is left of a lease when it is renewed; also the most that one try may take.
func (l *lane) renewal() time.Duration { return l.service.cfg.Lease / 2 }

func (l *lane) now() time.Time { return l.service.cfg.Clock() }

// take makes the lane ours if it is nobody's, and tells how long it will be somebody else's.
func (l *lane) take(ctx context.Context) (time.Duration, error) {
	b, err := l.service.cfg.Bookmarks.Bookmark(ctx, l.name())
	switch {
	case errors.Is(err, ledger.ErrNotFound) && !l.isReplay:
		if l.begin == none {
			size, known := l.service.cfg.Feed.Size()
			if !known {
				return trouble, nil
			}
			l.begin = size
		}
		l.state, l.version = begin(l.begin), 0
	case err != nil:
		return 0, err
	default:
		if l.state, err = decodeState(b); err != nil {
			return 0, err
		}
		l.version = b.Version
	}
	if l.isReplay && l.state.isOver() {
		return 0, errOver
	}
	if left := l.state.Until.Sub(l.now()); l.state.Owner != "" && l.state.Owner != l.service.self && left > 0 {
		l.untell()
		return min(left, l.service.cfg.Lease) + 1, nil
	}
	if err := l.renew(ctx); err != nil {
		return 0, err
	}
	l.isHeld, l.unsaved = true, 0
	return 0, nil
}

// keep stores what is to be stored by now.
func (l *lane) keep(ctx context.Context) error {
	if l.state.Until.Sub(l.now()) <= l.renewal() {
		return l.renew(ctx)
	}
	return l.store(ctx, l.unsaved >= storeEvery || l.unsaved > 0 && l.now().Sub(l.saved) >= storeAfter)
}

func (l *lane) renew(ctx context.Context) error {
	l.state.Owner, l.state.Until = l.service.self, l.now().Add(l.service.cfg.Lease)
	return l.store(ctx, true)
}

// store stores the state, if it is due. When it fails, the lane is to be taken again.
func (l *lane) store(ctx context.Context, isDue bool) error {
	if !isDue {
		return nil
	}
	b, err := l.state.encode(l.name(), l.version+1)
	if err == nil {
		err = l.service.cfg.Bookmarks.PutBookmark(ctx, b)
	}
	if err != nil {
		return err
	}
	l.version, l.unsaved, l.saved = b.Version, 0, l.now()
	return nil
}

// leave lets another gateway go on at once.
func (l *lane) leave(ctx context.Context) {
	l.untell()
	if !l.isHeld {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
	defer cancel()
	l.state.Owner, l.state.Until = "", time.Time{}
	if err := l.store(ctx, true); err != nil {
		l.service.cfg.Logger.WarnContext(ctx, "how far events are is not stored: some are delivered again", "receiver", l.receiver, "error", err)
	}
	l.isHeld = false
}

func (l *lane) untell() {
	if !l.isReplay {
		l.service.cfg.Observer.Left(l.receiver)
	}
}

// tell reports how the lane stands.
func (l *lane) tell() {
	if l.isReplay {
		return
	}
	size, _ := l.service.cfg.Feed.Size()
	l.service.cfg.Observer.Standing(l.receiver, max(0, size-l.state.Next), l.state.Failing)
}
