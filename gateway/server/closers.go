package server

import (
	"errors"
	"fmt"
)

// closers lets go of what was opened, the newest first.
type closers struct {
	stack []closer
}

type closer struct {
	name  string
	close func() error
}

func (c *closers) add(name string, closeIt func() error) {
	c.stack = append(c.stack, closer{name, closeIt})
}

// close closes everything and tells all that went wrong. A second call does nothing.
func (c *closers) close() error {
	var failed error
	for i := len(c.stack) - 1; i >= 0; i-- {
		if err := c.stack[i].close(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("closing the %s: %w", c.stack[i].name, err))
		}
	}
	c.stack = nil
	return failed
}
