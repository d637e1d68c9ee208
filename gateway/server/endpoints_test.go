package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/style"
)

// calling is a gateway that calls the banks of its test.
type calling struct {
	t      *testing.T
	dir    string
	ports  roster.Ports
	g      *gatewaytest.Gateway
	portal porukav1.PortalServiceClient
	owners []owner
	next   int
}

func newCalling(t *testing.T) *calling {
	t.Helper()
	c := &calling{t: t, dir: t.TempDir(), ports: roster.Ports{}}
	if err := development.Prepare(t.Context(), c.settings(), time.Now); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *calling) settings() config.Config {
	settings, err := config.Config{DataDir: c.dir, Dev: true}.Complete()
	if err != nil {
		c.t.Fatal(err)
	}
	return settings
}

// bank starts the API of a bank, which shows the certificate of the bank named by shows and wants the gateway's.
func (c *calling) bank(id, shows string, handler http.HandlerFunc) {
	c.t.Helper()
	banks := filepath.Join(c.dir, "banks")
	own, err := tls.LoadX509KeyPair(filepath.Join(banks, shows+"-server.pem"), filepath.Join(banks, shows+"-server-key.pem"))
	if err != nil {
		c.t.Fatal(err)
	}
	root, err := os.ReadFile(filepath.Join(c.dir, "certs", "ca.pem"))
	if err != nil {
		c.t.Fatal(err)
	}
	gateways := x509.NewCertPool()
	gateways.AppendCertsFromPEM(root)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: gateways}
	server.StartTLS()
	c.t.Cleanup(server.Close)
	c.ports[partners.ID(id)] = int(netip.MustParseAddrPort(server.Listener.Addr().String()).Port())
}

// start starts the gateway with the banks that there are.
func (c *calling) start() {
	c.t.Helper()
	if err := development.WriteRoster(c.settings(), c.ports); err != nil {
		c.t.Fatal(err)
	}
	const accounts = 150
	c.g = gatewaytest.Start(c.t, gatewaytest.Config{DataDir: c.dir, Unready: true, Accounts: accounts})
	c.portal = porukav1.NewPortalServiceClient(c.g.Conn("portal"))
	for _, a := range c.g.Population().Range(0, accounts) {
		if development.Raisable(a, time.Now()) {
			c.owners = append(c.owners, owner{a.AccountID, development.Claim(a)})
		}
	}
}

// owner gives somebody who was not given before.
func (c *calling) owner() owner {
	c.t.Helper()
	if c.next == len(c.owners) {
		c.t.Fatal("too few accounts")
	}
	c.next++
	return c.owners[c.next-1]
}

func (c *calling) create(who owner, bank string) *porukav1.Order {
	c.t.Helper()
	out, err := c.portal.CreateOrder(c.t.Context(), &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: who.account, Bank: bank})
	if err != nil {
		c.t.Fatalf("creating an order at %s: %v", bank, err)
	}
	return out.GetOrder()
}

func (c *calling) get(made *porukav1.Order) *porukav1.Order {
	c.t.Helper()
	out, err := c.portal.GetOrder(c.t.Context(), &porukav1.GetOrderRequest{Id: orderID(made)})
	if err != nil {
		c.t.Errorf("reading an order: %v", err)
	}
	return out.GetOrder()
}

func (c *calling) breaker(bank string) *porukav1.Endpoint {
	c.t.Helper()
	list, err := porukav1.NewOperatorServiceClient(c.g.Conn("operator")).ListPartners(c.t.Context(), &porukav1.ListPartnersRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, p := range list.GetPartners() {
		if p.GetId() == bank {
			return p.GetEndpoint()
		}
	}
	c.t.Fatalf("no bank %s", bank)
	return nil
}

// badAndGood starts a bank that hangs, one that fails until it is healed, one that shows another's certificate, and one that tells of the
// customers of the orders about which it may be asked.
func (c *calling) badAndGood(healed *atomic.Bool, asked *sync.Map) {
	c.t.Helper()
	const token = `{"access_token":"a","expires_in":1791,"token_type":"Bearer"}`
	c.bank("sberbank", "sberbank", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			_, _ = w.Write([]byte(token))
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // of an event; before it the server does not notice who goes away
		<-r.Context().Done()
	})
	c.bank("tinkoff", "tinkoff", func(w http.ResponseWriter, r *http.Request) {
		if !healed.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if r.URL.Path == "/oauth/token" {
			_, _ = w.Write([]byte(token))
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	c.bank("pochtabank", "vtb", func(http.ResponseWriter, *http.Request) {
		c.t.Error("the gateway talks to a server that is not the bank's")
	})
	c.bank("vtb", "vtb", func(w http.ResponseWriter, r *http.Request) {
		who, known := asked.Load(path.Base(r.URL.Path))
		claim, _ := who.(*porukav1.ConfirmIdentityRequest)
		if !known {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		m, err := speakerMessage(c.dir, "vtb", claim)
		if err != nil {
			c.t.Error(err)
		}
		w.Header().Set("Content-Type", m.ContentType)
		for name, value := range m.Header {
			w.Header().Set(name, value)
		}
		_, _ = w.Write(m.Body)
	})
}

// TestBadBanksAreTheirOwn has the gateway pull orders from a bank that hangs, one that fails and one that shows another's certificate.
// Confirmations of other banks and pulls from a good one go on; operators see what is wrong; and who recovers is called again.
func TestBadBanksAreTheirOwn(t *testing.T) {
	c := newCalling(t)
	var healed atomic.Bool
	var asked sync.Map // who is asked about, by order
	c.badAndGood(&healed, &asked)
	c.start()

	var group sync.WaitGroup
	for _, bank := range []string{"sberbank", "tinkoff", "pochtabank"} {
		for range 6 {
			made := c.create(c.owner(), bank)
			group.Go(func() {
				got := c.get(made)
				reasons := got.GetConfirmation().GetReasons()
				if got.GetState() != porukav1.Order_PENDING || got.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_CHECKED ||
					len(reasons) != 1 || reasons[0].GetReason() != porukav1.Reason_SOURCE_UNAVAILABLE {
					t.Errorf("%s: %v", bank, got)
				}
			})
		}
	}
	bspb := porukav1.NewConfirmationServiceClient(c.g.Conn("bspb"))
	for range 4 {
		request := c.request(uuid.NewString(), c.owner())
		out, err := bspb.ConfirmIdentity(t.Context(), request)
		if err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Errorf("a confirmation beside bad banks: %v, %v", out, err)
		}
		who := c.owner()
		made := c.create(who, "vtb")
		if got := c.get(made); got.GetProgress() != porukav1.Order_WAITING_FOR_CUSTOMER {
			t.Errorf("before the customer has agreed: %v", got)
		}
		asked.Store(orderID(made), c.request(orderID(made), who))
		await(t, "the order is decided", func() bool { return c.get(made).GetConfirmation().GetOutcome() == porukav1.Confirmation_CONFIRMED })
	}
	group.Wait()
	c.seen("tinkoff", "SERVER_ERROR")
	c.seen("pochtabank", "CERTIFICATE")
	c.seen("sberbank", "TIMEOUT")
	if e := c.breaker("vtb"); e.GetBreaker() != porukav1.Endpoint_CLOSED || e.GetLastFailure() != "" {
		t.Errorf("vtb: %v", e)
	}

	healed.Store(true)
	made := c.create(c.owner(), "tinkoff")
	await(t, "the bank that recovers is called again", func() bool { return c.get(made).GetProgress() == porukav1.Order_WAITING_FOR_CUSTOMER })
	if e := c.breaker("tinkoff"); e.GetBreaker() != porukav1.Endpoint_CLOSED {
		t.Errorf("tinkoff: %v", e)
	}
	for _, secret := range []string{"Bearer", "access_token"} {
		if strings.Contains(c.g.Log(), secret) {
			t.Error("the log tells of tokens")
		}
	}
}

// seen checks that operators see a breaker that is not closed, and why, in all places.
func (c *calling) seen(bank, why string) {
	c.t.Helper()
	if e := c.breaker(bank); e.GetBreaker() == porukav1.Endpoint_CLOSED || e.GetLastFailure() != why || e.GetChangeTime() == nil {
		c.t.Errorf("%s: %v", bank, e)
	}
	if ready, trouble := readyz(c.t, c.g, "banks"); !ready || !strings.Contains(trouble, bank+": ") || !strings.Contains(trouble, why) {
		c.t.Errorf("/readyz: %v, %s", ready, trouble)
	}
	await(c.t, "metrics", func() bool {
		page := metricsPage(c.t, c.g)
		return strings.Contains(page, `poruka_bank_breaker_changes_total{bank="`+bank+`",to="OPEN"}`) &&
			strings.Contains(page, `poruka_bank_calls_total{bank="`+bank+`",outcome="`+why+`"}`) &&
			!strings.Contains(page, `poruka_bank_breaker_state{bank="`+bank+`"} 0`)
	})
}

// request is what a bank truly says of a person.
func (c *calling) request(id string, who owner) *porukav1.ConfirmIdentityRequest {
	request, now := proto.CloneOf(who.claim), timestamppb.New(time.Now().Truncate(time.Second))
	request.RequestId, request.SendTime = id, now
	request.Authentication.Time, request.Consent.Time = now, now
	return request
}

// speakerMessage is a request in a bank's dialect, signed as the bank signs.
func speakerMessage(dir, bank string, request *porukav1.ConfirmIdentityRequest) (style.Message, error) {
	dialect, _ := style.Standard().Find(bank)
	signer, err := development.BankSigner(dir, partners.ID(bank))
	if err != nil {
		return style.Message{}, err
	}
	return dialect.Encode(styled(request), signer)
}
