package wire

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// Domain is the domain of every ErrorInfo.
const Domain = "poruka"

// FaultOf finds the fault in whatever a handler returned. Ends of contexts and statuses of gRPC's own services become
// faults as well; anything else is a defect of ours and becomes the hidden cause. It gives nil for nil.
func FaultOf(err error) *fault.Fault {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Deadline, fault.DeadlineOver, err)
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Cancelled, fault.CallerGaveUp, err)
	}
	if s, ok := status.FromError(err); ok {
		return ofStatus(s.Code(), err)
	}
	return fault.Of(err)
}

// ofStatus takes over the codes that gRPC itself, its health service and its reflection service return. Their texts stay hidden.
func ofStatus(code codes.Code, err error) *fault.Fault {
	reasons := map[codes.Code]fault.Reason{
		codes.Canceled:          fault.CallerGaveUp,
		codes.DeadlineExceeded:  fault.DeadlineOver,
		codes.InvalidArgument:   fault.FieldFormat,
		codes.NotFound:          fault.MethodUnknown,
		codes.ResourceExhausted: fault.RequestTooLarge,
		codes.Unimplemented:     fault.MethodUnknown,
		codes.Unavailable:       fault.ShuttingDown,
	}
	reason, ok := reasons[code]
	if !ok {
		return fault.Of(err)
	}
	return fault.Wrap(kindOf(code), reason, err)
}

// Status makes the status of an error, as FaultOf sees it, in the caller's language. requestID is told to the caller, so that it
// can be found in the log; empty leaves it out. It gives nil for nil.
func Status(err error, lang Language, requestID string) *status.Status {
	f := FaultOf(err)
	if f == nil {
		return nil
	}
	text := TextOf(f.Reason, lang)
	details := make([]protoadapt.MessageV1, 0, 5)
	details = append(details, &errdetails.ErrorInfo{Reason: string(f.Reason), Domain: Domain, Metadata: f.Metadata})
	if len(f.Violations) > 0 {
		details = append(details, badRequest(f, lang))
	}
	if d := retryAfter(f); d > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(d)})
	}
	details = append(details, &errdetails.LocalizedMessage{Locale: lang.String(), Message: text})
	if requestID != "" {
		details = append(details, &errdetails.RequestInfo{RequestId: requestID})
	}
	plain := status.New(Code(f.Kind), TextOf(f.Reason, English))
	if rich, err := plain.WithDetails(details...); err == nil {
		return rich
	}
	return plain
}

// retryAfter is the fault's own advice, or what is usual for its reason.
func retryAfter(f *fault.Fault) time.Duration {
	if f.RetryAfter > 0 {
		return f.RetryAfter
	}
	return time.Duration(ReasonOf(string(f.Reason)).GetRetryDelaySeconds()) * time.Second
}

// badRequest names each field. The description is what is wanted of it, in English, as developers read it. The text for people comes
// with the field only where it differs from that of the whole.
func badRequest(f *fault.Fault, lang Language) *errdetails.BadRequest {
	fields := make([]*errdetails.BadRequest_FieldViolation, len(f.Violations))
	for i, v := range f.Violations {
		fields[i] = &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Text, Reason: string(v.Reason)}
		if v.Reason != f.Reason {
			fields[i].LocalizedMessage = &errdetails.LocalizedMessage{Locale: lang.String(), Message: TextOf(v.Reason, lang)}
		}
	}
	return &errdetails.BadRequest{FieldViolations: fields}
}

// BulkError tells one refused request of a bulk what a unary call would have been told.
func BulkError(err error) *porukav1.BulkError {
	f := FaultOf(err)
	reason := ReasonOf(string(f.Reason))
	if f.RetryAfter > 0 {
		reason = &porukav1.Reason{
			Reason: reason.GetReason(), Group: reason.GetGroup(), Actor: reason.GetActor(), Retry: reason.GetRetry(), Text: reason.GetText(),
			RetryDelaySeconds: Seconds(f.RetryAfter),
		}
	}
	out := &porukav1.BulkError{Code: int32(Code(f.Kind)), Reason: reason} //nolint:gosec // there are 17 codes
	for _, v := range f.Violations {
		if !slices.Contains(out.GetFields(), v.Field) {
			out.Fields = append(out.Fields, v.Field)
		}
	}
	return out
}

// Seconds rounds an advice up to whole seconds, at least 1, as Retry-After and retry_delay_seconds want it.
func Seconds(d time.Duration) int32 {
	const most = time.Duration(1<<31-1) * time.Second
	return int32(max(1, (min(d, most)+time.Second-1)/time.Second))
}
