package chaintest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/access"
)

// Services answer what their functions say; what has no function is not implemented. Set them before serving.
type Services struct {
	Confirm  func(context.Context, *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error)
	Styled   func(context.Context, *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error)
	Bulk     func(grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]) error
	Get      func(context.Context, *porukav1.GetConfirmationRequest) (*porukav1.GetConfirmationResponse, error)
	Find     func(context.Context, *porukav1.FindConfirmationRequest) (*porukav1.FindConfirmationResponse, error)
	Withdraw func(context.Context, *porukav1.WithdrawConfirmationRequest) (*porukav1.WithdrawConfirmationResponse, error)
	Put      func(context.Context, *porukav1.PutAccountRequest) (*porukav1.PutAccountResponse, error)
	Lookup   func(context.Context, *porukav1.LookupAccountRequest) (*porukav1.LookupAccountResponse, error)
	Records  func(context.Context, *porukav1.ListRecordsRequest) (*porukav1.ListRecordsResponse, error)
	Export   func(*porukav1.ExportReportRequest, grpc.ServerStreamingServer[httpbody.HttpBody]) error
	Describe func(context.Context, *porukav1.DescribeCallerRequest) (*porukav1.DescribeCallerResponse, error)
}

type confirmations struct {
	porukav1.UnimplementedConfirmationServiceServer
	s *Services
}

// ConfirmIdentity calls Confirm.
func (c confirmations) ConfirmIdentity(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	if c.s.Confirm == nil {
		return c.UnimplementedConfirmationServiceServer.ConfirmIdentity(ctx, r)
	}
	return c.s.Confirm(ctx, r)
}

// ConfirmStyled calls Styled.
func (c confirmations) ConfirmStyled(ctx context.Context, r *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
	if c.s.Styled == nil {
		return c.UnimplementedConfirmationServiceServer.ConfirmStyled(ctx, r)
	}
	return c.s.Styled(ctx, r)
}

// ConfirmIdentities calls Bulk.
func (c confirmations) ConfirmIdentities(s grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]) error {
	if c.s.Bulk == nil {
		return c.UnimplementedConfirmationServiceServer.ConfirmIdentities(s)
	}
	return c.s.Bulk(s)
}

// GetConfirmation calls Get.
func (c confirmations) GetConfirmation(ctx context.Context, r *porukav1.GetConfirmationRequest) (*porukav1.GetConfirmationResponse, error) {
	if c.s.Get == nil {
		return c.UnimplementedConfirmationServiceServer.GetConfirmation(ctx, r)
	}
	return c.s.Get(ctx, r)
}

// FindConfirmation calls Find.
func (c confirmations) FindConfirmation(ctx context.Context, r *porukav1.FindConfirmationRequest) (*porukav1.FindConfirmationResponse, error) {
	if c.s.Find == nil {
		return c.UnimplementedConfirmationServiceServer.FindConfirmation(ctx, r)
	}
	return c.s.Find(ctx, r)
}

// WithdrawConfirmation calls Withdraw.
func (c confirmations) WithdrawConfirmation(ctx context.Context, r *porukav1.WithdrawConfirmationRequest) (*porukav1.WithdrawConfirmationResponse, error) {
	if c.s.Withdraw == nil {
		return c.UnimplementedConfirmationServiceServer.WithdrawConfirmation(ctx, r)
	}
	return c.s.Withdraw(ctx, r)
}

type portal struct {
	porukav1.UnimplementedPortalServiceServer
	s *Services
}

// PutAccount calls Put.
func (p portal) PutAccount(ctx context.Context, r *porukav1.PutAccountRequest) (*porukav1.PutAccountResponse, error) {
	if p.s.Put == nil {
		return p.UnimplementedPortalServiceServer.PutAccount(ctx, r)
	}
	return p.s.Put(ctx, r)
}

// LookupAccount calls Lookup.
func (p portal) LookupAccount(ctx context.Context, r *porukav1.LookupAccountRequest) (*porukav1.LookupAccountResponse, error) {
	if p.s.Lookup == nil {
		return p.UnimplementedPortalServiceServer.LookupAccount(ctx, r)
	}
	return p.s.Lookup(ctx, r)
}

type audit struct {
	porukav1.UnimplementedAuditServiceServer
	s *Services
}

// ListRecords calls Records.
func (a audit) ListRecords(ctx context.Context, r *porukav1.ListRecordsRequest) (*porukav1.ListRecordsResponse, error) {
	if a.s.Records == nil {
		return a.UnimplementedAuditServiceServer.ListRecords(ctx, r)
	}
	return a.s.Records(ctx, r)
}

// ExportReport calls Export.
func (a audit) ExportReport(r *porukav1.ExportReportRequest, s grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	if a.s.Export == nil {
		return a.UnimplementedAuditServiceServer.ExportReport(r, s)
	}
	return a.s.Export(r, s)
}

type callers struct {
	porukav1.UnimplementedCallerServiceServer
	s *Services
}

// DescribeCaller calls Describe; without it the answer is the caller's identity.
func (c callers) DescribeCaller(ctx context.Context, r *porukav1.DescribeCallerRequest) (*porukav1.DescribeCallerResponse, error) {
	if c.s.Describe != nil {
		return c.s.Describe(ctx, r)
	}
	caller, _ := access.CallerFrom(ctx)
	return &porukav1.DescribeCallerResponse{Identity: caller.String(), Role: string(caller.Role), Bank: caller.ID}, nil
}

// Register registers every service of the gateway, health and reflection.
func (d *Door) Register(s access.Registrar) {
	porukav1.RegisterConfirmationServiceServer(s, confirmations{s: d.Services})
	porukav1.RegisterPortalServiceServer(s, portal{s: d.Services})
	porukav1.RegisterAuditServiceServer(s, audit{s: d.Services})
	porukav1.RegisterLogServiceServer(s, porukav1.UnimplementedLogServiceServer{})
	porukav1.RegisterOperatorServiceServer(s, porukav1.UnimplementedOperatorServiceServer{})
	porukav1.RegisterCallerServiceServer(s, callers{s: d.Services})
	healthv1.RegisterHealthServer(s, health.NewServer())
	reflection.Register(s)
}

// ServeGRPC serves over TLS on a loopback port until the test ends, and gives the address.
func (d *Door) ServeGRPC(t testing.TB) string {
	t.Helper()
	server := grpc.NewServer(append(d.Chain.ServerOptions(), grpc.Creds(credentials.NewTLS(d.Source.ServerConfig("h2"))))...)
	d.Register(d.Chain.Registrar(server))
	must(t, d.Chain.Covers(server.GetServiceInfo()))
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

// Dial connects a gRPC client with a certificate.
func (d *Door) Dial(t testing.TB, address, name string) *grpc.ClientConn {
	t.Helper()
	return d.DialWith(t, address, credentials.NewTLS(d.ClientConfig(d.Client(t, name))))
}

// DialWith connects a gRPC client.
func (d *Door) DialWith(t testing.TB, address string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
