package faults

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Patient uses a ledger as a client does that knows how to: it repeats what was not done, and finds out what it was not told.
// Each transaction carries a mark of its own, a counter that nobody else names; a transaction that finds its mark has been stored
// already. So ErrOutcomeUnknown is never the last word while the ledger can be reached, and nothing is done twice.
//
// It gives up when the caller's context is over, when the ledger has been closed, or after patience.
func Patient(e ledger.Engine) ledger.Engine { return &patient{Engine: e} }

type patient struct {
	ledger.Engine
	isClosed atomic.Bool
}

// LosesAnswers implements ledgertest.LosesAnswers.
func (*patient) LosesAnswers() {}

const (
	patience  = 30 // repetitions of what is unavailable
	conflicts = 4  // repetitions of what others are in the way of, or may seem to be
	pause     = 5 * time.Millisecond
)

// Transact implements ledger.Transactor.
func (p *patient) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	var err error
	for tries := newTries(conflicts); tries.again(ctx, p, err); {
		if err = p.once(ctx, keys, decide); errors.Is(err, ledger.ErrOutcomeUnknown) {
			return err // once has tried to find out
		}
	}
	return err
}

func (p *patient) once(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	mark := newMark()
	var marked ledger.Keys
	marked.Add(keys)
	marked.Attempts = append(marked.Attempts, mark)
	err := p.Engine.Transact(ctx, marked, func(v *ledger.View) error {
		if isMarked(v, mark) {
			return nil // an earlier attempt of the engine has arrived
		}
		if err := decide(v); err != nil {
			return err
		}
		v.SetAttempts(mark, ledger.Attempts{Failures: []time.Time{begins}})
		return nil
	})
	if !errors.Is(err, ledger.ErrOutcomeUnknown) {
		return err
	}
	isStored, unsettled := p.settle(context.WithoutCancel(ctx), mark)
	switch {
	case unsettled != nil:
		return fmt.Errorf("%w; and then: %v", ledger.ErrOutcomeUnknown, unsettled) //nolint:errorlint // what it is does not count
	case isStored:
		return nil
	}
	return fmt.Errorf("%w: it was not stored", ledger.ErrUnavailable)
}

// settle finds out whether the mark was stored. If not it puts another in its place, so that it cannot be stored any more.
func (p *patient) settle(ctx context.Context, mark ledger.AttemptKey) (isStored bool, err error) {
	for tries := newTries(patience); tries.again(ctx, p, err); {
		err = p.Engine.Transact(ctx, ledger.Keys{Attempts: []ledger.AttemptKey{mark}}, func(v *ledger.View) error {
			if isStored = isMarked(v, mark); !isStored {
				v.SetAttempts(mark, ledger.Attempts{Closes: []time.Time{begins}})
			}
			return nil
		})
	}
	return isStored, err
}

func newMark() (mark ledger.AttemptKey) {
	_, _ = rand.Read(mark.Subject[:]) // never fails
	mark.Partner = "mark"
	return mark
}

func isMarked(v *ledger.View, mark ledger.AttemptKey) bool { return len(v.Attempts(mark).Failures) > 0 }

// tries counts repetitions.
type tries struct {
	done      int
	conflicts int // left
}

func newTries(conflicts int) *tries { return &tries{conflicts: conflicts} }

// again reports whether to try, for the first time or after err.
func (t *tries) again(ctx context.Context, p *patient, err error) bool {
	t.done++
	switch {
	case t.done == 1:
		return true
	case err == nil || ctx.Err() != nil || p.isClosed.Load() || t.done > patience:
		return false
	case errors.Is(err, ledger.ErrConflict):
		t.conflicts--
		return t.conflicts >= 0
	case errors.Is(err, ledger.ErrUnavailable), errors.Is(err, ledger.ErrOutcomeUnknown):
		time.Sleep(pause)
		return true
	}
	return false
}

// repeat repeats what may be done twice.
func repeat[T any](ctx context.Context, p *patient, do func() (T, error)) (out T, err error) {
	for tries := newTries(conflicts); tries.again(ctx, p, err); {
		out, err = do()
	}
	return out, err
}

// Account implements ledger.Reader.
func (p *patient) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return repeat(ctx, p, func() (ledger.Account, error) { return p.Engine.Account(ctx, id) })
}

// AccountBySNILS implements ledger.Reader.
func (p *patient) AccountBySNILS(ctx context.Context, index ledger.Index) (ledger.Account, error) {
	return repeat(ctx, p, func() (ledger.Account, error) { return p.Engine.AccountBySNILS(ctx, index) })
}

// Entry implements ledger.Reader.
func (p *patient) Entry(ctx context.Context, id ledger.EntryID) (ledger.Entry, error) {
	return repeat(ctx, p, func() (ledger.Entry, error) { return p.Engine.Entry(ctx, id) })
}

// EntriesOfAccount implements ledger.Reader.
func (p *patient) EntriesOfAccount(ctx context.Context, id ledger.AccountID, page ledger.Page) (out []ledger.Entry, next ledger.Cursor, err error) {
	for tries := newTries(conflicts); tries.again(ctx, p, err); {
		out, next, err = p.Engine.EntriesOfAccount(ctx, id, page)
	}
	return out, next, err
}

// Entries implements ledger.Reporter.
func (p *patient) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) (out []ledger.Entry, next ledger.Cursor, err error) {
	for tries := newTries(conflicts); tries.again(ctx, p, err); {
		out, next, err = p.Engine.Entries(ctx, filter, page)
	}
	return out, next, err
}

// Head implements ledger.Reporter.
func (p *patient) Head(ctx context.Context) (ledger.Cursor, error) {
	return repeat(ctx, p, func() (ledger.Cursor, error) { return p.Engine.Head(ctx) })
}

// Summary implements ledger.Reporter.
func (p *patient) Summary(ctx context.Context, filter ledger.Filter) ([]ledger.Count, error) {
	return repeat(ctx, p, func() ([]ledger.Count, error) { return p.Engine.Summary(ctx, filter) })
}

// Accounts implements ledger.Census.
func (p *patient) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	return repeat(ctx, p, func() ([]ledger.Account, error) { return p.Engine.Accounts(ctx, after, limit) })
}

// Suspend implements ledger.Suspender.
func (p *patient) Suspend(ctx context.Context, s ledger.Suspension) error {
	_, err := repeat(ctx, p, func() (struct{}, error) { return struct{}{}, p.Engine.Suspend(ctx, s) })
	return err
}

// Resume implements ledger.Suspender.
func (p *patient) Resume(ctx context.Context, partner ledger.PartnerID) error {
	_, err := repeat(ctx, p, func() (struct{}, error) { return struct{}{}, p.Engine.Resume(ctx, partner) })
	return err
}

// Suspensions implements ledger.Suspender.
func (p *patient) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	return repeat(ctx, p, func() ([]ledger.Suspension, error) { return p.Engine.Suspensions(ctx) })
}

// Status implements ledger.Store.
func (p *patient) Status(ctx context.Context) (ledger.Status, error) {
	return repeat(ctx, p, func() (ledger.Status, error) { return p.Engine.Status(ctx) })
}

// Ping implements ledger.Store.
func (p *patient) Ping(ctx context.Context) error {
	_, err := repeat(ctx, p, func() (struct{}, error) { return struct{}{}, p.Engine.Ping(ctx) })
	return err
}

// Close implements ledger.Store.
func (p *patient) Close() error {
	p.isClosed.Store(true)
	return p.Engine.Close()
}
