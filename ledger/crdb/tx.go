package crdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	cockroachgo "github.com/cockroachdb/cockroach-go/v2/crdb"
	crdbpgx "github.com/cockroachdb/cockroach-go/v2/crdb/crdbpgxv5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// This file is the only one that begins or ends a transaction.
//
// On PostgreSQL every attempt is a transaction of its own, and the answer to COMMIT decides. On CockroachDB attempts are
// cockroach-go's: it retries by ROLLBACK TO SAVEPOINT, takes RELEASE for the commit and drops the error of COMMIT. That is right
// there and would lose data silently on PostgreSQL.
//
// Either way BEGIN leaves with the first statements, and COMMIT with the last: two round trips.

const (
	maxAttempts  = 5
	firstBackoff = 10 * time.Millisecond
	lastBackoff  = 320 * time.Millisecond
	tidyTimeout  = time.Second // for what is said after the end of the caller's context
)

// tx is one transaction on one connection. What is put into store leaves together with the commit.
type tx struct {
	statements *statements
	link       *link
	opening    []call // not sent yet
	store      []call
	trips      int
	isOpen     bool // BEGIN has been sent, and neither COMMIT nor ROLLBACK has been answered
	hasCopied  bool // something has been stored already
}

// work is what a transaction is for: it reads by tx.query and fills tx.store. It may run several times.
type work func(context.Context, *tx) error

func newTx(s *statements, l *link) *tx {
	t := &tx{statements: s, link: l, opening: []call{{statement: s.begin}}}
	if s.savepoint != nil {
		t.opening = append(t.opening, call{statement: s.savepoint})
	}
	return t
}

// query runs statements inside the transaction, in one round trip.
func (t *tx) query(ctx context.Context, stage string, calls ...call) error {
	if len(calls) == 0 {
		return nil
	}
	return t.exchange(ctx, stage, reading, calls)
}

func (t *tx) exchange(ctx context.Context, stage string, p part, calls []call) error {
	calls = append(t.opening, calls...)
	t.opening, t.isOpen = nil, true
	t.trips++
	at, err := t.link.send(ctx, calls)
	if err == nil {
		return nil
	}
	if p == writing && t.statements.release != nil && at == len(calls)-1 {
		return nil // RELEASE has been answered: it is committed
	}
	if p == writing && at < len(calls) && calls[at].ends(t.statements) {
		p = committing
	}
	return classify(ctx, stage, p, err)
}

// ends reports whether c is the statement whose answer says whether the transaction was committed.
func (c call) ends(s *statements) bool {
	return c.statement == s.release || (c.statement == s.commit && s.release == nil)
}

// run runs do to its end. A nil answer means that it was committed.
func (t *tx) run(ctx context.Context, attempt func(n int) error, do work) error {
	if t.statements.savepoint == nil {
		if err := do(ctx, t); err != nil {
			t.rollback(ctx)
			return err
		}
		return t.commit(ctx)
	}
	n := 0
	ctx = cockroachgo.WithMaxRetries(ctx, maxAttempts-1) // 0 would mean without end
	return crdbpgx.ExecuteTx(ctx, lazyConn{t}, pgx.TxOptions{}, func(pgx.Tx) error {
		if n++; n > 1 {
			if err := attempt(n); err != nil {
				return err
			}
		}
		t.store = nil
		return do(ctx, t)
	})
}

// restart goes back to the savepoint. What failed before there was one leaves nothing to go back to: then another transaction is
// to be begun.
func (t *tx) restart(ctx context.Context) error {
	err := t.query(ctx, "restart", call{statement: t.statements.rollbackTo})
	if err == nil {
		return nil
	}
	f := failureOf(err)
	if f.class == refused {
		f.class = again
	}
	return f
}

// commit sends what is to be stored and ends the transaction, in one round trip.
func (t *tx) commit(ctx context.Context) error {
	calls, p, stage := t.store, writing, "commit"
	if len(calls) == 0 && !t.hasCopied {
		if !t.isOpen {
			return nil // nothing was said at all
		}
		if t.statements.release == nil {
			t.rollback(ctx) // waits for no disk
			return nil
		}
		p, stage = reading, "end of reading"
	}
	if t.statements.release != nil {
		calls = append(calls, call{statement: t.statements.release})
	}
	calls = append(calls, call{statement: t.statements.commit})
	if err := t.exchange(ctx, stage, p, calls); err != nil {
		if t.statements.release == nil {
			t.rollback(ctx)
		}
		return err
	}
	t.isOpen = false
	return nil
}

// rollback makes the connection fit for others. One that cannot be mended is closed when it is given back.
func (t *tx) rollback(ctx context.Context) {
	pg := t.link.conn.Conn().PgConn()
	if !t.isOpen || pg.IsClosed() || pg.TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
	defer cancel()
	t.trips++
	_, _ = t.link.send(ctx, []call{{statement: t.statements.rollback}})
	t.isOpen = false
}

// lazyConn and lazyTx show a tx to cockroach-go, and let what it says leave together with what stands next to it.
type lazyConn struct{ *tx }

// Begin is BeginTx.
func (c lazyConn) Begin(ctx context.Context) (pgx.Tx, error) { return c.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx sends nothing: BEGIN is the opening of the first round trip.
func (c lazyConn) BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error) {
	return lazyTx{tx: c.tx}, nil
}

type lazyTx struct {
	pgx.Tx // not used
	tx     *tx
}

// Exec knows the three things that cockroach-go says.
func (l lazyTx) Exec(ctx context.Context, sql string, _ ...any) (pgconn.CommandTag, error) {
	t := l.tx
	switch sql {
	case t.statements.savepoint.text: // part of the opening
		return pgconn.CommandTag{}, nil
	case t.statements.release.text:
		return pgconn.CommandTag{}, t.commit(ctx)
	case t.statements.rollbackTo.text:
		return pgconn.CommandTag{}, t.restart(ctx)
	}
	return pgconn.CommandTag{}, fmt.Errorf("crdb: unexpected statement %q", sql)
}

// Commit has nothing left to say: COMMIT left behind RELEASE.
func (l lazyTx) Commit(context.Context) error { return nil }

// Rollback ends the transaction if it was begun.
func (l lazyTx) Rollback(ctx context.Context) error {
	l.tx.rollback(ctx)
	return nil
}

// backoff is the time to wait before attempt n, from 2: full jitter under a bound that doubles.
func backoff(n int) time.Duration {
	bound := firstBackoff
	for i := 2; i < n && bound < lastBackoff; i++ { // a shift would overflow while a server stays away
		bound *= 2
	}
	bound = min(bound, lastBackoff)
	return rand.N(bound) //nolint:gosec // to spread load, not to keep a secret
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
