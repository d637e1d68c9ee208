package embedded

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

const (
	selectHead = `select size, root, epoch, last from log_head`
	selectTile = `select data from log_tiles where level = ? and number = ?`
	// selectBlock has a row when there is the entry, with NULL when there is no block.
	selectBlock = `select (select number from log_blocks where first <= position order by first desc limit 1) from entries where id = ?`

	moveHead   = `update log_head set size = ?, root = ?, epoch = ?, last = ? where size = ? and root = ? and epoch = ? and last = ? returning one`
	beginBlock = `insert into log_blocks (number, first) select ?, position from entries where id = ? returning number`
	putTile    = `insert into log_tiles (level, number, data) values (?, ?, ?) on conflict do update set data = excluded.data`
)

var errStart = errors.New("embedded: a block of the log begins with an entry that is not there")

// LogHead reads how far the log is.
func (s *Store) LogHead(ctx context.Context) (ledger.LogHead, error) {
	var h ledger.LogHead
	err := s.read(ctx, func(c *conn) (err error) {
		h, err = logHead(c)
		return err
	})
	return h, err
}

func logHead(c *conn) (h ledger.LogHead, err error) {
	err = c.query(func(r row) error {
		h = ledger.LogHead{Size: r.int(0), Root: r.key32(1), Epoch: r.int(2)}
		if last := r.int(3); last > 0 {
			h.After = cursorAt(last)
		}
		return nil
	}, selectHead)
	return h, err
}

// Unlogged lists entries behind head; positions are given at the commit, so that nothing comes in between later.
func (s *Store) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	after, err := positionOf(head.After)
	if err != nil {
		return nil, "", err
	}
	l := list{limit: max(limit, 1)}
	err = s.read(ctx, func(c *conn) error {
		return l.fill(ctx, c, selectEntries+`position > ? order by position limit ?`, after)
	})
	if err != nil || len(l.entries) == 0 {
		return nil, head.After, err
	}
	return l.entries, cursorAt(l.last), nil
}

// LogTiles reads tiles, in the order asked for.
func (s *Store) LogTiles(ctx context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	tiles := make([]ledger.Tile, len(ids))
	err := s.report(ctx, func(c *conn) error {
		for i, id := range ids {
			tiles[i].TileID = id
			err := c.query(func(r row) error { tiles[i].Data = r.bytes(0); return nil }, selectTile, int64(id.Level), id.Index)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tiles, nil
}

// LogBlocks tells in which block each entry is, or will be unless it begins another.
func (s *Store) LogBlocks(ctx context.Context, ids []ledger.EntryID) ([]int64, error) {
	blocks := make([]int64, len(ids))
	err := s.report(ctx, func(c *conn) error {
		for i, id := range ids {
			blocks[i] = -1
			err := c.query(func(r row) error {
				if r[0] != nil {
					blocks[i] = r.int(0)
				}
				return nil
			}, selectBlock, id[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return blocks, nil
}

// LogStart gives the place behind which a block begins.
func (s *Store) LogStart(ctx context.Context, block int64) (ledger.Cursor, error) {
	if block == 0 {
		return "", nil
	}
	first := int64(0)
	err := s.report(ctx, func(c *conn) error {
		return c.query(func(r row) error { first = r.int(0); return nil }, `select first from log_blocks where number = ?`, block)
	})
	switch {
	case err != nil:
		return "", err
	case first == 0:
		return "", ledger.ErrNotFound
	default:
		return cursorAt(first - 1), nil
	}
}

// AdvanceLog stores a step if the log still stands at step.From.
func (s *Store) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	from, errFrom := headValues(step.From)
	to, errTo := headValues(step.To)
	if err := errors.Join(errFrom, errTo); err != nil {
		return err
	}
	a := logAdvance{store: s, step: &step, move: append(to, from...)}
	if err := s.writers.use(ctx, a.run); err != nil {
		return err
	}
	return a.refusal
}

func headValues(h ledger.LogHead) ([]driver.Value, error) {
	last, err := positionOf(h.After)
	return []driver.Value{h.Size, h.Root[:], h.Epoch, last}, err
}

// logAdvance is one call of AdvanceLog.
type logAdvance struct {
	store   *Store
	step    *ledger.LogStep
	move    []driver.Value
	refusal error // an answer that leaves the connection sound
}

// run leaves no transaction open on c unless it fails.
func (a *logAdvance) run(c *conn) error {
	if err := a.store.file.check(); err != nil {
		a.refusal = unavailable(err)
		return nil
	}
	if err := c.exec(begin); err != nil {
		return unavailable(err)
	}
	if err := a.apply(c); conflict(err) != nil { // not by another integrator, who would have moved the head: the tables disagree
		a.refusal = fmt.Errorf("embedded: the log refuses the step: %w", err)
	} else if err != nil {
		return unavailable(err)
	}
	if a.refusal != nil {
		if err := c.exec(rollback); err != nil {
			return unavailable(errors.Join(a.refusal, err))
		}
		return nil
	}
	return a.store.finish(c, func(c *conn) (bool, error) {
		h, err := logHead(c)
		return h == a.step.To, err
	})
}

func (a *logAdvance) apply(c *conn) error {
	a.refusal = ledger.ErrConflict
	if err := c.query(func(row) error { a.refusal = nil; return nil }, moveHead, a.move...); err != nil || a.refusal != nil {
		return err
	}
	for n, id := range a.step.Starts {
		a.refusal = errStart
		if err := c.query(func(row) error { a.refusal = nil; return nil }, beginBlock, n, id[:]); err != nil || a.refusal != nil {
			return err
		}
	}
	for _, t := range a.step.Tiles {
		if err := c.exec(putTile, int64(t.Level), t.Index, t.Data); err != nil {
			return err
		}
	}
	return nil
}
