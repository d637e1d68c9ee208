package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/wire"
)

func TestCodes(t *testing.T) {
	for kind, want := range map[fault.Kind]struct {
		code codes.Code
		http int
	}{
		fault.Internal:        {codes.Internal, http.StatusInternalServerError},
		fault.Invalid:         {codes.InvalidArgument, http.StatusBadRequest},
		fault.Unauthenticated: {codes.Unauthenticated, http.StatusUnauthorized},
		fault.Denied:          {codes.PermissionDenied, http.StatusForbidden},
		fault.NotFound:        {codes.NotFound, http.StatusNotFound},
		fault.AlreadyExists:   {codes.AlreadyExists, http.StatusConflict},
		fault.Precondition:    {codes.FailedPrecondition, http.StatusConflict},
		fault.Aborted:         {codes.Aborted, http.StatusConflict},
		fault.Exhausted:       {codes.ResourceExhausted, http.StatusTooManyRequests},
		fault.Unavailable:     {codes.Unavailable, http.StatusServiceUnavailable},
		fault.Deadline:        {codes.DeadlineExceeded, http.StatusGatewayTimeout},
		fault.Cancelled:       {codes.Canceled, 499},
		fault.Unimplemented:   {codes.Unimplemented, http.StatusNotImplemented},
		fault.Kind(200):       {codes.Internal, http.StatusInternalServerError},
	} {
		if got := wire.Code(kind); got != want.code {
			t.Errorf("kind %d has code %v, want %v", kind, got, want.code)
		}
		if got := wire.HTTP(want.code); got != want.http {
			t.Errorf("code %v has HTTP status %d, want %d", want.code, got, want.http)
		}
	}
	for code, want := range map[codes.Code]string{codes.OK: "OK", codes.Canceled: "CANCELLED", codes.DataLoss: "INTERNAL"} {
		if got := wire.CodeName(code); got != want {
			t.Errorf("code %v is called %s, want %s", code, got, want)
		}
	}
	if wire.HTTP(codes.OK) != http.StatusOK {
		t.Error("OK is not 200")
	}
}

// secret stands for whatever a driver or a panic might say.
const secret = "pq: relation accounts, host store-one, 112-233-445 95"

func TestFaultOf(t *testing.T) {
	own := fault.New(fault.Exhausted, fault.RateLimit)
	for name, c := range map[string]struct {
		err    error
		kind   fault.Kind
		reason fault.Reason
	}{
		"a fault":            {fmt.Errorf("wrapped: %w", own), fault.Exhausted, fault.RateLimit},
		"a defect":           {errors.New(secret), fault.Internal, fault.Defect},
		"too late":           {fmt.Errorf("x: %w", context.DeadlineExceeded), fault.Deadline, fault.DeadlineOver},
		"gave up":            {context.Canceled, fault.Cancelled, fault.CallerGaveUp},
		"stream broken":      {status.Error(codes.Canceled, secret), fault.Cancelled, fault.CallerGaveUp},
		"not implemented":    {status.Error(codes.Unimplemented, secret), fault.Unimplemented, fault.MethodUnknown},
		"unknown service":    {status.Error(codes.NotFound, secret), fault.NotFound, fault.MethodUnknown},
		"message too large":  {status.Error(codes.ResourceExhausted, secret), fault.Exhausted, fault.RequestTooLarge},
		"status of a defect": {status.Error(codes.DataLoss, secret), fault.Internal, fault.Defect},
	} {
		t.Run(name, func(t *testing.T) {
			f := wire.FaultOf(c.err)
			if f.Kind != c.kind || f.Reason != c.reason {
				t.Errorf("fault %v %v, want %v %v", f.Kind, f.Reason, c.kind, c.reason)
			}
			s := wire.Status(c.err, wire.Russian, "id")
			if got := s.Proto().String(); strings.Contains(got, "store-one") || strings.Contains(got, "112-") {
				t.Errorf("the status tells the cause: %s", got)
			}
		})
	}
	if wire.FaultOf(nil) != nil || wire.Status(nil, wire.English, "") != nil {
		t.Error("nil became a fault")
	}
}

func TestStatusHasItsDetails(t *testing.T) {
	f := fault.InvalidFields(
		fault.Violation{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "check digits"},
		fault.Violation{Field: "person.inn", Reason: fault.INNChecksum, Text: "check digits"},
	).With("server_time", "2026-11-22T10:00:00Z").After(1500 * time.Millisecond)
	s := wire.Status(f, wire.Russian, "0192")
	if s.Code() != codes.InvalidArgument || s.Message() != wire.TextOf(fault.FieldFormat, wire.English) {
		t.Errorf("status %v %q", s.Code(), s.Message())
	}
	found := 0
	for _, d := range s.Details() {
		found++
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.GetReason() != "FIELD_FORMAT" || d.GetDomain() != "poruka" || d.GetMetadata()["server_time"] == "" {
				t.Errorf("ErrorInfo %v", d)
			}
		case *errdetails.BadRequest:
			v := d.GetFieldViolations()
			if len(v) != 2 || v[0].GetField() != "person.snils" || v[0].GetReason() != "SNILS_CHECKSUM" ||
				v[0].GetLocalizedMessage().GetMessage() != wire.TextOf(fault.SNILSChecksum, wire.Russian) {
				t.Errorf("BadRequest %v", d)
			}
		case *errdetails.RetryInfo:
			if d.GetRetryDelay().AsDuration() != 1500*time.Millisecond {
				t.Errorf("RetryInfo %v", d)
			}
		case *errdetails.LocalizedMessage:
			if d.GetLocale() != "ru" || d.GetMessage() != wire.TextOf(fault.FieldFormat, wire.Russian) {
				t.Errorf("LocalizedMessage %v", d)
			}
		case *errdetails.RequestInfo:
			if d.GetRequestId() != "0192" {
				t.Errorf("RequestInfo %v", d)
			}
		default:
			t.Errorf("unexpected detail %T", d)
		}
	}
	if found != 5 {
		t.Errorf("%d details, want 5", found)
	}
}

func TestAdviceIsNeverMissing(t *testing.T) {
	for _, d := range wire.Status(fault.New(fault.Exhausted, fault.Overloaded), wire.English, "").Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok && info.GetRetryDelay().AsDuration() > 0 {
			return
		}
	}
	t.Error("OVERLOADED without advice of its own does not say when to repeat")
}

func TestBulkError(t *testing.T) {
	e := wire.BulkError(fault.New(fault.Exhausted, fault.AttemptsExhausted).After(90 * time.Second))
	if codes.Code(e.GetCode()) != codes.ResourceExhausted || e.GetReason().GetRetryDelaySeconds() != 90 {
		t.Errorf("bulk error %v", e)
	}
	if wire.ReasonOf("ATTEMPTS_EXHAUSTED").GetRetryDelaySeconds() == 90 {
		t.Error("the shared reason was changed")
	}
	twice := fault.Violation{Field: "person.snils", Reason: fault.FieldFormat}
	e = wire.BulkError(fault.InvalidFields(twice, twice))
	if len(e.GetFields()) != 1 || e.GetFields()[0] != "person.snils" {
		t.Errorf("fields %v", e.GetFields())
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]int32{
		0: 1, time.Millisecond: 1, time.Second: 1, 1001 * time.Millisecond: 2, time.Hour: 3600, 1 << 62: 1<<31 - 1,
	} {
		if got := wire.Seconds(d); got != want {
			t.Errorf("Seconds(%v) = %d, want %d", d, got, want)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for header, want := range map[string]wire.Language{
		"":                            wire.English,
		"ru":                          wire.Russian,
		"RU-ru":                       wire.Russian,
		"ru-RU,ru;q=0.9,en;q=0.8":     wire.Russian,
		"en-US,en;q=0.9,ru;q=0.8":     wire.English,
		"de, ru;q=0.1":                wire.Russian,
		"en;q=0.2, ru;q=0.3":          wire.Russian,
		"ru;q=0":                      wire.English,
		"ru;q=nonsense":               wire.English,
		"ru;q=NaN":                    wire.English,
		"rus":                         wire.English,
		"*, ru":                       wire.English,
		strings.Repeat("x,", 200):     wire.English,
		strings.Repeat(" ", 300):      wire.English,
		"ru" + strings.Repeat(" ", 9): wire.Russian,
	} {
		if got := wire.LanguageOf(header); got != want {
			t.Errorf("LanguageOf(%.40q) = %v, want %v", header, got, want)
		}
	}
}

func FuzzLanguageOf(f *testing.F) {
	f.Add("ru-RU,ru;q=0.9,en;q=0.8")
	f.Add(";q=,;,,-")
	f.Fuzz(func(t *testing.T, header string) {
		if lang := wire.LanguageOf(header).String(); lang != "ru" && lang != "en" {
			t.Errorf("language %q", lang)
		}
	})
}

func BenchmarkStatus(b *testing.B) {
	f := fault.InvalidFields(fault.Violation{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "check digits"})
	b.ReportAllocs()
	for b.Loop() {
		_ = wire.Status(f, wire.English, "01928a3e-7d1c-7e4b-8a9f-0123456789ab").Proto()
	}
}
