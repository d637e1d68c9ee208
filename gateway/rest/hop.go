package rest

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/poruka/poruka/gateway/fault"
)

// hop is a client connection that calls the handlers in this process. They are registered with it through the chain, so a call takes
// the same steps as over gRPC; the request is decoded by the chain, not before it.
type hop struct {
	unary   map[string]unaryMethod
	streams map[string]streamMethod // with one request
	info    map[string]grpc.ServiceInfo
}

type unaryMethod struct {
	handler grpc.MethodHandler
	impl    any
}

type streamMethod struct {
	handler grpc.StreamHandler
	impl    any
}

func newHop() *hop {
	return &hop{unary: map[string]unaryMethod{}, streams: map[string]streamMethod{}, info: map[string]grpc.ServiceInfo{}}
}

// RegisterService takes a service whose handlers stand behind the chain.
func (h *hop) RegisterService(desc *grpc.ServiceDesc, impl any) {
	for _, m := range desc.Methods {
		h.unary["/"+desc.ServiceName+"/"+m.MethodName] = unaryMethod{m.Handler, impl}
	}
	for _, s := range desc.Streams {
		if !s.ClientStreams { // otherwise there is no route to it
			h.streams["/"+desc.ServiceName+"/"+s.StreamName] = streamMethod{s.Handler, impl}
		}
	}
	h.info[desc.ServiceName] = grpc.ServiceInfo{Metadata: desc.Metadata}
}

// GetServiceInfo tells what has been registered.
func (h *hop) GetServiceInfo() map[string]grpc.ServiceInfo { return h.info }

var errNoMessage = errors.New("rest: not a message, or not a method")

// Invoke calls a unary method for grpc-gateway. args holds what stood in the path.
func (h *hop) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	m, found := h.unary[method]
	x := exchangeOf(ctx)
	path, ok := args.(proto.Message)
	into, ok2 := reply.(proto.Message)
	if !found || x == nil || !ok || !ok2 {
		return errNoMessage
	}
	answer, err := m.handler(m.impl, x.serverContext(ctx), func(message any) error { return x.decodeAny(message, path) }, nil)
	if err != nil {
		return err
	}
	message, ok := answer.(proto.Message)
	if !ok {
		return errNoMessage
	}
	show(into, message)
	return nil
}

// show lets one message have the fields of another. What they hold is shared and not copied: the answer is written out and then
// dropped, and nobody changes it.
func show(into, from proto.Message) {
	target := into.ProtoReflect()
	from.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		target.Set(field, value)
		return true
	})
}

// NewStream is never called: the one stream with a route is served by report.
func (*hop) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "")
}

// serve calls a method with one request and many answers; each goes to send as it comes.
func (h *hop) serve(ctx context.Context, method string, send func(proto.Message) error) error {
	m, found := h.streams[method]
	x := exchangeOf(ctx)
	if !found || x == nil {
		return errNoMessage
	}
	return m.handler(m.impl, &serverStream{ctx: x.serverContext(ctx), x: x, send: send})
}

func (x *exchange) decodeAny(into any, path proto.Message) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fault.Wrap(fault.Internal, fault.Defect, errNoMessage)
	}
	return x.decode(message, path)
}

// serverStream is the server's side of a stream of answers to one request.
type serverStream struct {
	ctx  context.Context //nolint:containedctx // a stream has one; gRPC asks for it
	x    *exchange
	send func(proto.Message) error
}

// Context is that of the call.
func (s *serverStream) Context() context.Context { return s.ctx }

// SetHeader is as of a unary call.
func (s *serverStream) SetHeader(md metadata.MD) error { return answer{s.x}.SetHeader(md) }

// SendHeader is SetHeader.
func (s *serverStream) SendHeader(md metadata.MD) error { return s.SetHeader(md) }

// SetTrailer drops trailers: the headers have gone.
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
