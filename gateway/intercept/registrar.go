package intercept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/fault"
)

// Registrar gives a registrar that puts the chain before every handler it registers with target. The chain stands before the
// handler rather than in gRPC's own interceptors, because those run after the message has been parsed.
//
// It is not for concurrent use, and must not be used once target serves.
func (c *Chain) Registrar(target access.Registrar) access.Registrar {
	return &registrar{chain: c, target: target}
}

type registrar struct {
	chain  *Chain
	target access.Registrar
}

// RegisterService registers a service behind the chain.
func (r *registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	guarded := *desc
	guarded.Methods = slices.Clone(desc.Methods)
	for i, m := range guarded.Methods {
		guarded.Methods[i].Handler = r.chain.unary(r.chain.newMethod("/"+desc.ServiceName+"/"+m.MethodName, false, false), m.Handler)
	}
	guarded.Streams = slices.Clone(desc.Streams)
	for i, s := range guarded.Streams {
		guarded.Streams[i].Handler = r.chain.stream(
			r.chain.newMethod("/"+desc.ServiceName+"/"+s.StreamName, s.ClientStreams, s.ServerStreams), s.Handler)
	}
	r.chain.registered[desc.ServiceName] = true
	r.target.RegisterService(&guarded, impl)
}

// GetServiceInfo tells what has been registered with the target.
func (r *registrar) GetServiceInfo() map[string]grpc.ServiceInfo { return r.target.GetServiceInfo() }

// Covers refuses services that were not registered through the chain. Call it before serving.
func (c *Chain) Covers(services map[string]grpc.ServiceInfo) error {
	var errs []error
	for name := range services {
		if !c.registered[name] {
			errs = append(errs, fmt.Errorf("intercept: service %s was registered around the chain", name))
		}
	}
	return errors.Join(errs...)
}

func (c *Chain) unary(m *method, next grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		var reply any
		err := c.run(ctx, m, func(ctx context.Context, k *call) (err error) {
			receive := func(message any) error {
				if err := k.receive(decode, message); err != nil {
					return undecodable(err)
				}
				if err := c.judge(k, message); err != nil {
					return err
				}
				k.reached = true
				return nil
			}
			reply, err = next(srv, ctx, receive, nil)
			return err
		})
		if err != nil {
			return nil, err
		}
		return reply, nil
	}
}

func (c *Chain) stream(m *method, next grpc.StreamHandler) grpc.StreamHandler {
	return func(srv any, ss grpc.ServerStream) error {
		return c.run(ss.Context(), m, func(ctx context.Context, k *call) error {
			k.reached = m.clientStream
			return next(srv, &serverStream{ServerStream: ss, ctx: ctx, chain: c, call: k})
		})
	}
}

// serverStream is a stream as a handler behind the chain sees it.
type serverStream struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // a stream has one; gRPC asks for it
	chain *Chain
	call  *call
}

// Context gives the context with the caller.
func (s *serverStream) Context() context.Context { return s.ctx }

// RecvMsg judges the one message of a server stream; those of a client stream are left to the handler.
func (s *serverStream) RecvMsg(message any) error {
	switch err := s.call.receive(s.ServerStream.RecvMsg, message); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return undecodable(err)
	case s.call.method.clientStream:
		return nil
	}
	if err := s.chain.judge(s.call, message); err != nil {
		return err
	}
	s.call.reached = true
	return nil
}

// Page takes what is no gRPC method through the chain: a page of the REST port. Its name has a row in the access table; one that has
// none is refused as unknown.
func (c *Chain) Page(name string) func(ctx context.Context, body func(context.Context) error) error {
	m := c.newMethod(name, false, false)
	return func(ctx context.Context, body func(context.Context) error) error {
		return c.run(ctx, m, func(ctx context.Context, k *call) error {
			k.reached = true
			return body(ctx)
		})
	}
}

// Unknown takes a call of what does not exist through the chain: it is identified, counted, and refused with METHOD_UNKNOWN.
func (c *Chain) Unknown(ctx context.Context) error {
	return c.run(ctx, c.unknown, func(context.Context, *call) error { return fault.New(fault.Unimplemented, fault.MethodUnknown) })
}
