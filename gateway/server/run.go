package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// expiryEvery is how often the gauges of what expires are set.
const expiryEvery = time.Minute

// Run serves until ctx ends or a part fails, drains, and lets go of everything. It returns nil after a clean end.
func (s *Server) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by the drain
	defer stop()
	failed, wait := runTasks(work, s.tasks())

	var err error
	select {
	case <-ctx.Done():
		s.cfg.Logger.Info("draining", "patience", s.cfg.Limits.DrainPatience.String())
	case err = <-failed:
		s.cfg.Logger.Error("a part failed; draining", "error", err)
	}
	s.drain()
	err = errors.Join(err, s.closeCommitter())
	stop()
	wait()
	s.finishLog()
	return errors.Join(err, s.closers.close())
}

func (s *Server) tasks() []task {
	return []task{
		{"certificates", s.certs.Run},
		{"roster", s.roster.Run},
		{"suspensions", s.banks.Run},
		{"gauges", s.runGauges},
		{"readiness", s.runProbe},
		{"integrator", s.log.integrator.Run},
		{"signer", s.log.signer.Run},
		{"sealer", s.runSealer},
		{"head of the log", s.notify.feed.Run},
		{"events", s.runNotify},
		{"gRPC listener", func(context.Context) error { return s.grpc.Serve(s.connections.listener(s.listeners.grpc)) }},
		{"REST listener", func(context.Context) error {
			return closed(s.rest.Serve(s.doorkeeper.restListener(s.connections.listener(s.listeners.rest), s.rest.TLSConfig.Clone())))
		}},
		{"ops listener", func(context.Context) error { return closed(s.ops.Serve(s.listeners.ops)) }},
	}
}

// closed makes nothing of the end that was asked for.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain refuses new calls and waits for those under way. What is still under way when patience ends is cut off.
func (s *Server) drain() {
	close(s.drained)
	s.health.Shutdown()
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Limits.DrainPatience)
	defer cancel()

	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.grpc.GracefulStop()
	}()
	if err := s.rest.Shutdown(ctx); err != nil {
		s.cfg.Logger.Warn("REST calls were cut off", "error", err)
		_ = s.rest.Close()
	}
	select {
	case <-finished:
	case <-ctx.Done():
		s.cfg.Logger.Warn("gRPC calls were cut off")
		s.grpc.Stop()
		<-finished
	}
	_ = s.ops.Close()
}

// runGauges sets the gauges that nobody's call sets.
func (s *Server) runGauges(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var expiriesAt time.Time
	for {
		if now := s.cfg.Clock(); now.Sub(expiriesAt) >= expiryEvery {
			expiriesAt = now
			s.gaugeExpiries()
		}
		for lane, decisions := range s.committer.Lanes() {
			s.metrics.Waiting(string(lane), decisions)
		}
		s.metrics.Suspended(s.banks.Suspended())
		s.gaugeEndpoints()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Server) gaugeExpiries() {
	s.metrics.ForgetExpiries()
	for _, one := range s.certs.Expiries() {
		s.metrics.Expiry(one.Kind, one.Name, one.Time)
	}
}
