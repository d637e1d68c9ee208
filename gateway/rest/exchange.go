package rest

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/wire"
)

// exchange is one request as it came, kept beside what grpc-gateway gets to see of it.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	status int // HTTP status that says more than the gRPC code does; 0: none

	styledID string // the bank's id of a refused request, as its dialect has read it
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// forwarded are the headers that go into a call; every other stays outside. None of them can become an identity.
var forwarded = [...]struct{ header, key string }{{"Accept-Language", "accept-language"}, {"Traceparent", "traceparent"}}

// serverContext is what a handler gets: the headers that are forwarded, and a place for those of the answer.
func (x *exchange) serverContext(ctx context.Context) context.Context {
	var md metadata.MD
	for _, f := range forwarded {
		if values := x.r.Header[f.header]; len(values) > 0 {
			if md == nil {
				md = metadata.MD{}
			}
			md[f.key] = values
		}
	}
	if md != nil {
		ctx = metadata.NewIncomingContext(ctx, md)
	}
	return grpc.NewContextWithServerTransportStream(ctx, answer{x})
}

// answer is the transport of a call as handlers see it: what they tell beside the message goes into the HTTP headers.
type answer struct{ x *exchange }

// Method is not told: nobody asks.
func (answer) Method() string { return "" }

// SetHeader keeps what a REST caller is to see: the request ids.
func (a answer) SetHeader(md metadata.MD) error {
	if id := md[intercept.RequestIDHeader]; len(id) > 0 {
		a.x.w.Header()["X-Request-Id"] = id
	}
	if id := md[wire.StyledRequestIDHeader]; len(id) == 1 {
		a.x.styledID = id[0]
	}
	return nil
}

// SendHeader is SetHeader: the headers go with the first byte.
func (a answer) SendHeader(md metadata.MD) error { return a.SetHeader(md) }

// SetTrailer is SetHeader: an error has not been written yet when the chain tells its id. After the first byte it has no effect.
func (a answer) SetTrailer(md metadata.MD) error { return a.SetHeader(md) }

// decode reads the request into a message; path is what stood in the URL's path. The chain calls it once the caller is known and may call.
func (x *exchange) decode(into, path proto.Message) error {
	var err error
	if x.r.Method == http.MethodGet {
		err = decodeQuery(x.r.URL.RawQuery, into, path)
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
		return malformed("a query is not taken with this method; put everything into the body")
	}
	body, err := x.read()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return nil
	}
	if err := x.checkHeaders(); err != nil {
		return err
	}
	return decodeJSON(body, into)
}

// read reads a body that is not too large.
func (x *exchange) read() ([]byte, error) {
	if x.r.ContentLength > intercept.MaxMessage {
		return nil, x.tooLarge(nil)
	}
	limited := http.MaxBytesReader(x.w, x.r.Body, intercept.MaxMessage)
	body, err := readAll(limited, x.r.ContentLength)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, x.tooLarge(err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Cancelled, fault.CallerGaveUp, err)
	}
	return body, nil
}

// readAll reads to the end; a length that is known beforehand saves growing.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(r)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

func (x *exchange) tooLarge(cause error) error {
	x.status = http.StatusRequestEntityTooLarge
	return fault.Wrap(fault.Exhausted, fault.RequestTooLarge, cause)
}

// checkEncoding refuses compressed bodies, which may be bombs.
func (x *exchange) checkEncoding() error {
	if encoding := x.r.Header["Content-Encoding"]; len(encoding) > 1 || len(encoding) == 1 && encoding[0] != "" && encoding[0] != "identity" {
		x.status = http.StatusUnsupportedMediaType
		return malformed("a compressed body is not taken")
	}
	return nil
}

// checkHeaders takes plain JSON alone: other types are what a browser's forms send.
func (x *exchange) checkHeaders() error {
	if err := x.checkEncoding(); err != nil {
		return err
	}
	if types := x.r.Header["Content-Type"]; len(types) != 1 || !isJSON(types[0]) {
		x.status = http.StatusUnsupportedMediaType
		return malformed("Content-Type must be application/json")
	}
	return nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	return err == nil && kind == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

func malformed(text string) *fault.Fault {
	return fault.InvalidFields(fault.Violation{Reason: fault.FieldFormat, Text: text})
}
