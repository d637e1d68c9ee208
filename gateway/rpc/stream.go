package rpc

import (
	"context"
	"errors"
	"io"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
)

// received is one message of a client stream, or the end of it.
type received[M any] struct {
	message M
	err     error
}

// receive reads a client stream one message ahead, so that its handler can leave while nothing comes: because ctx has ended, or
// because the gateway drains. The reader lives until the stream ends, at the latest when its handler has returned.
func receive[M any](ctx context.Context, recv func() (M, error)) <-chan received[M] {
	messages := make(chan received[M])
	go func() {
		for {
			m, err := recv()
			select {
			case messages <- received[M]{m, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return messages
}

// next gives the next message, io.EOF at the end of the stream, or a fault.
func next[M any](ctx context.Context, draining <-chan struct{}, messages <-chan received[M]) (M, error) {
	var none M
	select {
	case <-draining:
		return none, fault.New(fault.Unavailable, fault.ShuttingDown)
	default:
	}
	select {
	case <-ctx.Done():
		return none, refusal.Ledger(ctx.Err())
	case <-draining:
		return none, fault.New(fault.Unavailable, fault.ShuttingDown)
	case got := <-messages:
		if got.err == nil || errors.Is(got.err, io.EOF) {
			return got.message, got.err
		}
		return none, got.err // of the transport; the chain makes a status of it
	}
}
