package server_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// hands are those of a clock that goes, or stands where it was set.
type hands struct {
	mu    sync.Mutex
	stand time.Time // zero: it goes
}

// Now is what the clock shows.
func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stand.IsZero() {
		return time.Now()
	}
	return h.stand
}

func (h *hands) set(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stand = at
}

// ordering is a gateway, or two on one ledger, with people about whom orders can be made.
type ordering struct {
	t       *testing.T
	g       []*gatewaytest.Gateway
	portals []porukav1.PortalServiceClient
	banks   []porukav1.ConfirmationServiceClient // of sberbank
	owners  []owner
	clock   *hands
	puller  order.Puller
}

// owner is an account and what its owner's bank truly says.
type owner struct {
	account string
	claim   *porukav1.ConfirmIdentityRequest
}

func newOrdering(t *testing.T, gateways int, cfg gatewaytest.Config) *ordering {
	t.Helper()
	o := &ordering{t: t, clock: &hands{}}
	if cfg.Accounts == 0 {
		cfg.Accounts = 60
	}
	cfg.Clock = o.clock.Now
	if cfg.Puller == nil { // nobody out there shall be asked
		cfg.Puller = &bankSide{say: func(context.Context, string) (style.Request, error) { return style.Request{}, order.ErrWaiting }}
	}
	o.puller = cfg.Puller
	accounts := cfg.Accounts
	for range gateways {
		o.add(gatewaytest.Start(t, cfg))
		cfg.DataDir, cfg.Unready, cfg.Accounts = o.g[0].Dir, true, 0
	}
	for _, a := range o.g[0].Population().Range(0, uint64(accounts)) {
		if development.Raisable(a, time.Now()) {
			o.owners = append(o.owners, owner{a.AccountID, development.Claim(a)})
		}
	}
	return o
}

func (o *ordering) add(g *gatewaytest.Gateway) {
	o.t.Helper()
	o.g = append(o.g, g)
	o.portals = append(o.portals, porukav1.NewPortalServiceClient(g.Conn("portal")))
	o.banks = append(o.banks, porukav1.NewConfirmationServiceClient(g.Conn("sberbank")))
}

// create makes an order at a gateway.
func (o *ordering) create(at int, who owner, bank string) *porukav1.Order {
	o.t.Helper()
	out, err := o.portals[at].CreateOrder(o.t.Context(), &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: who.account, Bank: bank})
	if err != nil {
		o.t.Fatalf("creating an order: %v", err)
	}
	return out.GetOrder()
}

func orderID(o *porukav1.Order) string { return strings.TrimPrefix(o.GetName(), "orders/") }

// get reads an order at a gateway.
func (o *ordering) get(at int, made *porukav1.Order) *porukav1.Order {
	o.t.Helper()
	out, err := o.portals[at].GetOrder(o.t.Context(), &porukav1.GetOrderRequest{Id: orderID(made)})
	if err != nil {
		o.t.Fatalf("reading an order: %v", err)
	}
	return out.GetOrder()
}

func (o *ordering) cancel(at int, made *porukav1.Order) (*porukav1.Order, error) {
	out, err := o.portals[at].CancelOrder(o.t.Context(), &porukav1.CancelOrderRequest{Id: orderID(made)})
	return out.GetOrder(), err
}

// claim is what the bank says for an order.
func (o *ordering) claim(made *porukav1.Order, who owner) *porukav1.ConfirmIdentityRequest {
	request := proto.CloneOf(who.claim)
	request.RequestId = orderID(made)
	request.Authentication.Time, request.Consent.Time = timestamppb.New(o.clock.Now()), timestamppb.New(o.clock.Now())
	return request
}

func (o *ordering) confirm(at int, request *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error) {
	out, err := o.banks[at].ConfirmIdentity(o.t.Context(), request)
	return out.GetConfirmation(), err
}

// refusedAs expects a refusal.
func refusedAs(t testing.TB, what string, err error, code codes.Code, reason string) {
	t.Helper()
	if a := answerOf(t, nil, err); err == nil || a.code != code || a.reason != reason {
		t.Errorf("%s: %s, want %s %s", what, a.refusedWith(), code, reason)
	}
}

// whole stops the gateways and has the ledger checked.
func (o *ordering) whole(database string) {
	o.t.Helper()
	for _, g := range o.g {
		if err := g.Stop(); err != nil {
			o.t.Fatal(err)
		}
	}
	settings, err := config.Config{DataDir: o.g[0].Dir, DatabaseURL: database, Dev: true}.Complete()
	if err != nil {
		o.t.Fatal(err)
	}
	ring, err := seal.File{Path: settings.KeyRing}.Load(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	store, err := server.OpenLedger(o.t.Context(), settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	sum, err := fsck.Run(o.t.Context(), fsck.Config{
		Ledger: store, Ring: ring, Keys: keysOf(o.t, o.g[0].Dir), Report: func(f fsck.Finding) { o.t.Errorf("fsck: %+v", f) },
	})
	if err != nil || sum.Entries+sum.Waiting == 0 {
		o.t.Errorf("fsck: %+v, %v", sum, err)
	}
}

// bankLink is where the customers of the bank that is pulled from go.
const bankLink = "https://bank.invalid/{order}?code={code}"

// pullFrom gives vtb an address in the roster of a data directory that has been prepared, and takes away those that others may have.
func pullFrom(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "roster.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	isTheirs := false // within an endpoint that stands there
	for line := range strings.Lines(string(text)) {
		isTheirs = strings.HasPrefix(line, "    endpoint:") || isTheirs && strings.HasPrefix(line, "     ")
		if isTheirs {
			continue
		}
		lines = append(lines, line)
		if strings.TrimSpace(line) == "style: vtb" {
			lines = append(lines, `    endpoint: {url: "https://bank.invalid", ca: certs/ca.pem, ordersPath: /orders, link: "`+bankLink+"\"}\n")
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bankSide is what vtb says when it is asked.
type bankSide struct {
	mu    sync.Mutex
	say   func(ctx context.Context, order string) (style.Request, error)
	calls int
}

// Pull asks it.
func (b *bankSide) Pull(ctx context.Context, _ partners.Partner, order string) (style.Request, error) {
	b.mu.Lock()
	b.calls++
	say := b.say
	b.mu.Unlock()
	return say(ctx, order)
}

func (b *bankSide) says(say func(ctx context.Context, order string) (style.Request, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.say = say
}

func (b *bankSide) asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}
