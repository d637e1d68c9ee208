package server_test

import (
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// reload is how often the gateways of these tests look at their files.
const reload = 20 * time.Millisecond

// suspension is within what time a suspension must take effect.
const suspension = 5 * time.Second

// refusedBy is by what reason, if any, a caller is refused over both transports, on connections that are open already.
type refusedBy struct{ grpc, rest string }

// probe is a caller that keeps its connections.
type probe struct {
	t    *testing.T
	conn *grpc.ClientConn
	rest door
}

func probeOf(t *testing.T, g *gatewaytest.Gateway, name string) probe {
	t.Helper()
	p := probe{t, g.Conn(name), doorOf(t, g, name)}
	if got := p.ask(); got != (refusedBy{}) {
		t.Fatalf("%s is refused from the beginning: %+v", name, got)
	}
	return p
}

func (p probe) ask() refusedBy {
	p.t.Helper()
	out, err := porukav1.NewCallerServiceClient(p.conn).DescribeCaller(p.t.Context(), &porukav1.DescribeCallerRequest{})
	over, rest := answerOf(p.t, out, err), p.rest.call(http.MethodGet, "/v1/caller", "")
	if over.code == codes.Unavailable && over.reason == "" {
		over.reason = "the connection is gone"
	}
	return refusedBy{over.reason, rest.reason}
}

// until asks until the answer is as wanted, but not for longer than within.
func (p probe) until(reason string, within time.Duration) {
	p.t.Helper()
	var got refusedBy
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(reload) {
		if got = p.ask(); got == (refusedBy{reason, reason}) {
			return
		}
	}
	p.t.Fatalf("after %v: %+v, want %q", within, got, reason)
}

// revoke takes the certificate of a caller back, as the command does.
func revoke(t *testing.T, g *gatewaytest.Gateway, name string) {
	t.Helper()
	a, err := authority.Open(authority.Config{Dir: filepath.Join(g.Dir, authority.Dir), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	held, err := a.Held(filepath.Join(g.Dir, authority.CertsDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		if h.Name == name {
			if err := a.Revoke(h.Serial, authority.KeyCompromise); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := a.WriteCRL(filepath.Join(g.Dir, authority.CertsDir, authority.ListFile)); err != nil {
		t.Fatal(err)
	}
}

// TestRevokedWhileConnected revokes a bank's certificate under its open connections, an open stream and a session it could resume.
func TestRevokedWhileConnected(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60, ReloadEvery: reload})
	bank, other := probeOf(t, g, "vtb"), probeOf(t, g, "sberbank")
	config, err := g.Profile("vtb").TLS("localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	for range 2 { // the ticket comes with the first answer
		for port, address := range ports(g) {
			if err := shake(t, address, config, "h2"); err != nil {
				t.Fatalf("%s: %v", port, err)
			}
		}
	}
	if !strings.Contains(metricsPage(t, g), `poruka_certs_handshakes_total{kind="resumed",result="ok"} 3`) {
		t.Error("no session was resumed, so that there is nothing to refuse")
	}
	stream, err := porukav1.NewConfirmationServiceClient(bank.conn).ConfirmIdentities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := &porukav1.ConfirmIdentitiesRequest{Request: raisable(t, g, 60)[0]}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	if out, err := stream.Recv(); err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Fatalf("before: %v, %v", out, err)
	}

	revoke(t, g, "vtb")
	bank.until("CERTIFICATE_REVOKED", patience)
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	out, err := stream.Recv()
	if a := answerOf(t, out, err); a.code != codes.Unauthenticated || a.reason != "CERTIFICATE_REVOKED" {
		t.Errorf("the open stream: %s %s", a.refusedWith(), a.body)
	}
	for port, address := range ports(g) {
		if err := shake(t, address, config, "h2"); err == nil {
			t.Errorf("%s: a session of the revoked certificate was resumed", port)
		}
		if err := shake(t, address, clientTLS(t, g, config.Certificates...), "h2"); err == nil {
			t.Errorf("%s: the revoked certificate makes a new connection", port)
		}
	}
	if got := other.ask(); got != (refusedBy{}) {
		t.Errorf("another bank suffers: %+v", got)
	}
	wantAudited(t, g, "CERTIFICATE_REVOKED", "")
}

// wantAudited checks that a reason stands in the audit, on both transports.
func wantAudited(t *testing.T, g *gatewaytest.Gateway, reason, bank string) {
	t.Helper()
	found := map[any]bool{}
	for _, line := range auditLines(t, g) {
		if line["reason"] == reason && (bank == "" || line["bank"] == bank) {
			found[line["transport"]] = true
		}
	}
	if !found["grpc"] || !found["rest"] {
		t.Errorf("%s of %q stands in the audit for %v", reason, bank, found)
	}
}

// TestExpiredWhileConnected lets the time of all certificates pass under open connections.
func TestExpiredWhileConnected(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	g := gatewaytest.Start(t, gatewaytest.Config{Clock: clock})
	operator := probeOf(t, g, "operator")
	ahead.Store(int64(2 * 365 * 24 * time.Hour))
	if got := operator.ask(); got != (refusedBy{"CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"}) {
		t.Errorf("after two years: %+v", got)
	}
	ahead.Store(0)
	operator.until("", patience)
	wantAudited(t, g, "CERTIFICATE_EXPIRED", "")
}

// TestSuspendedBank suspends a bank under its open connections and lets it come back.
func TestSuspendedBank(t *testing.T) { ledgers.OnEach(t, suspendedBank) }

func suspendedBank(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database})
	bank, other := probeOf(t, g, "vtb"), probeOf(t, g, "sberbank")
	operator := porukav1.NewOperatorServiceClient(g.Conn("operator"))
	if _, err := operator.SuspendPartner(t.Context(), &porukav1.SuspendPartnerRequest{Id: "vtb", Note: "a test"}); err != nil {
		t.Fatal(err)
	}
	bank.until("PARTNER_INACTIVE", suspension)
	if got := other.ask(); got != (refusedBy{}) {
		t.Errorf("another bank suffers: %+v", got)
	}
	if _, err := operator.ResumePartner(t.Context(), &porukav1.ResumePartnerRequest{Id: "vtb"}); err != nil {
		t.Fatal(err)
	}
	bank.until("", suspension)
	wantAudited(t, g, "PARTNER_INACTIVE", "vtb")
}

// TestRosterIsFollowed changes the roster of a running gateway: a bank leaves, a mistake changes nothing and is told, the bank returns.
func TestRosterIsFollowed(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{ReloadEvery: reload})
	bank, other := probeOf(t, g, "vtb"), probeOf(t, g, "sberbank")
	whole, err := os.ReadFile(filepath.Join(g.Dir, "roster.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(content string) { certstest.Write(t, g.Dir, "roster.yaml", []byte(content)) }

	put(strings.Replace(string(whole), "id: vtb", "id: another-bank", 1))
	bank.until("PARTNER_INACTIVE", patience)
	put(strings.Replace(string(whole), "policy:", "polcy:", 1))
	for deadline := time.Now().Add(patience); !strings.Contains(g.Log(), "roster is bad"); time.Sleep(reload) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is told that the roster is bad")
		}
	}
	if b, o := bank.ask(), other.ask(); b != (refusedBy{"PARTNER_INACTIVE", "PARTNER_INACTIVE"}) || o != (refusedBy{}) {
		t.Errorf("with a bad roster: %+v, %+v", b, o)
	}
	put(strings.Replace(string(whole), "validFrom: 2026-01-01", "validFrom: 2999-01-01", 1)) // of the first, sberbank
	other.until("PARTNER_INACTIVE", patience)
	put(string(whole))
	bank.until("", patience)
	other.until("", patience)
	wantAudited(t, g, "PARTNER_INACTIVE", "vtb")
}
