package intercept_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Canaries are values of a person that must be found nowhere but in the handler.
const (
	canaryName  = "Канарейкина"
	canarySNILS = "112-233-445 95"
)

const confirmMethod = "/poruka.v1.ConfirmationService/ConfirmIdentity"

// request is a request with nothing wrong.
func request() *porukav1.ConfirmIdentityRequest {
	return &porukav1.ConfirmIdentityRequest{
		RequestId: "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69",
		Person: &porukav1.Person{
			FamilyName: canaryName, GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: porukav1.Person_FEMALE, Citizenship: "RUS",
			Passport: &porukav1.Passport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
			Snils:    canarySNILS, Inn: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
		},
		BankAccount:    &porukav1.BankAccount{Active: true, PhoneBound: true},
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_SMS_CODE, Time: timestamppb.Now()},
		Consent:        &porukav1.Consent{Given: true, Time: timestamppb.Now()},
	}
}

func confirmed(_ context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	return &porukav1.ConfirmIdentityResponse{
		Confirmation: &porukav1.Confirmation{RequestId: r.GetRequestId(), Outcome: porukav1.Confirmation_CONFIRMED},
	}, nil
}

// raw sends and takes bytes as they are.
type raw struct{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	if m, ok := v.(proto.Message); ok {
		b, err := proto.Marshal(m)
		return mem.BufferSlice{mem.SliceBuffer(b)}, err
	}
	b, ok := v.([]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return mem.BufferSlice{mem.SliceBuffer(b)}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(proto.Message); ok {
		return proto.Unmarshal(data.Materialize(), m)
	}
	return nil
}

func (raw) Name() string { return "proto" }

// send calls any method, unary or not, with one message of raw bytes, and gives the error.
func send(t *testing.T, conn *grpc.ClientConn, method string, message []byte, options ...grpc.CallOption) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method, append(options, grpc.ForceCodecV2(raw{}))...)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(message); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		var answer []byte
		if err := stream.RecvMsg(&answer); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// reasonOf gives the code and the reason of an error.
func reasonOf(err error) (codes.Code, string) {
	s := status.Convert(err)
	if info, ok := detail[*errdetails.ErrorInfo](s); ok {
		return s.Code(), info.GetReason()
	}
	return s.Code(), ""
}

func detail[T any](s *status.Status) (T, bool) {
	for _, d := range s.Details() {
		if t, ok := d.(T); ok {
			return t, true
		}
	}
	var none T
	return none, false
}

// wantRefusal checks code and reason.
func wantRefusal(t *testing.T, what string, err error, code codes.Code, reason string) {
	t.Helper()
	if gotCode, gotReason := reasonOf(err); gotCode != code || gotReason != reason {
		t.Errorf("%s: %v %s (%v), want %v %s", what, gotCode, gotReason, err, code, reason)
	}
}

// line is one line of the log.
type line struct {
	Level, Msg, Method, Transport, Role, Bank, Code, Reason, Error, Stack, Serial, Peer string

	RequestID  string `json:"request_id"`
	Audit      bool
	Identified *bool
	Reached    *bool
	Duration   *int64 `json:"duration_us"`
}

// lines gives the lines logged since the last time, by message.
func lines(t *testing.T, d *chaintest.Door, message string, n int) []line {
	t.Helper()
	var all []string
	deadline := time.Now().Add(5 * time.Second)
	for {
		all = append(all, d.Log.Take()...)
		var found []line
		for _, text := range all {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatalf("not one line of JSON: %s", text)
			}
			if l.Msg == message {
				found = append(found, l)
			}
		}
		// The caller has its answer a moment before the line is written.
		if len(found) >= n || time.Now().After(deadline) {
			if len(found) != n {
				t.Fatalf("%d lines %q, want %d: %s", len(found), message, n, strings.Join(all, "\n"))
			}
			return found
		}
		time.Sleep(time.Millisecond)
	}
}

func fieldsOf(err error) []string {
	var fields []string
	if bad, ok := detail[*errdetails.BadRequest](status.Convert(err)); ok {
		for _, v := range bad.GetFieldViolations() {
			fields = append(fields, v.GetField())
		}
	}
	slices.Sort(fields)
	return fields
}

// violated lists the fields of a fault.
func violated(t *testing.T, err error) []string {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Reason != fault.FieldFormat {
		t.Fatalf("%v is not the fault of a malformed request", err)
	}
	var fields []string
	for _, v := range f.Violations {
		if v.Text == "" {
			t.Errorf("%s: nothing says what is wanted", v.Field)
		}
		fields = append(fields, v.Field)
	}
	return fields
}
