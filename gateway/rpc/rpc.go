package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// Limits of the client streams.
const (
	DefaultBulkRequests = 32               // of one bulk under way at the same time
	itemPatience        = 10 * time.Second // of one request of a bulk, as of a unary call
)

// Limiter keeps a bank within its limits; a *limit.Limiter is one.
type Limiter interface {
	// Allow admits one request: release must be called when it has ended. Otherwise retryAfter says when to come back.
	Allow(p partners.Partner) (release func(), retryAfter time.Duration, ok bool)
}

// Config is what the services need. All down to Version is required.
type Config struct {
	Confirm  *confirm.Service
	Portal   *portal.Service
	Audit    *audit.Service
	Accesses *audit.Accesses // of compliance staff
	Banks    *banks.Service
	Limiter  Limiter
	Validate func(proto.Message) error   // judges a message of a client stream; the error is a fault
	Methods  func(certs.Role) []string   // that a role may call, full gRPC names, ordered
	Clock    func() time.Time            // of the gateway
	Version  string                      // of the gateway
	Recheck  func(context.Context) error // whether the caller of a stream is still good; nil: for as long as the stream lasts
	Draining <-chan struct{}             // closed when streams shall end; nil: never
	Decided  func(bank, outcome string)  // told of each new decision, for metrics; nil: nobody is

	Receipt  func(ledger.Entry) string    // that an entry is stored, for whoever was told of it; nil: answers carry none
	Prover   Prover                       // nil: nothing is in the log yet
	Unproved func(context.Context, error) // told why an answer has no proof although it should; nil: nobody is

	Dialects Dialects                            // in which banks may write; nil: none
	Standing func(partners.Partner) style.Limits // how much more a bank may send; nil: it is not told

	Orders *order.Service // nil: there are none

	Endpoint func(partners.ID) *porukav1.Endpoint // how a bank's own API stands, nil when it has none; nil: it is not told

	Feed      *notify.Feed    // of the log; nil: nobody can watch it
	Receivers *notify.Service // of events; nil: there are none
	Watchers  int             // of the log at the same time; 0 means DefaultWatchers

	Sandbox bool // the gateway is one

	BulkRequests int // of one bulk under way at the same time; 0 means DefaultBulkRequests
}

func (c Config) withDefaults() (Config, error) {
	if c.Confirm == nil || c.Portal == nil || c.Audit == nil || c.Accesses == nil || c.Banks == nil {
		return c, errors.New("rpc: all five use cases are required")
	}
	if c.Limiter == nil || c.Validate == nil || c.Methods == nil || c.Clock == nil {
		return c, errors.New("rpc: limiter, validator, methods and clock are required")
	}
	if c.BulkRequests < 0 || c.Watchers < 0 {
		return c, errors.New("rpc: a limit is negative")
	}
	if c.BulkRequests == 0 {
		c.BulkRequests = DefaultBulkRequests
	}
	if c.Watchers == 0 {
		c.Watchers = DefaultWatchers
	}
	if c.Recheck == nil {
		c.Recheck = func(context.Context) error { return nil }
	}
	if c.Endpoint == nil {
		c.Endpoint = func(partners.ID) *porukav1.Endpoint { return nil }
	}
	if c.Decided == nil {
		c.Decided = func(string, string) {}
	}
	return c.withLog().withDialects(), nil
}

func (c Config) withLog() Config {
	if c.Receipt == nil {
		c.Receipt = func(ledger.Entry) string { return "" }
	}
	if c.Prover == nil {
		c.Prover = noLog{}
	}
	if c.Unproved == nil {
		c.Unproved = func(context.Context, error) {}
	}
	return c
}

// Services are the services of poruka.v1. Make them with New.
type Services struct {
	cfg      Config
	watchers chan struct{}
}

// New makes the services.
func New(cfg Config) (*Services, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Services{cfg: cfg, watchers: make(chan struct{}, cfg.Watchers)}, nil
}

// Register registers all services.
func (s *Services) Register(r grpc.ServiceRegistrar) {
	porukav1.RegisterConfirmationServiceServer(r, confirmations{cfg: s.cfg})
	porukav1.RegisterPortalServiceServer(r, accounts{cfg: s.cfg, watchers: s.watchers})
	porukav1.RegisterAuditServiceServer(r, records{cfg: s.cfg})
	porukav1.RegisterLogServiceServer(r, proofs{cfg: s.cfg})
	porukav1.RegisterOperatorServiceServer(r, operators{cfg: s.cfg})
	porukav1.RegisterCallerServiceServer(r, callers{cfg: s.cfg})
}

// callerOf gives who is calling. The chain has identified everybody who comes here.
func callerOf(ctx context.Context) (certs.Caller, error) {
	caller, ok := access.CallerFrom(ctx)
	if !ok {
		return certs.Caller{}, fault.New(fault.Unauthenticated, fault.CertificateInvalid)
	}
	return caller, nil
}

// bankOf gives the bank that is calling, as the roster has it now; claimed, when not empty, must be its id.
func (c Config) bankOf(ctx context.Context, claimed string) (confirm.Caller, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return confirm.Caller{}, err
	}
	if caller.Role != certs.RoleBank {
		return confirm.Caller{}, fault.New(fault.Denied, fault.AccessDenied)
	}
	if claimed != "" && claimed != caller.ID {
		return confirm.Caller{}, fault.New(fault.Denied, fault.CertificateNotYours)
	}
	bank, err := c.Banks.Check(partners.ID(caller.ID))
	if err != nil {
		return confirm.Caller{}, err
	}
	return confirm.Caller{Partner: bank, Serial: caller.Serial, Style: confirm.Native}, nil
}

// malformed is the fault of one field.
func malformed(field, text string) error {
	return fault.InvalidFields(fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text})
}
