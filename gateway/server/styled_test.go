package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// TestDialects lets every bank confirm in its own dialect and in ours, in both orders: one request is one request.
func TestDialects(t *testing.T) { ledgers.OnEach(t, dialects) }

func dialects(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 120})
	people := raisable(t, g, 120)
	for i, bank := range style.Standard().Names() {
		t.Run(bank, func(t *testing.T) {
			s := speakerOf(t, g, bank)
			native := porukav1.NewConfirmationServiceClient(g.Conn(bank))
			inDialectFirst(t, s, native, fresh(people[2*i]))
			nativelyFirst(t, s, native, fresh(people[2*i+1]))
			described(t, g, bank)
		})
	}
}

func inDialectFirst(t *testing.T, s speaker, native porukav1.ConfirmationServiceClient, r *porukav1.ConfirmIdentityRequest) {
	t.Helper()
	first := s.ask(r)
	if first.Outcome != "CONFIRMED" || first.Replayed || first.RequestID != r.GetRequestId() || first.Receipt == "" || first.LevelAfter != "CONFIRMED" {
		t.Errorf("first: %+v", first)
	}
	if again := s.ask(r); !again.Replayed || again.Name != first.Name || again.Outcome != "CONFIRMED" || !again.DecidedAt.Equal(first.DecidedAt) {
		t.Errorf("again: %+v", again)
	}
	out, err := native.ConfirmIdentity(t.Context(), r)
	if got := out.GetConfirmation(); err != nil || !got.GetReplayed() || got.GetName() != first.Name || got.GetReceipt() != first.Receipt {
		t.Errorf("natively: %v, %v", got, err)
	}
	found, err := native.FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: r.GetRequestId()})
	if err != nil || found.GetConfirmation().GetName() != first.Name {
		t.Errorf("found: %v, %v", found, err)
	}
	other := proto.CloneOf(r)
	other.Person.GivenName = "Иннокентий"
	refusal := s.refused("id reused", s.send(s.write(other)), http.StatusConflict, "REQUEST_ID_REUSED")
	if refusal.RequestID != r.GetRequestId() {
		t.Errorf("the refused request is %q", refusal.RequestID)
	}
}

func nativelyFirst(t *testing.T, s speaker, native porukav1.ConfirmationServiceClient, r *porukav1.ConfirmIdentityRequest) {
	t.Helper()
	out, err := native.ConfirmIdentity(t.Context(), r)
	if err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Fatalf("natively: %v, %v", out, err)
	}
	if again := s.ask(r); !again.Replayed || again.Name != out.GetConfirmation().GetName() || again.Receipt != out.GetConfirmation().GetReceipt() {
		t.Errorf("in the dialect: %+v", again)
	}
	m := s.write(r)
	response, err := native.ConfirmStyled(t.Context(), grpcOf(s.bank, m))
	if err != nil || response.GetHttpStatus() != http.StatusOK {
		t.Fatalf("over gRPC: %v", err)
	}
	overGRPC, err := s.dialect.ReadAnswer(style.Message{Status: http.StatusOK, Body: response.GetBody()})
	if err != nil || !overGRPC.Replayed || overGRPC.Name != out.GetConfirmation().GetName() {
		t.Errorf("over gRPC: %+v, %v", overGRPC, err)
	}
}

// grpcOf is a message as it goes over gRPC.
func grpcOf(bank string, m style.Message) *porukav1.ConfirmStyledRequest {
	out := &porukav1.ConfirmStyledRequest{Bank: bank, ContentType: m.ContentType, Body: m.Body}
	for name, value := range m.Header {
		out.Headers = append(out.Headers, &porukav1.StyledHeader{Name: name, Value: value})
	}
	return out
}

// described checks that a bank is told which dialect it speaks, and within which limits.
func described(t *testing.T, g *gatewaytest.Gateway, bank string) {
	t.Helper()
	out, err := porukav1.NewCallerServiceClient(g.Conn(bank)).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{})
	if err != nil || out.GetStyle() != bank || out.GetLimits().GetRequestsPerSecond() <= 0 ||
		!slices.Contains(out.GetMethods(), porukav1.ConfirmationService_ConfirmStyled_FullMethodName) {
		t.Errorf("described as %v, %v", out, err)
	}
}

// TestDialectRefusals sends every bank's mistakes and expects them told in its own words.
func TestDialectRefusals(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	person := raisable(t, g, 60)[0]
	others := t.TempDir()
	if err := development.EnsureBankKeys(others, time.Now); err != nil {
		t.Fatal(err)
	}
	for _, bank := range style.Standard().Names() {
		t.Run(bank, func(t *testing.T) {
			s := speakerOf(t, g, bank)
			if s.isSigned() {
				var err error
				if s.impostor, err = development.BankSigner(others, partners.ID(bank)); err != nil {
					t.Fatal(err)
				}
			}
			claims(t, s, person)
			bodies(t, s, s.write(fresh(person)))
			otherCallers(t, g, s, s.write(fresh(person)))
		})
	}
}

// claims are wrong in what they say.
func claims(t *testing.T, s speaker, person *porukav1.ConfirmIdentityRequest) {
	t.Helper()
	type claim = porukav1.ConfirmIdentityRequest
	for name, x := range map[string]struct {
		change func(*claim)
		reason string
		field  string
	}{
		"checksum": {func(c *claim) { c.Person.Snils = "112-233-445 96" }, "SNILS_CHECKSUM", "person.snils"},
		"form":     {func(c *claim) { c.Person.MobilePhone = "12" }, "FIELD_FORMAT", "person.mobilePhone"},
		"too long": {func(c *claim) { c.Person.Email = longEmail }, "FIELD_FORMAT", "person.email"},
		"missing":  {func(c *claim) { c.Person.FamilyName = "" }, "FIELD_FORMAT", "person.familyName"},
		"stale":    {func(c *claim) { c.SendTime.Seconds -= 600 }, "REQUEST_TOO_OLD", ""},
		"ahead":    {func(c *claim) { c.SendTime.Seconds += 600 }, "REQUEST_FROM_FUTURE", ""},
		"agreed ahead": {
			func(c *claim) { c.Consent.Time = timestamppb.New(time.Now().Add(time.Hour).Truncate(time.Second)) }, "REQUEST_FROM_FUTURE", "",
		},
	} {
		in := fresh(proto.CloneOf(person))
		x.change(in)
		r := s.refused(name, s.send(s.write(in)), http.StatusBadRequest, x.reason)
		if r.RequestID != in.GetRequestId() {
			t.Errorf("%s: the refused request is %q", name, r.RequestID)
		}
		if x.field == "" && r.Metadata["server_time"] == "" {
			t.Errorf("%s: the time of the server is not told: %+v", name, r)
		}
		if x.field != "" && (s.bank != "sberbank" || len(r.Fields) > 0) && !slices.ContainsFunc(r.Fields, func(f style.Field) bool { return f.Path == x.field }) {
			t.Errorf("%s: fields %+v", name, r.Fields)
		}
	}
}

// otherCallers are callers who may not ask in the bank's name. They are told so as at the door of a bank that is none, and learn nothing
// of the bank.
func otherCallers(t *testing.T, g *gatewaytest.Gateway, s speaker, m style.Message) {
	t.Helper()
	for caller, reason := range map[string]string{"portal": "ACCESS_DENIED", "compliance": "ACCESS_DENIED", "another": "CERTIFICATE_NOT_YOURS"} {
		if caller == "another" {
			caller = map[bool]string{true: "sberbank", false: "vtb"}[s.bank == "vtb"]
		}
		another := s
		another.door = doorOf(t, g, caller)
		told, none := another.send(m), another.sendTo("nobody", m)
		if told.Status != http.StatusForbidden || none.Status != told.Status || !strings.Contains(string(told.Body), reason) {
			t.Errorf("%s: HTTP %d %s", caller, told.Status, told.Body)
		}
		if told.ContentType != none.ContentType || len(told.Body) != len(none.Body) || len(told.Header) != len(none.Header) {
			t.Errorf("%s is told %v %s\nof none: %v %s", caller, told.Header, told.Body, none.Header, none.Body)
		}
	}
	native := s.door.call(http.MethodPost, "/v1/banks/"+uuid.NewString()+"/confirmations", "{}")
	if native.http != http.StatusForbidden || native.reason != "CERTIFICATE_NOT_YOURS" {
		t.Errorf("a bank that is none: HTTP %d %s", native.http, native.refusedWith())
	}
}
