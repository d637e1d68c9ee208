package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/limit"
	"github.com/poruka/poruka/partners/roster"
)

// rooms are the built parts of one server.
type rooms struct {
	metrics   *observe.Metrics
	registry  *prometheus.Registry
	certs     *certs.Source
	roster    *roster.Roster
	limiter   *limit.Limiter
	endpoints *bank.Clients
	ring      *seal.Ring
	ledger    ledger.Engine
	log       logRooms
	committer *group.Committer
	banks     *banks.Service
	confirm   *confirm.Service
	portal    *portal.Service
	audit     *audit.Service
	accesses  *audit.Accesses
	orders    *order.Service
	notify    notifyRooms
}

// open opens the rooms in the order in which they need each other. What was opened when one fails is in c.
func (s *Server) open(ctx context.Context, c *closers) error {
	for _, step := range []struct {
		name string
		open func(context.Context, *closers) error
	}{
		{"metrics", s.openMetrics},
		{"key ring", s.openRing},
		{"certificates", s.openCerts},
		{"roster", s.openRoster},
		{"calls to banks", s.openEndpoints},
		{"ledger", s.openLedger},
		{"log", s.openLog},
		{"committer", s.openCommitter},
		{"use cases", s.openUseCases},
		{"orders", s.openOrders},
		{"sandbox", s.openSandbox},
		{"events", s.openNotify},
	} {
		if err := step.open(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (s *Server) openMetrics(context.Context, *closers) (err error) {
	s.registry = prometheus.NewRegistry()
	s.metrics, err = observe.NewMetrics(observe.MetricsConfig{Registry: s.registry, Version: s.cfg.Version})
	return err
}

// errDevelopmentKeys stops a server that would guard real persons with keys that were never meant to.
var errDevelopmentKeys = errors.New("the keys were made for development; serve with --dev, or make production keys")

func (s *Server) openRing(ctx context.Context, _ *closers) (err error) {
	s.ring, err = seal.File{Path: s.cfg.KeyRing}.Load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is none at %s; 'poruka keys init' makes one, or serve with --dev", s.cfg.KeyRing)
	}
	if err != nil {
		return err
	}
	if s.ring.Development() && !s.cfg.Dev {
		return errDevelopmentKeys
	}
	if !s.ring.Development() && s.cfg.IsSandbox() {
		return errSandboxKeys
	}
	if lacks := s.ring.Unfit(); len(lacks) > 0 {
		return fmt.Errorf("it has no key for %v; stop all gateways of the ledger, and 'poruka keys rotate' adds what is missing", lacks)
	}
	return nil
}

func (s *Server) openCerts(context.Context, *closers) (err error) {
	s.certs, err = certs.Open(certs.Config{
		CertFile:     s.cfg.Certificates.Cert,
		KeyFile:      s.cfg.Certificates.Key,
		ClientCAFile: s.cfg.Certificates.ClientCA,
		CRLFile:      s.cfg.Certificates.CRL,
		CRLGrace:     s.cfg.Certificates.CRLGrace,
		TrustDomain:  s.cfg.TrustDomain,
		Clock:        s.cfg.Clock,
		ReloadEvery:  s.cfg.ReloadEvery,
		Logger:       s.cfg.Logger,
		OnReload:     s.metrics.CertsReloaded,
		OnAlarm:      s.metrics.RevocationAlarm,
	})
	return err
}

func (s *Server) openRoster(context.Context, *closers) (err error) {
	s.roster, err = roster.Open(roster.Config{
		Path:        s.cfg.Roster,
		Policies:    []string{match.V1},
		Styles:      roster.Standard(),
		ReloadEvery: s.cfg.ReloadEvery,
		OnReload:    s.rosterReloaded,
	})
	if err != nil {
		return err
	}
	s.limiter, err = limit.New(limit.Config{Directory: s.roster, Clock: s.cfg.Clock})
	return err
}

func (s *Server) rosterReloaded(err error) {
	s.metrics.RosterReloaded(err)
	if err != nil {
		s.cfg.Logger.Error("the new roster is bad, the old one stays in force", "error", err)
		return
	}
	s.cfg.Logger.Info("a new roster is in force", "banks", len(s.roster.All()))
	s.endpoints.Refresh()
}

func (s *Server) openUseCases(ctx context.Context, _ *closers) (err error) {
	s.banks, err = banks.New(banks.Config{Directory: s.roster, Suspender: s.ledger, Clock: s.cfg.Clock, Logger: s.cfg.Logger})
	if err != nil {
		return err
	}
	if err = s.banks.Refresh(ctx); err != nil {
		return err
	}
	s.confirm, err = confirm.New(confirm.Config{
		Committer: s.committer, Reader: s.ledger, Ring: s.ring, Clock: s.cfg.Clock, Sandbox: s.cfg.IsSandbox(),
	})
	if err != nil {
		return err
	}
	s.accesses, err = audit.NewAccesses(audit.AccessConfig{Committer: s.committer, Log: s.ledger, Ring: s.ring, Clock: s.cfg.Clock})
	if err != nil {
		return err
	}
	s.portal, err = portal.New(portal.Config{Committer: s.committer, Reader: s.ledger, Ring: s.ring, Clock: s.cfg.Clock})
	if err != nil {
		return err
	}
	s.audit, err = audit.New(audit.Config{
		Ledger: s.ledger, Log: s.ledger, Prover: s.log.prover, Key: s.log.key, Reports: s.cfg.Limits.Reports,
	})
	return err
}

// Check opens what the settings name, but for the ledger and the listeners, which may be another server's, and lets go of it.
func Check(ctx context.Context, cfg Config) error {
	s := &Server{cfg: cfg}
	var c closers
	for _, step := range []func(context.Context, *closers) error{s.openMetrics, s.openRing, s.openCerts, s.openRoster} {
		if err := step(ctx, &c); err != nil {
			return errors.Join(err, c.close())
		}
	}
	return c.close()
}

// Accounts tells how many accounts the ledger holds, without those of the sandbox; it may be an estimate.
func (s *Server) Accounts(ctx context.Context) (int64, error) {
	status, err := s.ledger.Status(ctx)
	return max(0, status.Accounts-s.sandboxed), err
}

func (s *Server) observeGroup(g group.Group) {
	s.metrics.Group(g.Size, g.Splits, g.Failed, g.Waited, g.Duration)
}
