package notify

import (
	"context"
	"errors"
	"time"
)

// Sender sends messages to receivers, each to the address that the roster has for it.
type Sender interface {
	// Send returns nil when the receiver has taken the message. Any error means that it may not have; a *Failure says more.
	Send(ctx context.Context, receiver string, m Message) error
}

// Failure is why a message was not taken.
type Failure struct {
	Cause      string        // one of a closed list, which may stand in metrics
	RetryAfter time.Duration // when to try again at the earliest; 0: not known
}

// Error gives the cause.
func (f *Failure) Error() string { return "notify: " + f.Cause }

// unknownCause is that of an error which is no *Failure.
const unknownCause = "UNKNOWN"

func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Cause: unknownCause}
}

// Results of tries beside causes.
const (
	delivered = "DELIVERED"
	givenUp   = "GIVEN_UP"
)

// deliver goes on with records until one fails. The error is of the store.
func (l *lane) deliver(ctx context.Context, records []Recorded) error {
	for _, r := range records {
		if l.isReplay && r.Position >= l.state.End {
			return l.finish(ctx)
		}
		if !r.IsFor(l.receiver) {
			l.state.Next = r.Position + 1
			continue
		}
		if err := l.keep(ctx); err != nil {
			return err
		}
		if isTaken, err := l.try(ctx, r); err != nil || !isTaken {
			return err
		}
	}
	if l.isReplay && l.state.isOver() {
		return l.finish(ctx)
	}
	return nil
}

// finish ends a replay.
func (l *lane) finish(ctx context.Context) error {
	l.state.Next, l.state.Owner, l.state.Until = l.state.End, "", time.Time{}
	if err := l.store(ctx, true); err != nil {
		return err
	}
	l.isHeld = false
	l.service.cfg.Logger.InfoContext(ctx, "a replay of events is over", "receiver", l.receiver, "end", l.state.End, "given_up", l.state.Given)
	return errOver
}

// try tries one event.
func (l *lane) try(ctx context.Context, r Recorded) (isTaken bool, err error) {
	body, err := r.body(l.receiver, l.state.Previous, l.isReplay)
	if err != nil {
		return false, err
	}
	m := signed(l.service.keys, r.Entry.ID.String(), body, l.now())
	limited, cancel := context.WithTimeout(ctx, l.renewal())
	err = l.service.cfg.Sender.Send(limited, l.receiver, m)
	cancel()
	switch {
	case err == nil:
		l.taken(ctx, r)
		return true, nil
	case ctx.Err() != nil:
		return false, nil //nolint:nilerr // our own end says nothing about the receiver
	default:
		return false, l.refused(ctx, r, failureOf(err))
	}
}

func (l *lane) taken(ctx context.Context, r Recorded) {
	if l.state.Tries > 0 {
		l.service.cfg.Logger.InfoContext(ctx, "a receiver takes events again", "receiver", l.receiver, "position", r.Position, "tries", l.state.Tries)
	}
	l.state.passed(r.Position)
	l.unsaved++
	l.isStuck = false
	l.service.cfg.Observer.Tried(l.receiver, delivered)
	if !l.isReplay {
		l.service.cfg.Observer.Delivered(l.receiver, max(0, l.now().Sub(r.Entry.DecidedAt)))
	}
}

// refused notes a failure, and stores it: what is given up must not begin anew with another gateway.
func (l *lane) refused(ctx context.Context, r Recorded, f *Failure) error {
	l.service.cfg.Observer.Tried(l.receiver, f.Cause)
	if l.state.Tries == 0 {
		l.service.cfg.Logger.WarnContext(ctx, "a receiver does not take an event", "receiver", l.receiver, "position", r.Position, "cause", f.Cause)
	}
	if l.state.failed(l.now(), f, l.service.cfg.GiveUp) {
		l.service.cfg.Observer.Tried(l.receiver, givenUp)
		l.service.cfg.Logger.ErrorContext(ctx, "an event is given up: 'poruka partner replay' delivers it again", "receiver", l.receiver,
			"position", r.Position, "event", r.Entry.ID.String(), "cause", f.Cause)
	}
	return l.store(ctx, true)
}
