package server

import (
	"context"
	"errors"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/observe"
)

// probeEvery is how often the checks run when nobody asks for them, probePatience how long all of them together may take.
const (
	probeEvery    = 5 * time.Second
	probePatience = 2 * time.Second
)

var (
	errDraining    = errors.New("shutting down")
	errSuspensions = errors.New("the suspensions of banks are not known well enough; calls of banks are refused")
)

// checks are what must be well for the gateway to be ready, and what is shown beside it.
func (s *Server) checks() []observe.Check {
	return []observe.Check{
		{Name: "ledger", Run: s.checkLedger},
		{Name: "suspensions", Run: s.checkSuspensions},
		{Name: "draining", Run: s.checkDraining},
		{Name: "log", Run: s.checkLog, Optional: true},
		{Name: "banks", Run: s.checkEndpoints, Optional: true},
	}
}

// runProbe tells metrics and the health service whether the gateway is ready, until ctx ends.
func (s *Server) runProbe(ctx context.Context) error {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		s.probe(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Server) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	ready := true
	for _, check := range s.checks() {
		ready = (check.Run(ctx) == nil || check.Optional) && ready
	}
	s.metrics.Ready(ready)
	serving := healthv1.HealthCheckResponse_SERVING
	if !ready {
		serving = healthv1.HealthCheckResponse_NOT_SERVING
	}
	s.health.SetServingStatus("", serving)
}

func (s *Server) checkLedger(ctx context.Context) error {
	err := s.ledger.Ping(ctx)
	s.metrics.LedgerUp(err == nil)
	return err
}

func (s *Server) checkSuspensions(context.Context) error {
	if age, ok := s.banks.Age(); !ok || age > banks.DefaultMaxAge {
		return errSuspensions
	}
	return nil
}

func (s *Server) checkDraining(context.Context) error {
	select {
	case <-s.drained:
		return errDraining
	default:
		return nil
	}
}
