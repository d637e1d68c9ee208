package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/gateway/refusal"
)

// Times of a watch.
const (
	signEvery    = 15 * time.Second // between signs of life while nothing happens
	recheckEvery = 5 * time.Second  // how often its caller is looked at
)

// DefaultWatchers is how many may watch one gateway at a time.
const DefaultWatchers = 64

// watchRetry is the advice to who finds all places taken.
const watchRetry = 30 * time.Second

// WatchConfirmations streams what happens to accounts.
func (s accounts) WatchConfirmations(in *porukav1.WatchConfirmationsRequest, stream grpc.ServerStreamingServer[porukav1.WatchConfirmationsResponse]) error {
	if s.cfg.Feed == nil {
		return fault.New(fault.Unimplemented, fault.MethodUnknown)
	}
	select {
	case s.watchers <- struct{}{}:
		defer func() { <-s.watchers }()
	default:
		return fault.New(fault.Exhausted, fault.Overloaded).After(watchRetry)
	}
	w := watch{cfg: s.cfg, send: stream.Send, next: in.GetPosition(), checked: s.cfg.Clock()}
	if err := w.begin(stream.Context()); err != nil {
		return err
	}
	return w.run(stream.Context())
}

// watch is one stream.
type watch struct {
	cfg     Config
	send    func(*porukav1.WatchConfirmationsResponse) error
	next    int64     // position
	sent    time.Time // something, last; zero at first, so that a watch begins with a sign of life when there is nothing to tell
	checked time.Time // the caller, last
}

// begin refuses a position that the log does not have yet. Another gateway may have told of one that this one has not seen.
func (w *watch) begin(ctx context.Context) error {
	if size, known := w.cfg.Feed.Size(); known && w.next <= size {
		return nil
	}
	head, err := w.cfg.Feed.Refresh(ctx)
	if err != nil {
		return refusal.Ledger(err)
	}
	if w.next > head.Size {
		return fault.New(fault.NotFound, fault.LogNotSoLong)
	}
	return nil
}

// run goes on until the caller leaves, may not watch any more, or the gateway drains.
func (w *watch) run(ctx context.Context) error {
	for {
		grown := w.cfg.Feed.Grown()
		if err := w.goOn(ctx); err != nil {
			return err
		}
		isMore, err := w.page(ctx)
		if err != nil {
			return err
		}
		if isMore {
			continue
		}
		if err := w.idle(ctx, grown); err != nil {
			return err
		}
	}
}

// goOn says why a watch must end, if it must.
func (w *watch) goOn(ctx context.Context) error {
	select {
	case <-w.cfg.Draining:
		return fault.New(fault.Unavailable, fault.ShuttingDown)
	case <-ctx.Done():
		return refusal.Ledger(ctx.Err())
	default:
	}
	if now := w.cfg.Clock(); now.Sub(w.checked) >= recheckEvery {
		w.checked = now
		return w.cfg.Recheck(ctx)
	}
	return nil
}

// page sends what there is next, at most a page, and tells whether there was anything.
func (w *watch) page(ctx context.Context) (isMore bool, err error) {
	records, err := w.cfg.Feed.Read(ctx, w.next)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return false, refusal.Ledger(err)
	}
	return len(records) > 0, w.tellAll(ctx, records)
}

// tellAll sends what the portal is to know of records. A caller who reads slowly is looked at as often as one who waits: whoever may not
// watch any more gets no more of a page that was read before.
func (w *watch) tellAll(ctx context.Context, records []notify.Recorded) error {
	for _, r := range records {
		w.next = r.Position + 1
		if !r.IsFor(notify.Portal) {
			continue
		}
		if err := w.goOn(ctx); err != nil {
			return err
		}
		shown := w.cfg.confirmationForPortal(r.Entry)
		if r.Order.Bank != "" {
			shown.Bank = string(r.Order.Bank)
		}
		if err := w.tell(&porukav1.WatchConfirmationsResponse{NextPosition: w.next, Position: r.Position, Confirmation: shown}); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) tell(m *porukav1.WatchConfirmationsResponse) error {
	w.sent = w.cfg.Clock()
	return w.send(m)
}

// idle waits until the log grows, or something else is to be done; when nothing was sent for long, it gives a sign of life.
func (w *watch) idle(ctx context.Context, grown <-chan struct{}) error {
	left := signEvery - w.cfg.Clock().Sub(w.sent)
	if left <= 0 {
		return w.tell(&porukav1.WatchConfirmationsResponse{NextPosition: w.next})
	}
	timer := time.NewTimer(min(left, recheckEvery))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.cfg.Draining:
	case <-grown:
	case <-timer.C:
	}
	return nil
}
