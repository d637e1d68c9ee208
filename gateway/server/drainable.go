package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/fault"
)

// drainable registers services of libraries, which know of no drain. Their streams - who watches our health, who reads our protos - are
// no work that must be finished; left open they would hold a drain until its patience ends.
type drainable struct {
	access.Registrar
	drained <-chan struct{}
}

// RegisterService registers a service whose streams end when draining begins.
func (d drainable) RegisterService(desc *grpc.ServiceDesc, impl any) {
	ending := *desc
	ending.Streams = slices.Clone(desc.Streams)
	for i, stream := range ending.Streams {
		ending.Streams[i].Handler = func(srv any, ss grpc.ServerStream) error { return d.serve(stream, srv, ss) }
	}
	d.Registrar.RegisterService(&ending, impl)
}

func (d drainable) serve(desc grpc.StreamDesc, srv any, ss grpc.ServerStream) error {
	ctx, cancel := context.WithCancel(ss.Context())
	defer cancel()
	stream := &endableStream{ServerStream: ss, ctx: ctx}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if value := recover(); value != nil { // the chain does not see this goroutine
				done <- fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("server: a stream of a library panicked with a %T", value))
			}
		}()
		done <- desc.Handler(srv, stream)
	}()
	select {
	case err := <-done:
		return err
	case <-d.drained:
	}
	cancel()
	if desc.ClientStreams {
		stream.ended.Store(true) // the handler may wait for the caller; it ends when its stream does, which is after this
	} else if err := <-done; err == nil { // the handler waits for its context alone
		return nil
	}
	return fault.New(fault.Unavailable, fault.ShuttingDown)
}

// endableStream is a stream on which nothing is sent any more once it has ended.
type endableStream struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // a stream has one; gRPC asks for it
	ended atomic.Bool
}

var errEnded = errors.New("server: the stream has ended")

// Context is done when draining begins.
func (s *endableStream) Context() context.Context { return s.ctx }

// SendMsg sends a message.
func (s *endableStream) SendMsg(message any) error {
	if s.ended.Load() {
		return errEnded
	}
	return s.ServerStream.SendMsg(message)
}
