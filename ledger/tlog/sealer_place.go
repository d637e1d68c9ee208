package tlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// mostHours is more than any log lasts. Without that bound one wrong time at its beginning would make seals for ever.
const mostHours = 50 * 366 * 24

// spot is a place in the list of entries: what comes behind the cursor stands at the position. The zero spot is the beginning.
type spot struct {
	cursor   ledger.Cursor
	position int64
}

// catchUp makes last the round that is stored last, whoever has stored it.
func (s *Sealer) catchUp(ctx context.Context, now time.Time) error {
	if s.last != nil {
		_, isThere, err := s.anchor(ctx, s.last.hour.Add(time.Hour))
		if err != nil || !isThere {
			return err
		}
		s.last, s.at = nil, spot{} // another gateway seals; its rounds need not be read
	}
	if err := s.findBegin(ctx, now); err != nil {
		return err
	}
	// From the hour of the first entry on, each hour is sealed or none after it is.
	low, high := int64(0), max(0, int64(now.Sub(dueAt(s.begin))/time.Hour)+2)
	for low < high {
		middle := (low + high) / 2
		_, isThere, err := s.anchor(ctx, s.hour(middle))
		switch {
		case err != nil:
			return err
		case isThere:
			low = middle + 1
		default:
			high = middle
		}
	}
	if low == 0 {
		s.last = &round{hour: s.hour(-1)}
		return nil
	}
	last, err := s.load(ctx, s.hour(low-1))
	if err != nil {
		return err
	}
	s.last = &last
	s.cfg.Observe(Sealing{Hour: last.hour})
	return nil
}

func (s *Sealer) hour(n int64) time.Time { return s.begin.Add(time.Duration(n) * time.Hour) }

// findBegin finds the hour of the first entry in the log: that is the first to be sealed.
func (s *Sealer) findBegin(ctx context.Context, now time.Time) error {
	if !s.begin.IsZero() {
		return nil
	}
	entries, _, err := s.unlogged(ctx, "", 1)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return missing(0)
	}
	begin := canon.HourOf(entries[0].DecidedAt)
	if age := now.Unix() - begin.Unix(); age/3600 > mostHours {
		return fmt.Errorf("tlog: the first entry of the log is said to be %d hours old", age/3600)
	}
	s.begin = begin
	return nil
}

// anchor reads the seal of the portal for an hour. Each round has one, so it tells of the whole round.
func (s *Sealer) anchor(ctx context.Context, hour time.Time) (e ledger.Entry, isThere bool, err error) {
	e, err = ask(ctx, s, func(ctx context.Context) (ledger.Entry, error) {
		return readSeal(ctx, s.cfg.Reader, s.cfg.IDs(ledger.PortalID, hour))
	})
	if errors.Is(err, ledger.ErrNotFound) {
		return e, false, nil
	}
	return e, err == nil, err
}

// readSeal reads the seal that has one of these ids.
func readSeal(ctx context.Context, reader ledger.Reader, ids []ledger.EntryID) (ledger.Entry, error) {
	for _, id := range ids {
		e, err := reader.Entry(ctx, id)
		if err == nil || !errors.Is(err, ledger.ErrNotFound) {
			return e, err
		}
	}
	return ledger.Entry{}, ledger.ErrNotFound
}

// load reads a round that is stored. It must be in the log already: only then is it sure that the list has all of it.
func (s *Sealer) load(ctx context.Context, hour time.Time) (round, error) {
	anchor, isThere, err := s.anchor(ctx, hour)
	if err != nil {
		return round{}, err
	}
	if !isThere {
		return round{}, fmt.Errorf("%w: the seal of %v has gone", ErrBroken, hour)
	}
	if at, err := s.position(ctx, anchor); err != nil || at < 0 {
		return round{}, errors.Join(err, errUnsettled)
	}
	said, err := parseSealOf(anchor)
	if err != nil {
		return round{}, err
	}
	if !said.Hour.Equal(hour) {
		return round{}, fmt.Errorf("%w: the seal of %v is that of %v", ErrBroken, hour, said.Hour)
	}
	r := round{hour: hour, to: said.To, partners: map[ledger.PartnerID]bool{}}
	for after := ledger.Cursor(""); ; {
		entries, next, err := s.momentOf(ctx, anchor, after, s.cfg.Limit)
		if err != nil {
			return r, err
		}
		if err := r.gather(entries); err != nil || next == "" {
			return r, err
		}
		after = next
	}
}

func (r round) gather(entries []ledger.Entry) error {
	for _, e := range entries {
		if e.Kind != ledger.KindSeal {
			continue
		}
		said, err := parseSealOf(e)
		if err != nil {
			return err
		}
		if said.Hour.Equal(r.hour) {
			r.partners[e.Partner] = true
		}
	}
	return nil
}

func parseSealOf(e ledger.Entry) (canon.Seal, error) {
	s, err := canon.ParseSeal(e.Detail)
	if err != nil || e.Kind != ledger.KindSeal {
		return s, fmt.Errorf("%w: entry %v is no seal", ErrBroken, e.ID)
	}
	return s, nil
}

// page is an answer of a list.
type page struct {
	entries []ledger.Entry
	next    ledger.Cursor
}

// momentOf lists entries of the very moment of a seal: the seals of one round have the same time.
func (s *Sealer) momentOf(ctx context.Context, seal ledger.Entry, after ledger.Cursor, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	moment := ledger.Filter{From: seal.DecidedAt, To: seal.DecidedAt.Add(time.Microsecond)}
	p, err := ask(ctx, s, func(ctx context.Context) (p page, err error) {
		p.entries, p.next, err = s.cfg.Reporter.Entries(ctx, moment, ledger.Page{After: after, Limit: limit})
		return p, err
	})
	return p.entries, p.next, err
}

func (s *Sealer) unlogged(ctx context.Context, after ledger.Cursor, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	p, err := ask(ctx, s, func(ctx context.Context) (p page, err error) {
		p.entries, p.next, err = s.cfg.Log.Unlogged(ctx, ledger.LogHead{After: after}, limit)
		return p, err
	})
	return p.entries, p.next, err
}

// position finds where an entry stands in the log; -1 when it is not in it yet.
func (s *Sealer) position(ctx context.Context, e ledger.Entry) (int64, error) {
	positions, err := ask(ctx, s, func(ctx context.Context) ([]int64, error) {
		finder := Prover{cfg: ProverConfig{Log: s.cfg.Log}}
		return finder.Positions(ctx, []ledger.Entry{e})
	})
	if err != nil {
		return -1, err
	}
	return positions[0], nil
}

// spotBefore finds a place at or before the beginning of a draft's range, and not far from it. The seals of earlier hours are the
// milestones, since a list of more than one of them tells the place of the first.
func (s *Sealer) spotBefore(ctx context.Context, d *draft) (spot, error) {
	if s.at.position > 0 && s.at.position <= d.from() {
		return s.at, nil
	}
	for back := time.Hour; ; back *= 2 {
		hour := d.before.hour.Add(-back)
		if hour.Before(s.begin) {
			return spot{}, nil
		}
		seal, isThere, err := s.anchor(ctx, hour)
		if err != nil || !isThere {
			return spot{}, err
		}
		first, next, err := s.momentOf(ctx, seal, "", 1)
		if err != nil {
			return spot{}, err
		}
		if next == "" || len(first) == 0 {
			continue
		}
		at, err := s.position(ctx, first[0])
		if err != nil {
			return spot{}, err
		}
		if at >= 0 && at < d.from() {
			return spot{next, at + 1}, nil
		}
	}
}

func missing(position int64) error {
	return fmt.Errorf("%w: the entry at position %d is not there", ErrAltered, position)
}
