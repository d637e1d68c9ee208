package intercept_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // installed for the bomb
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func TestValidator(t *testing.T) {
	v, err := intercept.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Check(request()); err != nil {
		t.Errorf("a good request: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*porukav1.ConfirmIdentityRequest)
		fields string
	}{
		"no uuid":        {func(r *porukav1.ConfirmIdentityRequest) { r.RequestId = "1" }, "requestId"},
		"nested":         {func(r *porukav1.ConfirmIdentityRequest) { r.Person.Passport.DepartmentCode = "12345678901" }, "person.passport.departmentCode"},
		"too long":       {func(r *porukav1.ConfirmIdentityRequest) { r.Person.FamilyName = strings.Repeat("ё", 101) }, "person.familyName"},
		"missing":        {func(r *porukav1.ConfirmIdentityRequest) { r.BankAccount = nil }, "bankAccount"},
		"unknown enum":   {func(r *porukav1.ConfirmIdentityRequest) { r.Person.Sex = 9 }, "person.sex"},
		"no method":      {func(r *porukav1.ConfirmIdentityRequest) { r.Authentication.Method = 0 }, "authentication.method"},
		"no time":        {func(r *porukav1.ConfirmIdentityRequest) { r.SendTime = &timestamppb.Timestamp{Nanos: -1} }, "sendTime"},
		"nested time":    {func(r *porukav1.ConfirmIdentityRequest) { r.Consent.Time = &timestamppb.Timestamp{Seconds: 1 << 60} }, "consent.time"},
		"unknown field":  {func(r *porukav1.ConfirmIdentityRequest) { addUnknown(r) }, ""},
		"unknown nested": {func(r *porukav1.ConfirmIdentityRequest) { addUnknown(r.GetPerson().GetPassport()) }, "person.passport"},
		"all at once": {func(r *porukav1.ConfirmIdentityRequest) {
			r.RequestId, r.Person.Snils, r.Consent = "", strings.Repeat("1", 33), nil
		}, "consent person.snils requestId"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			c.change(r)
			err := v.Check(r)
			wantViolations(t, err, c.fields)
		})
	}
}

func wantViolations(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no fault")
	}
	fields := violated(t, err)
	slices.Sort(fields)
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("fields %q, want %q", got, want)
	}
}

func addUnknown(m proto.Message) {
	m.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 1))
}

func TestPathsOfLists(t *testing.T) {
	v, err := intercept.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	good := &porukav1.PutAccountRequest{Id: "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69", Profile: &porukav1.Profile{}}
	bad := proto.CloneOf(good)
	bad.Profile.PreviousPassports = []*porukav1.Passport{{}, {Number: strings.Repeat("1", 21)}}
	addUnknown(bad.GetProfile().GetPreviousPassports()[0])
	wantViolations(t, v.Check(&porukav1.ImportAccountsRequest{Rows: []*porukav1.ImportRow{{Account: good}, {Account: bad}}}),
		"rows[1].account.profile.previousPassports[0] rows[1].account.profile.previousPassports[1].number")
	many := &porukav1.ImportAccountsRequest{}
	for range 200 {
		many.Rows = append(many.Rows, &porukav1.ImportRow{Account: &porukav1.PutAccountRequest{}})
	}
	if n := len(violated(t, v.Check(many))); n != 20 {
		t.Errorf("%d violations are told, want 20", n)
	}
}

// What is wrong with the bytes is the caller's doing, and is said so.
func TestHostileBytes(t *testing.T) {
	d := chaintest.New(t)
	var reached atomic.Int32
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		reached.Add(1)
		return confirmed(ctx, r)
	}
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	good, err := proto.Marshal(request())
	if err != nil {
		t.Fatal(err)
	}
	text := func(number protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), s)
	}
	for name, c := range map[string]struct {
		bytes  []byte
		code   codes.Code
		reason string
	}{
		"truncated":      {good[:len(good)-3], codes.InvalidArgument, "FIELD_FORMAT"},
		"garbage":        {[]byte("\xff\xff\xff\xff"), codes.InvalidArgument, "FIELD_FORMAT"},
		"invalid UTF-8":  {text(1, "\xff\xfe"), codes.InvalidArgument, "FIELD_FORMAT"},
		"overlong UTF-8": {text(1, "\xc0\xaf"), codes.InvalidArgument, "FIELD_FORMAT"},
		"NUL":            {text(1, "\x00"), codes.InvalidArgument, "FIELD_FORMAT"},
		"unknown field":  {append(slices.Clone(good), text(999, canaryName)...), codes.InvalidArgument, "FIELD_FORMAT"},
		"too large":      {text(1, strings.Repeat("x", intercept.MaxMessage+1)), codes.ResourceExhausted, "REQUEST_TOO_LARGE"},
		"5 MiB":          {text(1, strings.Repeat("x", 5<<20)), codes.ResourceExhausted, ""}, // gRPC's own refusal has no reason
		"deep groups":    {bytes.Repeat([]byte{0x0b}, 20000), codes.InvalidArgument, "FIELD_FORMAT"},
	} {
		err := send(t, conn, confirmMethod, c.bytes)
		wantRefusal(t, name, err, c.code, c.reason)
		if strings.Contains(err.Error(), canaryName) {
			t.Errorf("%s: the error repeats what was sent", name)
		}
	}
	if reached.Load() != 0 {
		t.Error("a malformed request reached the handler")
	}
	if err := send(t, conn, confirmMethod, good); err != nil || reached.Load() != 1 {
		t.Errorf("the good request: %v", err)
	}
}

// The limit counts what comes out of the compression.
func TestCompressionBomb(t *testing.T) {
	d := chaintest.New(t)
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	zeros := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), make([]byte, 4<<20))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(zeros); err != nil {
		t.Fatal(err)
	}
	if packed.Len() > intercept.MaxMessage {
		t.Fatal("not a bomb")
	}
	wantRefusal(t, "bomb", send(t, conn, confirmMethod, zeros, grpc.UseCompressor("gzip")), codes.ResourceExhausted, "")
	if l := lines(t, d, "call", 1)[0]; l.Reason != "REQUEST_TOO_LARGE" {
		t.Errorf("logged as %+v", l)
	}
}

// A stream's request is judged like any other; the rows of an import are left to the handler.
func TestStreams(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Export = func(*porukav1.ExportReportRequest, grpc.ServerStreamingServer[httpbody.HttpBody]) error {
		t.Error("a malformed request reached the handler")
		return nil
	}
	var seen []string
	d.Services.Bulk = func(s grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]) error {
		if intercept.RequestID(s.Context()) == "" {
			t.Error("the stream has no request id")
		}
		for range 2 {
			m, err := s.Recv()
			if err != nil {
				return err
			}
			seen = append(seen, m.GetRequest().GetRequestId())
		}
		_, err := s.Recv()
		return err
	}
	address := d.ServeGRPC(t)
	staff := d.Dial(t, address, "compliance")
	body, err := proto.Marshal(&porukav1.ExportReportRequest{Format: 77})
	if err != nil {
		t.Fatal(err)
	}
	err = send(t, staff, "/poruka.v1.AuditService/ExportReport", body)
	wantRefusal(t, "export", err, codes.InvalidArgument, "FIELD_FORMAT")
	if fields := fieldsOf(err); !slices.Equal(fields, []string{"format"}) {
		t.Errorf("fields %v", fields)
	}

	stream, err := porukav1.NewConfirmationServiceClient(d.Dial(t, address, "bank/vtb")).ConfirmIdentities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"not a uuid", "nor this"} {
		if err := stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: &porukav1.ConfirmIdentityRequest{RequestId: id}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream did not end")
	}
	if len(seen) != 2 {
		t.Errorf("the handler saw %v", seen)
	}
}
