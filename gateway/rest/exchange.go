package rest

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept"
)

// exchange is one request as it came, kept beside what grpc-gateway gets to see of it.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	status int // HTTP status that says more than the gRPC code does; 0: none
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// forwarded are the headers that go into a call; every other stays outside. None of them can become an identity.
var forwarded = []string{"Accept-Language", "Traceparent", "Tracestate"}

// metadata is what a handler sees of the headers.
func (x *exchange) metadata() metadata.MD {
	md := metadata.MD{}
	for _, name := range forwarded {
		if values := x.r.Header.Values(name); len(values) > 0 {
			md.Set(name, values...)
		}
	}
	return md
}

// decode reads the request into a message. The chain calls it once the caller is known and may call.
func (x *exchange) decode(into, path proto.Message) error {
	var err error
	if x.r.Method == http.MethodGet {
		err = decodeQuery(x.r.URL.RawQuery, into)
	} else {
		err = x.decodeBody(into)
	}
	if err != nil {
		return err
	}
	proto.Merge(into, path) // what stands in the path goes before what stands anywhere else
	return nil
}

func (x *exchange) decodeBody(into proto.Message) error {
	if x.r.URL.RawQuery != "" {
		return malformed("", "a query is not taken with this method; put everything into the body")
	}
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, intercept.MaxMessage))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		x.status = http.StatusRequestEntityTooLarge
		return fault.Wrap(fault.Exhausted, fault.RequestTooLarge, err)
	}
	if err != nil {
		return fault.Wrap(fault.Cancelled, fault.CallerGaveUp, err)
	}
	if len(body) == 0 {
		return nil
	}
	if err := x.checkHeaders(); err != nil {
		return err
	}
	if err := protojson.Unmarshal(body, into); err != nil {
		return jsonFault(err, into.ProtoReflect().Descriptor())
	}
	return nil
}

// checkHeaders takes plain JSON alone: other types are what a browser's forms send, and compressed bodies may be bombs.
func (x *exchange) checkHeaders() error {
	kind, parameters, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if charset, ok := parameters["charset"]; err != nil || kind != "application/json" || ok && charset != "utf-8" && charset != "UTF-8" {
		x.status = http.StatusUnsupportedMediaType
		return malformed("", "Content-Type must be application/json")
	}
	if encoding := x.r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		x.status = http.StatusUnsupportedMediaType
		return malformed("", "a compressed body is not taken")
	}
	return nil
}

func malformed(field, text string) *fault.Fault {
	return fault.InvalidFields(fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text})
}
