package intercept

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/wire"
)

// run takes one call through the steps and, unless one refuses it, into body.
func (c *Chain) run(ctx context.Context, m *method, body func(context.Context, *call) error) error {
	k := &call{method: m, began: c.config.Clock()}
	inner, entered, err := c.enter(context.WithValue(ctx, callKey{}, k), k)
	if err == nil {
		err = c.protect(k, func() error { return body(inner, k) })
	}
	return c.leave(inner, k, entered, err)
}

// enter runs the steps inwards. entered counts those that let the call pass.
func (c *Chain) enter(ctx context.Context, k *call) (inner context.Context, entered int, err error) {
	inner = ctx
	defer func() {
		if p := recover(); p != nil {
			err = c.caught(k, p)
		}
	}()
	for entered < len(c.steps) {
		if before := c.steps[entered].before; before != nil {
			next, err := before(inner, k)
			if err != nil {
				return inner, entered, err
			}
			inner = next //nolint:fatcontext // each step adds to it what it found, a dozen at most
		}
		entered++
	}
	return inner, entered, nil
}

// leave runs the steps outwards.
func (c *Chain) leave(ctx context.Context, k *call, entered int, err error) (result error) {
	defer func() {
		if p := recover(); p != nil {
			result = wire.Status(c.caught(k, p), wire.English, k.id).Err()
		}
	}()
	for i := entered - 1; i >= 0; i-- {
		if after := c.steps[i].after; after != nil {
			err = after(ctx, k, err)
		}
	}
	return err
}

// protect turns a panic of a handler into an error.
func (c *Chain) protect(k *call, body func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.caught(k, p)
		}
	}()
	return body()
}

// caught makes the fault of a panic. The panic's value may hold anything, so only what the runtime says is kept of it.
func (c *Chain) caught(k *call, value any) error {
	c.config.Metrics.Panicked()
	k.stack = debug.Stack()
	cause := fmt.Errorf("panic with a %T", value)
	var known runtime.Error
	if err, ok := value.(error); ok && errors.As(err, &known) {
		cause = fmt.Errorf("panic: %w", known)
	}
	return fault.Wrap(fault.Internal, fault.Defect, cause)
}

// judge runs the steps that look at a message.
func (c *Chain) judge(k *call, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return fault.New(fault.Internal, fault.Defect)
	}
	for i := range c.steps {
		if judge := c.steps[i].message; judge != nil {
			if err := judge(k, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// undecodable makes the fault of a message that could not be taken. gRPC calls it INTERNAL when the call's frames make no sense.
func undecodable(err error) error {
	if status.Code(err) == codes.Internal {
		return malformed(err)
	}
	return err
}

// malformed makes the fault of a message that cannot be parsed.
func malformed(cause error) error {
	f := fault.Wrap(fault.Invalid, fault.FieldFormat, cause)
	f.Violations = []fault.Violation{{Reason: fault.FieldFormat, Text: "the message is not well-formed"}}
	return f
}
