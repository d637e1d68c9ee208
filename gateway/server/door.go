package server

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/limit"
	"github.com/poruka/poruka/partners/roster"
)

// openDoor builds what stands between the listeners and the rooms: one chain for both transports.
func (s *Server) openDoor(ctx context.Context) error {
	s.connections = newConnections(s.roster, s.cfg.TrustDomain)
	s.doorkeeper = newDoorkeeper(s.metrics, s.cfg.Logger, s.cfg.Clock)
	validator, err := intercept.NewValidator()
	if err != nil {
		return err
	}
	table, err := s.accessTable()
	if err != nil {
		return err
	}
	tracing, err := s.openTracing(ctx)
	if err != nil {
		return err
	}
	chain, err := intercept.New(intercept.Config{
		Access:      table,
		Identifier:  s.certs,
		Banks:       s.banks,
		Limiter:     byID{s.limiter, s.roster},
		Validator:   validator,
		Metrics:     s.metrics,
		Logger:      s.cfg.Logger,
		Audit:       s.cfg.Logger,
		Tracer:      tracing.Tracer(),
		Clock:       s.cfg.Clock,
		MaxDeadline: s.cfg.Limits.MaxDeadline,
	})
	if err != nil {
		return err
	}
	services, err := rpc.New(rpc.Config{
		Confirm: s.confirm, Portal: s.portal, Audit: s.audit, Accesses: s.accesses, Banks: s.banks,
		Limiter:  s.limiter,
		Validate: validator.Check,
		Methods:  table.Methods,
		Clock:    s.cfg.Clock,
		Version:  s.cfg.Version,
		Sandbox:  s.cfg.IsSandbox(),
		Recheck:  chain.Recheck,
		Draining: s.drained,
		Decided:  s.metrics.Outcome,
		Receipt:  s.log.receipts.Of,
		Prover:   s.log.prover,
		Unproved: s.unproved,
		Dialects: s.styles(),
		Standing: s.styles().of,
		Endpoint: s.endpointOf,
		Orders:   s.orders,

		Feed: s.notify.feed, Receivers: s.notify.service,
	})
	if err != nil {
		return err
	}
	s.health = health.NewServer()
	if err := s.openGRPC(chain, services); err != nil {
		return err
	}
	if err := s.openREST(chain, services); err != nil {
		return err
	}
	return s.openOps()
}

func (s *Server) accessTable() (*access.Table, error) {
	methods := access.MethodsOf(func(r access.Registrar) { s.register(r, &rpc.Services{}, health.NewServer()) })
	return access.New(access.Config{Rows: access.Rows(s.cfg.Dev), Methods: append(methods, access.Pages()...)})
}

// register registers everything that can be called, in front of whatever the registrar puts there.
func (s *Server) register(r access.Registrar, services *rpc.Services, health healthv1.HealthServer) {
	services.Register(r)
	library := drainable{Registrar: r, drained: s.drained}
	healthv1.RegisterHealthServer(library, health)
	if s.cfg.Dev {
		reflection.Register(library)
	}
}

func (s *Server) openTracing(ctx context.Context) (*observe.Tracing, error) {
	tracing, err := observe.NewTracing(ctx, observe.TracingConfig{
		Endpoint: s.cfg.Tracing.Endpoint, Insecure: s.cfg.Tracing.Insecure, Ratio: s.cfg.Tracing.Ratio, Version: s.cfg.Version,
	})
	if err != nil {
		return nil, err
	}
	s.closers.add("traces", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return tracing.Close(ctx)
	})
	return tracing, nil
}

func (s *Server) openGRPC(chain *intercept.Chain, services *rpc.Services) error {
	options := append(chain.ServerOptions(), grpc.Creds(s.doorkeeper.grpcCredentials(s.connections.config(s.certs.ServerConfig("h2")))))
	s.grpc = grpc.NewServer(options...)
	s.closers.add("gRPC server", func() error {
		s.grpc.Stop()
		return nil
	})
	s.register(chain.Registrar(s.grpc), services, s.health)
	return chain.Covers(s.grpc.GetServiceInfo())
}

func (s *Server) openOps() error {
	pages, err := observe.NewOps(observe.OpsConfig{
		Gatherer: s.registry,
		Clock:    s.cfg.Clock,
		Checks:   s.checks(),
	})
	if err != nil {
		return err
	}
	s.ops = &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	return nil
}

// byID lets the chain, which knows a bank's id, ask the limiter, which wants the bank.
type byID struct {
	limiter *limit.Limiter
	roster  *roster.Roster
}

// Allow admits one request of a bank; one that has just left the roster has no limits left.
func (b byID) Allow(id partners.ID) (release func(), retryAfter time.Duration, ok bool) {
	partner, ok := b.roster.Find(id)
	if !ok {
		return nil, time.Second, false
	}
	return b.limiter.Allow(partner)
}
