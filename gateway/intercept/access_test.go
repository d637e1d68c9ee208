package intercept_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

var roles = map[certs.Role]string{
	certs.RoleBank: "bank/vtb", certs.RolePortal: "portal", certs.RoleCompliance: "compliance", certs.RoleOperator: "operator",
}

// Every method that is registered, with every role: whoever has no row is refused before anything is parsed, and audited.
func TestEveryMethodWithEveryRole(t *testing.T) {
	d := chaintest.New(t)
	address := d.ServeGRPC(t)
	allowed := map[string][]certs.Role{}
	for _, row := range access.Rows(true) {
		allowed[row.Method] = row.Roles
	}
	methods := access.MethodsOf(d.Register)
	if len(methods) < 20 {
		t.Fatalf("only %d methods", len(methods))
	}
	for role, name := range roles {
		conn := d.Dial(t, address, name)
		for _, method := range methods {
			if strings.HasSuffix(method, "/Watch") {
				continue // does not end
			}
			d.Log.Take()
			err := send(t, conn, method, []byte("\xff not a message"))
			may := false
			for _, r := range allowed[method] {
				may = may || r == role
			}
			code, reason := reasonOf(err)
			if denied := code == codes.PermissionDenied && reason == "ACCESS_DENIED"; denied == may {
				t.Errorf("%s as %s: %v %s, allowed is %v", method, role, code, reason, may)
			}
			if may {
				continue
			}
			audited := lines(t, d, "call", 1)[0]
			if !audited.Audit || audited.Method != method || audited.Role != string(role) || audited.Reason != "ACCESS_DENIED" || *audited.Reached || audited.Serial == "" {
				t.Errorf("%s as %s is audited as %+v", method, role, audited)
			}
		}
	}
}

// Nobody gets as far as a call without a certificate of our CA.
func TestWithoutACertificate(t *testing.T) {
	d := chaintest.New(t)
	address := d.ServeGRPC(t)
	stranger := certstest.NewRoot(t, time.Now(), "another root")
	for name, config := range map[string]*tls.Config{
		"none":       d.ClientConfig(),
		"foreign CA": d.ClientConfig(stranger.Client(t, "poruka://"+chaintest.TrustDomain+"/bank/vtb")),
		"two names":  d.ClientConfig(d.Client(t, "bank/vtb", certstest.URIs("poruka://test.poruka/bank/vtb", "poruka://test.poruka/portal"))),
		"server's":   d.ClientConfig(d.Client(t, "gateway")),
	} {
		conn := d.DialWith(t, address, credentials.NewTLS(config))
		if err := send(t, conn, confirmMethod, nil); err == nil {
			t.Errorf("%s: served", name)
		}
	}
	if calls := d.Log.Take(); len(calls) > 0 {
		t.Errorf("a stranger made a call: %v", calls)
	}
}

func TestRevokedWhileConnected(t *testing.T) {
	d := chaintest.New(t)
	certificate := d.Client(t, "bank/vtb")
	conn := d.DialWith(t, d.ServeGRPC(t), credentials.NewTLS(d.ClientConfig(certificate)))
	caller := porukav1.NewCallerServiceClient(conn)
	answer, err := caller.DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{})
	if err != nil || answer.GetIdentity() != "poruka://test.poruka/bank/vtb" {
		t.Fatalf("before: %v %v", answer, err)
	}
	d.Revoke(t, certificate)
	_, err = caller.DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{})
	wantRefusal(t, "after", err, codes.Unauthenticated, "CERTIFICATE_REVOKED")
	audited := lines(t, d, "call", 2)[1]
	if !audited.Audit || *audited.Identified || audited.Reason != "CERTIFICATE_REVOKED" || audited.Peer == "" {
		t.Errorf("audited as %+v", audited)
	}
}

// doubting refuses whoever comes.
type doubting struct{ err error }

func (d doubting) Check(tls.ConnectionState) (certs.Caller, error) { return certs.Caller{}, d.err }

func TestWhatIdentificationFailsOf(t *testing.T) {
	for err, want := range map[error]struct {
		code   codes.Code
		reason string
	}{
		certs.ErrExpired:           {codes.Unauthenticated, "CERTIFICATE_EXPIRED"},
		certs.ErrRevoked:           {codes.Unauthenticated, "CERTIFICATE_REVOKED"},
		certs.ErrIdentity:          {codes.Unauthenticated, "CERTIFICATE_INVALID"},
		certs.ErrUntrusted:         {codes.Unauthenticated, "CERTIFICATE_INVALID"},
		certs.ErrRevocationUnknown: {codes.Unavailable, "REVOCATION_UNKNOWN"},
		errors.New("anything"):     {codes.Unauthenticated, "CERTIFICATE_INVALID"},
	} {
		d := chaintest.New(t, func(c *intercept.Config) { c.Identifier = doubting{err} })
		conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
		wantRefusal(t, err.Error(), send(t, conn, confirmMethod, nil), want.code, want.reason)
	}
}

// Nothing that a caller sends beside its certificate changes who it is.
func TestMetadataIsNoIdentity(t *testing.T) {
	d := chaintest.New(t)
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	ctx := metadata.AppendToOutgoingContext(t.Context(),
		"x-partner-id", "sberbank", "x-client-cert", "poruka://test.poruka/portal", "x-client-cert-bin", "\x00\x01", "authorization", "Bearer x",
		"grpcgateway-authorization", "Bearer x", "x-forwarded-for", "127.0.0.1", "x-forwarded-client-cert", "URI=poruka://test.poruka/operator",
		"x-request-id", "11111111-1111-4111-8111-111111111111")
	var header metadata.MD
	answer, err := porukav1.NewCallerServiceClient(conn).DescribeCaller(ctx, &porukav1.DescribeCallerRequest{}, grpc.Header(&header))
	if err != nil || answer.GetBank() != "vtb" || answer.GetRole() != "bank" {
		t.Errorf("caller %v, %v", answer, err)
	}
	if ids := header.Get(intercept.RequestIDHeader); len(ids) != 1 || strings.HasPrefix(ids[0], "1111") {
		t.Errorf("request ids %v", ids)
	}
	_, err = porukav1.NewPortalServiceClient(conn).GetAccount(ctx, &porukav1.GetAccountRequest{})
	wantRefusal(t, "portal's method", err, codes.PermissionDenied, "ACCESS_DENIED")
}

func TestABankThatMayNotCall(t *testing.T) {
	d := chaintest.New(t)
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	d.Banks.Refuse("vtb", chaintest.Inactive())
	wantRefusal(t, "suspended", send(t, conn, confirmMethod, nil), codes.PermissionDenied, "PARTNER_INACTIVE")
	d.Banks.Refuse("sberbank", chaintest.Inactive())
	if _, err := porukav1.NewCallerServiceClient(conn).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
		t.Errorf("another bank's suspension holds vtb up: %v", err)
	}
}

func TestWhatDoesNotExist(t *testing.T) {
	d := chaintest.New(t)
	conn := d.Dial(t, d.ServeGRPC(t), "operator")
	for _, method := range []string{
		"/poruka.v1.ConfirmationService/NoSuchMethod", "/no.such.Service/Method", "/poruka.v1.ConfirmationService/confirmidentity",
		"//poruka.v1.ConfirmationService/ConfirmIdentity", "/poruka.v1.ConfirmationService%2FConfirmIdentity",
	} {
		code, reason := reasonOf(send(t, conn, method, nil))
		if code != codes.Unimplemented || reason != "METHOD_UNKNOWN" && strings.Count(method, "/") == 2 {
			t.Errorf("%s: %v %s", method, code, reason)
		}
	}
	for _, l := range lines(t, d, "call", 4) {
		if l.Method != "unknown" {
			t.Errorf("a name of the caller's is logged: %s", l.Method)
		}
	}
}

// A service that is registered without the chain stops the start.
func TestServicesAroundTheChain(t *testing.T) {
	d := chaintest.New(t)
	server := grpc.NewServer()
	defer server.Stop()
	porukav1.RegisterCallerServiceServer(d.Chain.Registrar(server), porukav1.UnimplementedCallerServiceServer{})
	if err := d.Chain.Covers(server.GetServiceInfo()); err != nil {
		t.Error(err)
	}
	porukav1.RegisterPortalServiceServer(server, porukav1.UnimplementedPortalServiceServer{})
	if err := d.Chain.Covers(server.GetServiceInfo()); err == nil || !strings.Contains(err.Error(), "PortalService") {
		t.Errorf("a service around the chain: %v", err)
	}
}
