package group

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poruka/poruka/ledger"
)

// write is one writer: it runs groups until the committer is closed and nothing waits.
func (c *Committer) write() {
	scribe := c.cfg.Scribe()
	for {
		ops := c.next()
		if ops == nil {
			return
		}
		begin := c.cfg.Clock()
		g := Group{Size: len(ops), Waited: longest(ops, begin)}
		c.commit(scribe, ops, &g)
		g.Duration = c.cfg.Clock().Sub(begin)
		c.cfg.Observe(g)
	}
}

// longest is how long that of ops had waited that came first.
func longest(ops []*op, now time.Time) (waited time.Duration) {
	for _, o := range ops {
		waited = max(waited, now.Sub(o.since))
	}
	return waited
}

// commit stores ops in one transaction, or in several when that fails for a reason that may lie in one of them.
func (c *Committer) commit(scribe Scribe, ops []*op, g *Group) {
	err := c.transact(scribe, ops)
	if err != nil && len(ops) > 1 && divisible(err) {
		g.Splits++
		half := len(ops) / 2
		c.commit(scribe, ops[:half], g)
		c.commit(scribe, ops[half:], g)
		return
	}
	if err != nil {
		g.Failed += len(ops)
		g.Err = err
	}
	for _, o := range ops {
		if err == nil {
			o.finish(o.refused)
		} else {
			o.finish(err)
		}
	}
}

// divisible reports whether err may be the fault of one decision in the group.
func divisible(err error) bool {
	return !errors.Is(err, ledger.ErrUnavailable) && !errors.Is(err, ledger.ErrOutcomeUnknown)
}

func (c *Committer) transact(scribe Scribe, ops []*op) error {
	ctx, cancel := c.base()
	defer cancel()
	var keys ledger.Keys
	for _, o := range ops {
		keys.Add(o.keys)
	}
	var finished []ledger.Entry
	err := c.cfg.Ledger.Transact(ctx, keys, func(v *ledger.View) error {
		for _, o := range ops {
			o.refused = v.Try(o.run)
		}
		v.Finish(func(entries []ledger.Entry) {
			scribe.Finish(entries)
			finished = entries
		})
		return nil
	})
	if err != nil {
		scribe.Lost(errors.Is(err, ledger.ErrOutcomeUnknown))
		return c.named(ctx, err)
	}
	scribe.Stored(finished)
	return nil
}

// named gives the end of the transaction's own time a name of the ledger: to callers, a context error means their own.
func (c *Committer) named(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	kind := ledger.ErrUnavailable
	if errors.Is(err, ledger.ErrOutcomeUnknown) {
		kind = ledger.ErrOutcomeUnknown
	}
	select {
	case <-c.stopped:
		return fmt.Errorf("%w: the committer was closed", kind)
	default:
		return fmt.Errorf("%w: a group took longer than %v", kind, c.cfg.Timeout)
	}
}
