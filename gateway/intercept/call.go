package intercept

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/observe"
)

// unknownMethod stands for every method and route that does not exist, in metrics and logs.
const unknownMethod = "unknown"

// method is what the chain knows of one method.
type method struct {
	name         string // full gRPC name, name of a page, or unknownMethod
	clientStream bool   // the caller sends a stream
	stream       bool   // either side sends a stream
	meter        *observe.Method
}

func (c *Chain) newMethod(name string, clientStream, serverStream bool) *method {
	return &method{name: name, clientStream: clientStream, stream: clientStream || serverStream, meter: c.config.Metrics.Method(name)}
}

// call is the state of one call, shared by the steps.
type call struct {
	method    *method
	transport string // grpc or rest
	id        string
	began     time.Time

	caller     certs.Caller
	identified bool
	label      string // of the caller, for metrics: a bank of the roster or a role

	reached bool         // the handler was entered
	audited bool         // the call is written down for the audit
	fault   *fault.Fault // why it was refused or failed
	code    codes.Code

	cancel  context.CancelFunc // ends the shortened deadline
	release func()             // gives the limiter's slot back
	span    trace.Span
	stack   []byte // of a panic
}

type callKey struct{}

// RequestID gives the id under which the call stands in the log; empty outside of a call.
func RequestID(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.id
	}
	return ""
}

// newRequestID makes a UUID of version 7: ordered by time, so that it is found in a log quickly, and otherwise random.
func newRequestID(now time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[6:]) // never fails
	ms := now.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i)) //nolint:gosec // the low eight bits are meant
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80

	var text [36]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:36], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
