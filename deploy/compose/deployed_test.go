package compose_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// TestDeployed runs what compose.yaml runs, but for the containers and CockroachDB.
func TestDeployed(t *testing.T) {
	d := deploy(t)
	t.Run("setup twice", func(t *testing.T) { d.setsUpOnce(t) })
	t.Run("strangers", func(t *testing.T) { d.refusesStrangers(t) })
	t.Run("ops", func(t *testing.T) { d.showsHealthAlone(t) })
	t.Run("drain", func(t *testing.T) { d.drainsUnfelt(t) })
}

// setsUpOnce runs setup.sh again: it keeps keys and certificates, and the list is signed anew.
func (d *deployed) setsUpOnce(t *testing.T) {
	before := map[string]string{}
	for _, file := range []string{"keyring.json", "gateway.pem", "gateway-key.pem", "ca.pem"} {
		before[file] = read(t, filepath.Join(d.files, file))
	}
	list := read(t, filepath.Join(d.files, "crl.pem"))
	d.setUp()
	for file, content := range before {
		if read(t, filepath.Join(d.files, file)) != content {
			t.Errorf("%s has changed", file)
		}
	}
	if read(t, filepath.Join(d.files, "crl.pem")) == list {
		t.Error("the revocation list was not signed anew")
	}
	found, err := os.ReadDir(d.files)
	if err != nil || len(found) != 5 {
		t.Errorf("a gateway may read %v, %v", found, err)
	}
}

// drainsUnfelt lets a bank confirm through the balancer while one gateway drains and comes back, and then the other.
func (d *deployed) drainsUnfelt(t *testing.T) {
	population := d.populate(300)
	bank := newBank(t, d, population)
	bank.work(4)
	for _, g := range d.gateways {
		bank.confirms(30)
		g.process.drain()
		d.awaitUp(1)
		bank.confirms(30)
		d.run(g, "--grpc-address", g.grpc, "--rest-address", g.rest, "--ops-address", g.ops)
		d.awaitUp(2)
	}
	bank.confirms(30)
	bank.stop()
	if bank.repeated.Load()*20 > bank.confirmed.Load() {
		t.Errorf("UNAVAILABLE %d times for %d answers: the balancer goes on sending callers to who is gone", bank.repeated.Load(), bank.confirmed.Load())
	}
	t.Logf("%d confirmed, %d times told UNAVAILABLE and repeated", bank.confirmed.Load(), bank.repeated.Load())
}

// populate puts invented accounts through the balancer.
func (d *deployed) populate(count int) *people.Population {
	d.t.Helper()
	today := person.DateOf(time.Now().In(partners.Moscow()))
	population, err := people.New(people.Config{Seed: 1, Today: today})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := development.Populate(d.t.Context(), d.profile("portal"), population, count, func(int64) {}); err != nil {
		d.t.Fatal(err)
	}
	return population
}

// refusesStrangers: the balancer passes TLS through, so that the gateway sees the certificate, or that there is none.
func (d *deployed) refusesStrangers(t *testing.T) {
	c, err := d.profile("sberbank").HTTP()
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	if got := page(t, c, "https://"+d.rest+"/v1/caller"); !strings.Contains(got, "sberbank") {
		t.Errorf("a bank is told %s", got)
	}
	transport, ok := c.Transport.(*http.Transport)
	if !ok {
		t.Fatalf("%T", c.Transport)
	}
	settings := transport.TLSClientConfig.Clone()
	settings.Certificates, settings.GetClientCertificate = nil, nil
	line, err := tls.Dial("tcp", d.rest, settings)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	// Nothing is sent: what is said to a stranger would be lost if the line were reset under a request.
	if _, err := line.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("somebody without a certificate is told %v", err)
	}
}

// showsHealthAlone: others see metrics and health of a gateway, and none of its profiles.
func (d *deployed) showsHealthAlone(t *testing.T) {
	for path, want := range map[string]string{
		"/metrics": "poruka_server_build_info{", "/readyz": `"ready":true`, "/livez": "ok", "/debug/pprof/": "404", "/debug/pprof/cmdline": "404",
		"/metrics/": "404", "//debug/pprof/": "404",
	} {
		if got := page(t, plain(), "http://"+d.gateways[0].shown+path); !strings.Contains(got, want) {
			t.Errorf("%s: %.200s, want %s", path, got, want)
		}
	}
	for _, name := range []string{"haproxy_server_status{", "haproxy_server_current_sessions{"} {
		if !strings.Contains(page(t, plain(), "http://"+d.stats+"/metrics"), name) {
			t.Errorf("the balancer has no metric %s, which the dashboard or an alert names", name)
		}
	}
}

// bank confirms customers all the time; each worker has a connection of its own.
type bank struct {
	*deployed
	requests            chan *porukav1.ConfirmIdentityRequest
	confirmed, repeated atomic.Int64
	workers             sync.WaitGroup
	end                 context.CancelFunc
	ctx                 func() context.Context
}

func newBank(t *testing.T, d *deployed, population *people.Population) *bank {
	t.Helper()
	var raisable []*porukav1.ConfirmIdentityRequest
	for _, account := range population.Range(0, 300) {
		if development.Raisable(account, time.Now()) {
			raisable = append(raisable, development.Claim(account))
		}
	}
	if len(raisable) == 0 {
		t.Fatal("nobody to confirm")
	}
	ctx, end := context.WithCancel(t.Context())
	b := &bank{deployed: d, requests: make(chan *porukav1.ConfirmIdentityRequest), end: end, ctx: func() context.Context { return ctx }}
	b.workers.Go(func() {
		pace := time.NewTicker(20 * time.Millisecond) // half of what the roster lets it do
		defer pace.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			<-pace.C
			select {
			case b.requests <- raisable[n%len(raisable)]:
			case <-ctx.Done():
			}
		}
	})
	return b
}

func (b *bank) work(workers int) {
	b.t.Helper()
	for range workers {
		conn, err := b.profile("vtb").Dial()
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { _ = conn.Close() })
		b.workers.Go(func() { b.confirm(conn) })
	}
}

// confirm sends requests until the bank stops. What is told UNAVAILABLE is repeated under its id, as the API says.
func (b *bank) confirm(conn *grpc.ClientConn) {
	service := porukav1.NewConfirmationServiceClient(conn)
	for {
		var request porukav1.ConfirmIdentityRequest
		select {
		case from := <-b.requests:
			request.Person, request.BankAccount = from.GetPerson(), from.GetBankAccount()
			request.Authentication = &porukav1.Authentication{Method: from.GetAuthentication().GetMethod(), Time: timestamppb.Now()}
			request.Consent = &porukav1.Consent{Given: true, Time: timestamppb.Now()}
			request.RequestId = uuid.NewString()
		case <-b.ctx().Done():
			return
		}
		for !b.send(service, &request) && b.ctx().Err() == nil {
			b.repeated.Add(1)
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// send reports whether the request has been answered for good.
func (b *bank) send(service porukav1.ConfirmationServiceClient, request *porukav1.ConfirmIdentityRequest) bool {
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	answer, err := service.ConfirmIdentity(ctx, request)
	switch outcome := answer.GetConfirmation().GetOutcome(); {
	case status.Code(err) == codes.Unavailable:
		return false
	case err != nil:
		b.t.Errorf("a call failed: %v", err)
	case outcome != porukav1.Confirmation_CONFIRMED && outcome != porukav1.Confirmation_ALREADY_CONFIRMED:
		b.t.Errorf("outcome %v", outcome)
	default:
		b.confirmed.Add(1)
	}
	return true
}

// confirms waits until so many more have been confirmed.
func (b *bank) confirms(more int64) {
	b.t.Helper()
	want := b.confirmed.Load() + more
	eventually(b.t, func() bool { return b.confirmed.Load() >= want })
}

func (b *bank) stop() {
	b.end()
	b.workers.Wait()
}
