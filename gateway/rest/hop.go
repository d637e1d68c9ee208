package rest

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/gateway/fault"
)

// hop is a client connection that calls the handlers in this process. They are registered with it through the chain, so a call takes
// the same steps as over gRPC; the request is decoded by the chain, not before it.
type hop struct {
	unary  map[string]func(context.Context, *exchange, proto.Message) (proto.Message, error)
	server map[string]func(context.Context, *exchange, func(proto.Message) error) error
	info   map[string]grpc.ServiceInfo
}

func newHop() *hop {
	return &hop{
		unary:  map[string]func(context.Context, *exchange, proto.Message) (proto.Message, error){},
		server: map[string]func(context.Context, *exchange, func(proto.Message) error) error{},
		info:   map[string]grpc.ServiceInfo{},
	}
}

// RegisterService takes a service whose handlers stand behind the chain.
func (h *hop) RegisterService(desc *grpc.ServiceDesc, impl any) {
	for _, m := range desc.Methods {
		name := "/" + desc.ServiceName + "/" + m.MethodName
		h.unary[name] = func(ctx context.Context, x *exchange, path proto.Message) (proto.Message, error) {
			reply, err := m.Handler(impl, x.serverContext(ctx, name), func(into any) error { return x.decodeAny(into, path) }, nil)
			if err != nil {
				return nil, err
			}
			message, ok := reply.(proto.Message)
			if !ok {
				return nil, errNoMessage
			}
			return message, nil
		}
	}
	for _, s := range desc.Streams {
		if s.ClientStreams {
			continue // there is no route to it
		}
		name := "/" + desc.ServiceName + "/" + s.StreamName
		h.server[name] = func(ctx context.Context, x *exchange, send func(proto.Message) error) error {
			return s.Handler(impl, &serverStream{ctx: x.serverContext(ctx, name), x: x, send: send})
		}
	}
	h.info[desc.ServiceName] = grpc.ServiceInfo{Metadata: desc.Metadata}
}

// GetServiceInfo tells what has been registered.
func (h *hop) GetServiceInfo() map[string]grpc.ServiceInfo { return h.info }

var errNoMessage = errors.New("rest: a handler answered with something that is no message")

// Invoke calls a unary method for grpc-gateway. args holds what stood in the path.
func (h *hop) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	call, x := h.unary[method], exchangeOf(ctx)
	path, ok := args.(proto.Message)
	into, ok2 := reply.(proto.Message)
	if call == nil || x == nil || !ok || !ok2 {
		return errNoMessage
	}
	answer, err := call(ctx, x, path)
	if err != nil {
		return err
	}
	proto.Merge(into, answer)
	return nil
}

// NewStream is never called: the one stream with a route is served by package rest itself.
func (*hop) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "")
}

// serverContext is what a handler gets: the headers that are forwarded, and a place for those of the answer.
func (x *exchange) serverContext(ctx context.Context, method string) context.Context {
	ctx = metadata.NewIncomingContext(ctx, x.metadata())
	return grpc.NewContextWithServerTransportStream(ctx, answerHeaders{method, x.w.Header()})
}

func (x *exchange) decodeAny(into any, path proto.Message) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fault.Wrap(fault.Internal, fault.Defect, errNoMessage)
	}
	return x.decode(message, path)
}

// answerHeaders puts the metadata of an answer into its HTTP headers: the request id is all there is.
type answerHeaders struct {
	method string
	header http.Header
}

// Method is the full name of the method.
func (a answerHeaders) Method() string { return a.method }

// SetHeader keeps what a REST caller is to see.
func (a answerHeaders) SetHeader(md metadata.MD) error {
	for _, id := range md.Get("x-request-id") {
		a.header.Set("X-Request-Id", id)
	}
	return nil
}

// SendHeader is SetHeader: the headers go with the first byte.
func (a answerHeaders) SendHeader(md metadata.MD) error { return a.SetHeader(md) }

// SetTrailer drops trailers: there are none in JSON over HTTP.
func (answerHeaders) SetTrailer(metadata.MD) error { return nil }

// serverStream is the server's side of a stream of answers to one request.
type serverStream struct {
	ctx  context.Context //nolint:containedctx // a stream has one; gRPC asks for it
	x    *exchange
	send func(proto.Message) error
}

// Context is that of the call.
func (s *serverStream) Context() context.Context { return s.ctx }

// SetHeader is as of a unary call.
func (s *serverStream) SetHeader(md metadata.MD) error {
	return answerHeaders{header: s.x.w.Header()}.SetHeader(md)
}

// SendHeader is SetHeader.
func (s *serverStream) SendHeader(md metadata.MD) error { return s.SetHeader(md) }

// SetTrailer drops trailers.
func (*serverStream) SetTrailer(metadata.MD) {}

// RecvMsg decodes the request.
func (s *serverStream) RecvMsg(into any) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fault.Wrap(fault.Internal, fault.Defect, errNoMessage)
	}
	return s.x.decode(message, message.ProtoReflect().New().Interface())
}

// SendMsg hands one answer on.
func (s *serverStream) SendMsg(answer any) error {
	message, ok := answer.(proto.Message)
	if !ok {
		return errNoMessage
	}
	return s.send(message)
}
