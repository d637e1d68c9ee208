package group

import (
	"container/list"
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/poruka/poruka/ledger"
)

// op is one decision on its way.
type op struct {
	keys  ledger.Keys
	run   func(*ledger.View) error
	done  chan error // holds one answer
	since time.Time
	line  *line         // the lane it is in; guarded by Committer.mu, as place is
	place *list.Element // nil when not waiting

	refused error // of run, in the transaction tried last; belongs to the writer until done
}

func (o *op) finish(err error) { o.done <- err }

// PanicError is the error of a decision that panicked. It does not tell the value, which may hold personal data.
type PanicError struct {
	Type  string // Go type of the value
	Stack []byte
}

// Error says that a decision panicked, and with what type of value.
func (e *PanicError) Error() string { return "group: a decision panicked with a " + e.Type }

// Do runs decide in a transaction that it may share with others, and returns what decide returned once that is stored.
// An error of decide is returned as it is and stores nothing of it; a panic becomes a *PanicError.
//
// decide may run several times, on another goroutine, and even after Do has returned because ctx ended; see
// ledger.Transactor. It must judge by the View alone and hand its results over only by returning them.
//
// Other errors: ledger.ErrOverloaded when too much waits in this lane (nothing was stored), ledger.ErrUnavailable (likewise), ledger.ErrConflict (nothing was
// stored), ledger.ErrOutcomeUnknown, and ctx.Err(): while the decision waits, it is dropped; once its transaction has
// begun, that goes on, and a look-up by entry id settles what became of it.
func Do[T any](ctx context.Context, c *Committer, lane Lane, keys ledger.Keys, decide func(*ledger.View) (T, error)) (T, error) {
	var latest, none T // latest belongs to the writer until done
	o := &op{keys: keys, done: make(chan error, 1)}
	o.run = func(v *ledger.View) (err error) {
		defer func() {
			if value := recover(); value != nil {
				err = &PanicError{Type: fmt.Sprintf("%T", value), Stack: debug.Stack()}
			}
		}()
		latest, err = decide(v)
		return err
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := c.put(lane, o); err != nil {
		return none, err
	}
	if err := c.await(ctx, o); err != nil {
		return none, err
	}
	return latest, nil
}

func (c *Committer) await(ctx context.Context, o *op) error {
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
	}
	if c.withdraw(o) {
		return ctx.Err()
	}
	select {
	case err := <-o.done: // it was finished at the same moment
		return err
	default:
		return ctx.Err()
	}
}
