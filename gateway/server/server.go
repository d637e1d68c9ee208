package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/order"
)

// Config is what a Server is built from.
type Config struct {
	config.Config              // complete
	Version       string       // of the binary
	Logger        *slog.Logger // everything that is told to operators, audit lines included
	Clock         func() time.Time
	Puller        order.Puller  // asks the banks for the data of orders; nil: their own addresses are asked
	ReloadEvery   time.Duration // how often certificates and roster are looked at for changes; 0: every 10 s
}

// Server is one gateway. Make it with New, then call Run once.
type Server struct {
	cfg Config
	rooms
	door
	closers   closers
	listeners listeners
	drained   chan struct{} // closed when draining begins
	sandboxed int64         // accounts of the sandbox
}

// door is what stands between the listeners and the rooms.
type door struct {
	connections *connections
	doorkeeper  *doorkeeper
	grpc        *grpc.Server
	rest        *http.Server
	ops         *http.Server
	health      *health.Server
}

// listeners are the open sockets.
type listeners struct {
	grpc, rest, ops net.Listener
}

// New opens everything a server needs, its listeners included: calls wait in the sockets' queues until Run. When it fails, nothing stays open.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil || cfg.Clock == nil {
		return nil, errors.New("server: logger and clock are required")
	}
	s := &Server{cfg: cfg, drained: make(chan struct{})}
	err := s.open(ctx, &s.closers)
	if err == nil {
		err = s.openDoor(ctx)
	}
	if err == nil {
		err = s.listen(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.closers.close())
	}
	return s, nil
}

// Close lets go of a server that was never run.
func (s *Server) Close() error { return s.closers.close() }

// GRPCAddress is where gRPC is served.
func (s *Server) GRPCAddress() net.Addr { return s.listeners.grpc.Addr() }

// RESTAddress is where REST is served.
func (s *Server) RESTAddress() net.Addr { return s.listeners.rest.Addr() }

// OpsAddress is where metrics and health are served.
func (s *Server) OpsAddress() net.Addr { return s.listeners.ops.Addr() }

func (s *Server) listen(ctx context.Context) error {
	for _, one := range []struct {
		key     string
		address string
		into    *net.Listener
	}{
		{"listen.grpc", s.cfg.Listen.GRPC, &s.listeners.grpc},
		{"listen.rest", s.cfg.Listen.REST, &s.listeners.rest},
		{"listen.ops", s.cfg.Listen.Ops, &s.listeners.ops},
	} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", one.address)
		if err != nil {
			return fmt.Errorf("%s: %w", one.key, err)
		}
		*one.into = listener
		s.closers.add(one.key, func() error {
			if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		})
	}
	return nil
}
