package client

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is a call that was not answered, in words. It holds nothing of what was sent.
type Failure struct {
	Code       codes.Code
	Reason     string        // stable name, see poruka.v1.Reason.Code; empty when the gateway was not reached
	Text       string        // for people
	Fields     []string      // `path: what is wanted`, for malformed requests
	RetryAfter time.Duration // 0: no advice
	RequestID  string        // under which the gateway's log knows the call
	cause      error
}

// Explain reads the details of a gRPC error. Any other error is returned as it is.
func Explain(err error) error {
	s, ok := status.FromError(err)
	if !ok || s.Code() == codes.OK {
		return err
	}
	f := &Failure{Code: s.Code(), Text: s.Message(), cause: err}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.Reason = d.GetReason()
		case *errdetails.LocalizedMessage:
			f.Text = d.GetMessage()
		case *errdetails.RetryInfo:
			f.RetryAfter = d.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			f.RequestID = d.GetRequestId()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				f.Fields = append(f.Fields, v.GetField()+": "+v.GetDescription())
			}
		}
	}
	if f.Reason == "" && f.Code == codes.Unavailable {
		f.Text = "no gateway answers: " + lastWords(f.Text)
	}
	return f
}

// lastWords cuts the layers that gRPC wraps around a failed connection down to the one that names the trouble.
func lastWords(text string) string {
	for _, layer := range []string{"Error while dialing: ", "authentication handshake failed: "} {
		if _, inner, found := strings.Cut(text, layer); found {
			return strings.TrimSuffix(inner, `"`)
		}
	}
	return text
}

// Error tells reason, text, fields, advice and request id, as far as there are any.
func (f *Failure) Error() string {
	var b strings.Builder
	if f.Reason != "" {
		b.WriteString(f.Reason + ": ")
	}
	b.WriteString(f.Text)
	for _, field := range f.Fields {
		b.WriteString("\n  " + field)
	}
	if f.RetryAfter > 0 {
		fmt.Fprintf(&b, " (try again in %s)", f.RetryAfter)
	}
	if f.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", f.RequestID)
	}
	return b.String()
}

// Unwrap gives the gRPC error.
func (f *Failure) Unwrap() error { return f.cause }

// Passing reports whether the same call may succeed later without anything being mended.
func (f *Failure) Passing() bool {
	switch f.Code {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted, codes.DeadlineExceeded:
		return true
	default:
		return false
	}
}
