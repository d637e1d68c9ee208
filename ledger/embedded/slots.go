package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/poruka/poruka/ledger"
)

// slots is a fixed number of connections, each opened when first needed and again after it broke.
type slots struct {
	dial func() (*conn, error)
	free chan *conn // nil: not open

	once   sync.Once
	closed chan struct{}
}

var errClosed = fmt.Errorf("%w: the ledger is closed", ledger.ErrUnavailable)

func newSlots(n int, dial func() (*conn, error)) *slots {
	s := &slots{dial: dial, free: make(chan *conn, n), closed: make(chan struct{})}
	for range n {
		s.free <- nil
	}
	return s
}

// use runs work on a connection of its own. A connection on which work failed is not used again, since SQLite leaves it in
// a state that depends on the failure; ledger.ErrNotFound and what else is no failure of SQLite must come by other ways.
func (s *slots) use(ctx context.Context, work func(*conn) error) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	sound := false
	defer func() { // also when work panics
		if !sound && c != nil {
			_ = c.close() // what was wrong has been told already
			c = nil
		}
		s.free <- c
	}()
	if c == nil {
		if c, err = s.dial(); err != nil {
			return unavailable(err)
		}
	}
	err = work(c)
	sound = err == nil
	return err
}

func (s *slots) take(ctx context.Context) (*conn, error) {
	select {
	case <-s.closed:
		return nil, errClosed
	default:
	}
	if err := over(ctx); err != nil {
		return nil, err
	}
	select {
	case <-s.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	case c := <-s.free:
		return c, nil
	}
}

// close waits until all connections are free and closes them.
func (s *slots) close() error {
	var errs []error
	s.once.Do(func() {
		close(s.closed)
		for range cap(s.free) {
			if c := <-s.free; c != nil {
				errs = append(errs, c.close())
			}
		}
	})
	return errors.Join(errs...)
}
