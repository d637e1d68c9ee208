package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/credentials"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/observe"
)

// How many refused handshakes are told one by one; of more, only how many they were. Anybody can make them.
const (
	strangersPerSecond = 5
	strangersAtOnce    = 50
)

// doorkeeper watches the handshakes of both ports. Who does not get through one never makes a call, so that neither the audit of calls
// nor their metrics would tell of it.
type doorkeeper struct {
	metrics *observe.Metrics
	audit   *slog.Logger
	clock   func() time.Time
	lines   *rate.Limiter
	untold  atomic.Int64
}

func newDoorkeeper(metrics *observe.Metrics, audit *slog.Logger, clock func() time.Time) *doorkeeper {
	return &doorkeeper{metrics: metrics, audit: audit, clock: clock, lines: rate.NewLimiter(strangersPerSecond, strangersAtOnce)}
}

// let counts a connection that was made.
func (d *doorkeeper) let(state tls.ConnectionState) { d.metrics.Handshake(state.DidResume, "") }

// refuse counts a connection that was not made, and writes down who was refused for what they showed. One that broke off or talked
// something else, as probes of ports do, is only counted.
func (d *doorkeeper) refuse(transport string, from net.Addr, err error) {
	refusal := certs.Refusal(err)
	if errors.Is(err, errConnections) {
		refusal = "connections"
	}
	d.metrics.Handshake(false, refusal)
	if refusal == certs.RefusalProtocol {
		return
	}
	if !d.lines.AllowN(d.clock(), 1) {
		d.untold.Add(1)
		return
	}
	d.audit.Warn("audit", "audit", true, "transport", transport, "handshake", refusal, "identified", false, "peer", from.String(),
		"untold_before", d.untold.Swap(0))
}

// grpcCredentials are the credentials of the gRPC port.
func (d *doorkeeper) grpcCredentials(config *tls.Config) credentials.TransportCredentials {
	return watched{TransportCredentials: credentials.NewTLS(config), keeper: d}
}

type watched struct {
	credentials.TransportCredentials
	keeper *doorkeeper
}

// ServerHandshake makes one connection.
func (w watched) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := w.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		w.keeper.refuse("grpc", raw.RemoteAddr(), err)
		return nil, nil, err
	}
	if tlsInfo, ok := info.(credentials.TLSInfo); ok {
		w.keeper.let(tlsInfo.State)
	}
	return conn, info, nil
}

// Clone gives a copy that watches too.
func (w watched) Clone() credentials.TransportCredentials {
	return watched{TransportCredentials: w.TransportCredentials.Clone(), keeper: w.keeper}
}

// restListener makes the connections of the REST port, so that Accept gives only those that are through their handshakes.
func (d *doorkeeper) restListener(raw net.Listener, config *tls.Config) net.Listener {
	ctx, cancel := context.WithCancel(context.Background())
	s := &secured{Listener: raw, config: config, keeper: d, ctx: ctx, cancel: cancel, results: make(chan accepted)}
	s.all.Go(s.run)
	return s
}

// secured is a listener that shakes hands with many at a time.
type secured struct {
	net.Listener
	config  *tls.Config
	keeper  *doorkeeper
	ctx     context.Context //nolint:containedctx // of the listener, which has no other way to be told of its end
	cancel  context.CancelFunc
	results chan accepted
	all     sync.WaitGroup
}

type accepted struct {
	conn net.Conn
	err  error
}

func (s *secured) run() {
	for s.ctx.Err() == nil {
		raw, err := s.Listener.Accept()
		if err != nil {
			s.give(accepted{err: err}) // the server waits before it asks again
			continue
		}
		s.all.Go(func() { s.shake(raw) })
	}
}

func (s *secured) shake(raw net.Conn) {
	ctx, cancel := context.WithTimeout(s.ctx, intercept.Handshake)
	defer cancel()
	conn := tls.Server(raw, s.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.keeper.refuse("rest", raw.RemoteAddr(), err)
		_ = conn.Close()
		return
	}
	s.keeper.let(conn.ConnectionState())
	if !s.give(accepted{conn: conn}) {
		_ = conn.Close()
	}
}

// give hands a result to whoever accepts; false when nobody will any more.
func (s *secured) give(result accepted) bool {
	select {
	case s.results <- result:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Accept waits for the next connection that is through its handshake.
func (s *secured) Accept() (net.Conn, error) {
	select {
	case result := <-s.results:
		return result.conn, result.err
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close ends the listener and the handshakes under way.
func (s *secured) Close() error {
	s.cancel()
	err := s.Listener.Close()
	s.all.Wait()
	return err
}
