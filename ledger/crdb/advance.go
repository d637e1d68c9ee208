package crdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/poruka/poruka/ledger"
)

// advance is one call of AdvanceLog over all its attempts.
type advance struct {
	move    [][]byte // parameters
	changes []call
	isStale bool // the log does not stand where the last attempt took it to be
}

// AdvanceLog implements ledger.Log. It does not read back what a lost COMMIT has become: the head of the log tells that.
func (s *Store) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	a, err := s.newAdvance(step)
	if err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 2*s.cfg.StatementTimeout)
		defer cancel()
	}
	for n, cut := 1, false; ; n++ {
		f := s.advance(ctx, a)
		if f == nil && a.isStale && cut { // by another, or by the attempt whose line was cut with COMMIT behind what failed
			return fmt.Errorf("%w: the log has moved on", ledger.ErrOutcomeUnknown)
		}
		if f == nil {
			return a.verdict()
		}
		cut = cut || f.class == reconnect
		if f.code == uniqueViolation { // not by another integrator, who would have moved the head: the tables disagree
			f.class = refused
		}
		if f.class == reconnect || f.class == unknown {
			s.suspect()
		}
		if n == maxAttempts || (f.class != reconnect && f.class != again) || pause(ctx, backoff(n+1)) != nil {
			return f.public()
		}
	}
}

func (s *Store) newAdvance(step ledger.LogStep) (*advance, error) {
	to, err := headArgs(step.To)
	if err != nil {
		return nil, err
	}
	from, err := headArgs(step.From)
	if err != nil {
		return nil, err
	}
	a := &advance{move: append(to, from...)}
	if len(step.Starts) > 0 {
		a.changes = append(a.changes, call{statement: s.statements.log.begin, args: startArgs(step.Starts)})
	}
	a.changes = append(a.changes, call{statement: s.statements.log.put, args: tileArgs(step.Tiles)})
	return a, nil
}

func (a *advance) verdict() error {
	if a.isStale {
		return fmt.Errorf("%w: the log does not stand there", ledger.ErrConflict)
	}
	return nil
}

// advance is one attempt on one connection.
func (s *Store) advance(ctx context.Context, a *advance) *failure {
	l, err := s.link(ctx, s.requests)
	if err != nil {
		return failureOf(err)
	}
	defer l.conn.Release()
	err = newTx(s.statements, l).run(ctx, func(n int) error {
		if err := pause(ctx, backoff(n)); err != nil {
			return &failure{class: giveUp, stage: "retry", cause: err}
		}
		return nil
	}, a.work)
	if err != nil {
		return failureOf(err)
	}
	return nil
}

// work moves the head first: whoever comes second waits for its row, and then finds it moved.
func (a *advance) work(ctx context.Context, x *tx) error {
	a.isStale = true
	err := x.query(ctx, "move the log", call{
		statement: x.statements.log.move, args: a.move,
		read: func(r *row) { a.isStale = !r.flag() },
	})
	if err == nil && !a.isStale {
		x.store = a.changes
	}
	return err
}

func headArgs(h ledger.LogHead) ([][]byte, error) {
	at, err := placeArgs(h.After)
	return append([][]byte{number(h.Size), h.Root[:], number(h.Epoch)}, at...), err
}

func startArgs(starts map[int64]ledger.EntryID) [][]byte {
	numbers, ids := newArray(oidInt8, 12*len(starts)), newArray(oidUUID, 20*len(starts))
	for n, id := range starts {
		numbers.addInt8(n)
		ids.add(id[:])
	}
	return finished(numbers, ids)
}

// tileArgs puts tiles in the order of their keys, as every transaction locks them.
func tileArgs(tiles []ledger.Tile) [][]byte {
	tiles = slices.Clone(tiles)
	slices.SortFunc(tiles, func(a, b ledger.Tile) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Index, b.Index))
	})
	ids, room := make([]ledger.TileID, len(tiles)), 0
	for i, t := range tiles {
		ids[i], room = t.TileID, room+4+len(t.Data)
	}
	levels, numbers := tileKeys(ids)
	data := newArray(oidBytes, room)
	for _, t := range tiles {
		data.add(t.Data)
	}
	return finished(levels, numbers, data)
}
