package trial_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/deploy/chaos/trial"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
)

// place is gateways without network, TLS or PostgreSQL: the use cases over one ledger in memory, which a test may break.
type place struct {
	t        *testing.T
	gateways []*handlers
	begin    func(seed uint64)
	calm     func()
}

const gateways = 2

// newPlace makes a place. Each gateway gets what make makes of the one ledger.
func newPlace(t *testing.T, through func(*ledgertest.Memory) ledger.Transactor) *place {
	t.Helper()
	memory, ring := &ledgertest.Memory{}, must(seal.Generate(seal.Development))(t)
	p := &place{t: t, begin: func(uint64) {}, calm: func() {}}
	for range gateways {
		committer := must(group.New(group.Config{Ledger: through(memory), Writers: 2}))(t)
		t.Cleanup(func() { _ = committer.Close(context.Background()) })
		p.gateways = append(p.gateways, newHandlers(t, memory, committer, ring))
	}
	return p
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func newHandlers(t *testing.T, memory *ledgertest.Memory, committer *group.Committer, ring *seal.Ring) *handlers {
	t.Helper()
	directory := &fixedRoster{must(roster.Parse(roster.Dev(), roster.Known{Policies: []string{"match/1"}, Styles: roster.Standard()}))(t)}
	banksService := must(banks.New(banks.Config{Directory: directory, Suspender: memory, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}))(t)
	if err := banksService.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	services := must(rpc.New(rpc.Config{
		Confirm:  must(confirm.New(confirm.Config{Committer: committer, Reader: memory, Ring: ring, Clock: time.Now}))(t),
		Portal:   must(portal.New(portal.Config{Committer: committer, Reader: memory, Ring: ring, Clock: time.Now}))(t),
		Audit:    must(audit.New(audit.Config{Ledger: memory}))(t),
		Accesses: must(audit.NewAccesses(audit.AccessConfig{Committer: committer, Log: memory, Ring: ring, Clock: time.Now}))(t),
		Banks:    banksService,
		Limiter:  noLimit{},
		Validate: func(proto.Message) error { return nil },
		Methods:  func(certs.Role) []string { return nil },
		Clock:    time.Now,
	}))(t)
	h := &handlers{methods: map[string]method{}}
	services.Register(h)
	return h
}

type noLimit struct{}

func (noLimit) Allow(partners.Partner) (func(), time.Duration, bool) { return func() {}, 0, true }

type fixedRoster struct{ all []partners.Partner }

func (r *fixedRoster) All() []partners.Partner { return r.all }

func (r *fixedRoster) Find(id partners.ID) (partners.Partner, bool) {
	for _, p := range r.all {
		if p.ID == id {
			return p, true
		}
	}
	return partners.Partner{}, false
}

// handlers takes the services of a gateway and calls them without a wire.
type handlers struct {
	methods map[string]method
}

type method struct {
	service any
	handle  grpc.MethodHandler
}

func (h *handlers) RegisterService(desc *grpc.ServiceDesc, service any) {
	for _, m := range desc.Methods {
		h.methods["/"+desc.ServiceName+"/"+m.MethodName] = method{service, m.Handler}
	}
}

// line is a caller's connection to handlers.
type line struct {
	*handlers
	caller certs.Caller
}

func (l line) Invoke(ctx context.Context, name string, in, out any, _ ...grpc.CallOption) error {
	m := l.methods[name]
	answer, err := m.handle(m.service, access.WithCaller(ctx, l.caller), func(into any) error { return pass(in, into) }, nil)
	if err != nil {
		return wire.Status(err, wire.LanguageOf(""), "").Err()
	}
	return pass(answer, out)
}

// pass copies a message, as a wire does.
func pass(from, into any) error {
	message, ok := from.(proto.Message)
	copied, alsoOK := into.(proto.Message)
	if !ok || !alsoOK {
		return fmt.Errorf("%T or %T is no message", from, into)
	}
	proto.Merge(copied, message)
	return nil
}

func (line) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, fmt.Errorf("no streams")
}

func (p *place) Gateways() int { return gateways }

func (p *place) Conn(gateway int, caller string) grpc.ClientConnInterface {
	role := certs.Role(caller)
	identity := certs.Identity{TrustDomain: "dev.poruka", Role: role}
	if role != certs.RolePortal && role != certs.RoleCompliance {
		identity.Role, identity.ID = certs.RoleBank, caller
	}
	return line{p.gateways[gateway], certs.Caller{Identity: identity, Serial: "01"}}
}

func (p *place) Begin(seed uint64) { p.begin(seed) }

func (*place) Called(int) {}

func (p *place) Calm(context.Context) error {
	p.calm()
	return nil
}

var _ trial.Place = (*place)(nil)
