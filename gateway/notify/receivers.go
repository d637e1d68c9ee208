package notify

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
)

// Receiver is how far the deliveries to somebody are.
type Receiver struct {
	ID      string
	Next    int64     // everything before this position is delivered or given up
	Failing time.Time // since when the event there has failed; zero while deliveries succeed
	Retry   time.Time // when it is tried next
	Tries   int
	Dead    []int64 // positions of events that were given up, the newest 100
	Replay  Range   // the one under way; zero when there is none
}

// Range is a range of positions of the log.
type Range struct {
	Next, End int64 // End is behind the last
}

// List lists the receivers to whom events may be delivered now, ordered by id. Errors are faults.
func (s *Service) List(ctx context.Context) ([]Receiver, error) {
	ids := slices.Sorted(slices.Values(s.cfg.Receivers()))
	out := make([]Receiver, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = s.receiver(ctx, id); err != nil {
			return nil, refusal.Ledger(err)
		}
	}
	return out, nil
}

func (s *Service) receiver(ctx context.Context, id string) (Receiver, error) {
	main, _, err := s.stored(ctx, mainPrefix+id)
	if errors.Is(err, ledger.ErrNotFound) { // it has just come
		size, _ := s.cfg.Feed.Size()
		main, err = begin(size), nil
	}
	if err != nil {
		return Receiver{}, err
	}
	replay, _, err := s.stored(ctx, replayPrefix+id)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return Receiver{}, err
	}
	r := Receiver{ID: id, Next: main.Next, Failing: main.Failing, Retry: main.Retry, Tries: main.Tries, Dead: slices.Concat(main.Dead, replay.Dead)}
	slices.Sort(r.Dead)
	r.Dead = slices.Compact(r.Dead)
	r.Dead = r.Dead[max(0, len(r.Dead)-mostDead):]
	if !replay.isOver() {
		r.Replay = Range{replay.Next, replay.End}
	}
	return r, nil
}

func (s *Service) stored(ctx context.Context, name string) (state, int64, error) {
	b, err := s.cfg.Bookmarks.Bookmark(ctx, name)
	if err != nil {
		return state{}, 0, err
	}
	out, err := decodeState(b)
	return out, b.Version, err
}

// replayTries bounds how often a replay is stored anew because others were faster.
const replayTries = 5

// Replay delivers a range of the log to a receiver once more, beside what is being delivered; end 0 means all that was delivered. One
// replay is under way at a time; asking for the same again changes nothing. Errors are faults: RECEIVER_NOT_FOUND, LOG_NOT_SO_LONG for
// a range that has not been delivered yet, REQUEST_RUNNING while another replay is under way.
func (s *Service) Replay(ctx context.Context, id string, from, end int64) (Receiver, error) {
	if !slices.Contains(s.cfg.Receivers(), id) {
		return Receiver{}, fault.New(fault.NotFound, fault.ReceiverNotFound)
	}
	for range replayTries {
		r, err := s.receiver(ctx, id)
		if err != nil {
			return Receiver{}, refusal.Ledger(err)
		}
		if end == 0 {
			end = r.Next
		}
		if err := replayable(r, from, end); err != nil {
			return Receiver{}, err
		}
		err = s.replay(ctx, id, from, end)
		switch {
		case errors.Is(err, ledger.ErrConflict), errors.Is(err, ledger.ErrOutcomeUnknown):
			continue
		case err != nil:
			return Receiver{}, err
		}
		select {
		case s.nudge <- struct{}{}:
		default:
		}
		r, err = s.receiver(ctx, id)
		return r, refusal.Ledger(err)
	}
	return Receiver{}, refusal.Ledger(ledger.ErrConflict)
}

func replayable(r Receiver, from, end int64) error {
	switch {
	case from < 0:
		return fault.InvalidFields(fault.Violation{Field: "fromPosition", Reason: fault.FieldFormat, Text: "must not be negative"})
	case end > r.Next || from >= r.Next:
		return fault.New(fault.NotFound, fault.LogNotSoLong).With("next_position", strconv.FormatInt(r.Next, 10))
	case end <= from:
		return fault.InvalidFields(fault.Violation{Field: "endPosition", Reason: fault.FieldFormat, Text: "must be behind fromPosition"})
	default:
		return nil
	}
}

// replay stores that a range is to be delivered. Errors are faults, or say that it is to be looked at again.
func (s *Service) replay(ctx context.Context, id string, from, end int64) error {
	old, version, err := s.stored(ctx, replayPrefix+id)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return refusal.Ledger(err)
	}
	if !old.isOver() {
		if old.From == from && old.End == end {
			return nil
		}
		return fault.New(fault.Aborted, fault.RequestRunning)
	}
	b, err := replayOf(from, end, old.Dead).encode(replayPrefix+id, version+1)
	if err == nil {
		err = s.cfg.Bookmarks.PutBookmark(ctx, b)
	}
	if errors.Is(err, ledger.ErrConflict) || errors.Is(err, ledger.ErrOutcomeUnknown) {
		return err
	}
	return refusal.Ledger(err)
}
