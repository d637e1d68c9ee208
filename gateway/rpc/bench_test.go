package rpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/partners"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 22, 9, 0, 0, 250_000_000, time.UTC)

// roster is three banks.
type roster struct{}

func (roster) All() []partners.Partner {
	from, _ := person.NewDate(2026, time.January, 1)
	until, _ := person.NewDate(2026, time.February, 1)
	limits := partners.Limits{RequestsPerSecond: 100, Burst: 10, ConcurrentRequests: 8, Connections: 4}
	return []partners.Partner{
		{ID: "former", DisplayName: "Former", ValidFrom: from, ValidUntil: until, Policy: "match/1", Style: "native", Limits: limits},
		{ID: "sberbank", DisplayName: "Сбербанк", ValidFrom: from, Policy: "match/1", Style: "native", Limits: limits},
		{ID: "vtb", DisplayName: "ВТБ", ValidFrom: from, Policy: "match/1", Style: "native", Limits: limits},
	}
}

func (r roster) Find(id partners.ID) (partners.Partner, bool) {
	for _, p := range r.All() {
		if p.ID == id {
			return p, true
		}
	}
	return partners.Partner{}, false
}

// limiter admits as it is told.
type limiter func(partners.Partner) (func(), time.Duration, bool)

func (l limiter) Allow(p partners.Partner) (func(), time.Duration, bool) { return l(p) }

func noLimit(partners.Partner) (func(), time.Duration, bool) { return func() {}, 0, true }

// bench is all services over a ledger in memory, behind a listener in memory. Whom a connection is taken for is told by metadata.
const logOrigin = "gateway.example/log"

type bench struct {
	t          testing.TB
	store      *ledgertest.Memory
	ring       *seal.Ring
	banks      *banks.Service
	connection *grpc.ClientConn
}

func newBench(t *testing.T, change ...func(*rpc.Config)) *bench {
	t.Helper()
	b := &bench{t: t, store: &ledgertest.Memory{}}
	b.serve(b.services(change))
	return b
}

func (b *bench) services(change []func(*rpc.Config)) *rpc.Services {
	b.t.Helper()
	ring, err := seal.Generate(seal.Development)
	b.check(err)
	b.ring = ring
	committer, err := group.New(group.Config{Ledger: b.store, Scribe: func() group.Scribe { return tlog.NewScribe(ring, nil) }})
	b.check(err)
	b.t.Cleanup(func() { _ = committer.Close(context.Background()) })
	clock := func() time.Time { return start }
	confirmer, err := confirm.New(confirm.Config{Committer: committer, Reader: b.store, Ring: ring, Clock: clock})
	b.check(err)
	keeper, err := portal.New(portal.Config{Committer: committer, Reader: b.store, Ring: ring, Clock: clock})
	b.check(err)
	key, err := tlog.NewKey(logOrigin, ring)
	b.check(err)
	prover, err := tlog.NewProver(tlog.ProverConfig{Log: b.store, Checkpoints: b.store, Origin: logOrigin, Keys: []*tlog.Key{key}})
	b.check(err)
	auditor, err := audit.New(audit.Config{Ledger: b.store, Log: b.store, Prover: prover, Key: key, Patience: 50 * time.Millisecond})
	b.check(err)
	b.banks, err = banks.New(banks.Config{Directory: roster{}, Suspender: b.store, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	b.check(err)
	b.check(b.banks.Refresh(context.Background()))
	validator, err := intercept.NewValidator()
	b.check(err)
	cfg := rpc.Config{
		Confirm: confirmer, Portal: keeper, Audit: auditor, Banks: b.banks, Limiter: limiter(noLimit), Validate: validator.Check,
		Accesses: b.accesses(committer, ring),
		Methods:  func(role certs.Role) []string { return []string{"/of/" + string(role)} }, Clock: clock, Version: "v1.2.3",
		Endpoint: func(id partners.ID) *porukav1.Endpoint {
			if id != "vtb" {
				return nil
			}
			return &porukav1.Endpoint{Breaker: porukav1.Endpoint_OPEN, LastFailure: "TIMEOUT"}
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	services, err := rpc.New(cfg)
	b.check(err)
	return services
}

func (b *bench) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// identified is what the chain does before a handler.
func identified(ctx context.Context) context.Context {
	md, _ := metadata.FromIncomingContext(ctx)
	if names := md.Get("caller"); len(names) == 1 {
		identity, err := certs.ParseIdentity(names[0])
		if err == nil {
			return access.WithCaller(ctx, certs.Caller{Identity: identity, Serial: "0af3", NotBefore: start.Add(-time.Hour), NotAfter: start.Add(71 * time.Hour)})
		}
	}
	return ctx
}

type identifiedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s identifiedStream) Context() context.Context { return s.ctx }

func (b *bench) serve(services *rpc.Services) {
	b.t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(
		grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(func(ctx context.Context, in any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			out, err := next(identified(ctx), in)
			return out, wire.Status(err, wire.English, "").Err()
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return wire.Status(next(srv, identifiedStream{stream, identified(stream.Context())}), wire.English, "").Err()
		}),
	)
	services.Register(server)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	var err error
	b.connection, err = grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	b.check(err)
	b.t.Cleanup(func() {
		_ = b.connection.Close()
		server.Stop()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
}

// as gives a context that the server takes for a role.
func (b *bench) as(role string) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	b.t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "caller", "poruka://t/"+role)
}

func (b *bench) confirmations() porukav1.ConfirmationServiceClient {
	return porukav1.NewConfirmationServiceClient(b.connection)
}

func (b *bench) portal() porukav1.PortalServiceClient {
	return porukav1.NewPortalServiceClient(b.connection)
}

func maria() *porukav1.Person {
	return &porukav1.Person{
		FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: porukav1.Person_FEMALE, Citizenship: "RUS",
		Passport: &porukav1.Passport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
		Snils:    "112-233-445 95", Inn: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
	}
}

func requestID(n int) string { return fmt.Sprintf("7b0c1e9e-6a5f-4a52-9f0c-%012x", n) }

const mariaID = "0ac00000-0000-4000-8000-000000000001"

func ask(n int, change ...func(*porukav1.ConfirmIdentityRequest)) *porukav1.ConfirmIdentityRequest {
	r := &porukav1.ConfirmIdentityRequest{
		RequestId: requestID(n), Person: maria(), BankAccount: &porukav1.BankAccount{Active: true, PhoneBound: true},
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_SMS_CODE, Time: timestamppb.New(start.Add(-30 * time.Second))},
		Consent:        &porukav1.Consent{Given: true, Time: timestamppb.New(start.Add(-40 * time.Second))},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func put(change ...func(*porukav1.PutAccountRequest)) *porukav1.PutAccountRequest {
	r := &porukav1.PutAccountRequest{
		Id: mariaID, Level: porukav1.Account_STANDARD, RegistryStatus: porukav1.Account_VERIFIED, RegistryTime: timestamppb.New(start),
		Profile: &porukav1.Profile{Person: maria(), PhoneVerified: true},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func (b *bench) putMaria() {
	b.t.Helper()
	_, err := b.portal().PutAccount(b.as("portal"), put())
	b.check(err)
}

func (b *bench) confirm(bank string, r *porukav1.ConfirmIdentityRequest) *porukav1.Confirmation {
	b.t.Helper()
	out, err := b.confirmations().ConfirmIdentity(b.as("bank/"+bank), r)
	b.check(err)
	return out.GetConfirmation()
}

// reasonOf gives the reason of a status, and the fields at fault.
func reasonOf(err error) (reason string, fields []string) {
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
	}
	return reason, fields
}

// refused expects a reason.
func (b *bench) refused(err error, want string, fields ...string) {
	b.t.Helper()
	if reason, at := reasonOf(err); reason != want || !slices.Equal(at, fields) {
		b.t.Errorf("refused with %q of %v (%v), want %q of %v", reason, at, err, want, fields)
	}
}

func (b *bench) entries() []ledger.Entry {
	b.t.Helper()
	list, _, err := b.store.Entries(context.Background(), ledger.Filter{}, ledger.Page{Limit: 1 << 20})
	b.check(err)
	return list
}
