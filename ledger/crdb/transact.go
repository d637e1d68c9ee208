package crdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
)

// transaction is one call of Transact over all its attempts.
type transaction struct {
	keys   ledger.Keys
	decide func(*ledger.View) error

	found  ledger.Loaded // of the last attempt
	writes ledger.Writes // of the last attempt
	said   error         // what decide said last

	told Transaction
	// inDoubt: an earlier attempt may still be stored, though it was not there when read back.
	inDoubt bool
	clashes int // with unique keys
}

// Transact implements ledger.Transactor.
func (s *Store) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	begin := s.cfg.Clock()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 2*s.cfg.StatementTimeout)
		defer cancel()
	}
	t := &transaction{keys: keys, decide: decide}
	err := s.transact(ctx, t)
	t.told.Duration = s.cfg.Clock().Sub(begin)
	t.told.Err = err
	s.cfg.Observe(t.told)
	return err
}

func (s *Store) transact(ctx context.Context, t *transaction) error {
	for {
		t.told.Attempts++
		f := s.attempt(ctx, t)
		if f == nil && t.said != nil {
			return t.said
		}
		if f == nil {
			t.told.Entries = len(t.writes.Entries)
			return nil
		}
		if f.class == unknown {
			settled, err := s.settle(ctx, t)
			if settled || err != nil {
				return err
			}
			t.inDoubt = true
		}
		if f.class == reconnect || f.class == unknown {
			s.suspect()
		}
		if f.class == giveUp || f.class == refused || t.told.Attempts >= maxAttempts {
			return t.named(f)
		}
		if f.code == uniqueViolation {
			// The next attempt sees what was in the way, if it asks for it. One that does not ask will not fare better a third time.
			if t.clashes++; t.clashes == 2 {
				return t.named(f)
			}
			continue
		}
		if err := pause(ctx, backoff(t.told.Attempts+1)); err != nil {
			return t.named(&failure{class: giveUp, stage: f.stage, code: f.code, cause: err})
		}
	}
}

// named names what ends the transaction. What is in doubt stays so, whatever happened since.
func (t *transaction) named(f *failure) error {
	if t.inDoubt {
		return fmt.Errorf("%w: %w", ledger.ErrOutcomeUnknown, f)
	}
	return f.public()
}

// attempt runs the transaction on one connection.
func (s *Store) attempt(ctx context.Context, t *transaction) *failure {
	l, err := s.link(ctx, s.requests)
	if err != nil {
		return failureOf(err)
	}
	defer l.conn.Release()
	x := newTx(s.statements, l)
	err = x.run(ctx, func(int) error {
		t.told.Attempts++
		if err := pause(ctx, backoff(t.told.Attempts)); err != nil {
			return &failure{class: giveUp, stage: "retry", cause: err}
		}
		return nil
	}, func(ctx context.Context, x *tx) error { return t.work(ctx, x) })
	t.told.RoundTrips += x.trips
	if err == nil {
		return nil
	}
	return failureOf(err)
}

// work is one reading, one decision and what it wants stored.
func (t *transaction) work(ctx context.Context, x *tx) error {
	var err error
	t.writes, t.said = ledger.Writes{}, nil
	if t.found, err = load(ctx, x, t.keys); err != nil {
		return err
	}
	view := ledger.NewView(t.found)
	if t.said = view.Try(t.decide); t.said != nil {
		return nil //nolint:nilerr // not of the store: the transaction ends as one that stores nothing
	}
	t.writes = view.Writes()
	rest, rows := changeOf(t.found, t.writes).withoutCopied(x.statements)
	if x.store, err = rest.calls(x.statements); err != nil {
		return &failure{class: refused, stage: "encode", cause: err}
	}
	return x.copy(ctx, rows)
}

// link takes a connection from a pool.
func (s *Store) link(ctx context.Context, pool *pgxpool.Pool) (*link, error) {
	soon, cancel := context.WithTimeout(ctx, s.cfg.AcquireTimeout)
	defer cancel()
	conn, err := pool.Acquire(soon)
	if err != nil {
		return nil, s.notAcquired(ctx, soon, err)
	}
	l, err := s.statements.prepare(ctx, conn)
	if err != nil {
		conn.Release()
		return nil, classify(ctx, "prepare", reading, err)
	}
	return l, nil
}

func (s *Store) notAcquired(ctx, soon context.Context, err error) *failure {
	f := classify(ctx, "connect", reading, err)
	if f.code == "" && ctx.Err() == nil && errors.Is(soon.Err(), context.DeadlineExceeded) {
		return &failure{class: giveUp, stage: fmt.Sprintf("no connection within %v", s.cfg.AcquireTimeout), cause: errBusy}
	}
	if f.class == again {
		f.class = reconnect
	}
	return f
}

var errBusy = errors.New("all connections are in use")

// suspect has connections tried before they are used, for a while: one has been lost, and its neighbours may be.
func (s *Store) suspect() { s.suspectUntil.Store(s.cfg.Clock().Add(5 * time.Second).UnixNano()) }

func (s *Store) isSuspect() bool { return s.cfg.Clock().UnixNano() < s.suspectUntil.Load() }
