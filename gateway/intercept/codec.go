package intercept

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	_ "google.golang.org/grpc/encoding/proto" // registers the codec that this one wraps

	"github.com/poruka/poruka/gateway/fault"
)

// envelope carries a message through gRPC's decoding. When that fails, gRPC sends a status of its own at once - INTERNAL for what is
// the caller's doing, without a reason - so the codec never fails: it leaves the error here for the chain.
type envelope struct {
	message any
	err     error
}

// receive decodes one message of a call.
func (k *call) receive(decode func(any) error, message any) error {
	if k.transport != transportGRPC {
		return decode(message)
	}
	e := envelope{message: message}
	if err := decode(&e); err != nil {
		return err
	}
	return e.err
}

// codec is gRPC's own codec for protos, but for what it does with an envelope.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// Unmarshal parses what is not too large.
func (c codec) Unmarshal(data mem.BufferSlice, into any) error {
	e, ok := into.(*envelope)
	if !ok {
		return c.CodecV2.Unmarshal(data, into)
	}
	if data.Len() > MaxMessage {
		e.err = fault.New(fault.Exhausted, fault.RequestTooLarge)
		return nil
	}
	if err := c.CodecV2.Unmarshal(data, e.message); err != nil {
		e.err = malformed(err)
	}
	return nil
}
