// Package gatewaytest runs a whole gateway in the test's process: real TLS on real sockets, the embedded ledger in a folder of the
// test or a database of its own on a server that the tests share, certificates of a CA made for it.
//
// Promise: it is up when Start returns and gone, with all that it opened, when the test ends; many may run side by side.
//
// Limits: for tests alone. Its keys are made for development.
package gatewaytest

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// Config says what kind of gateway a test wants. The zero Config is a good one.
type Config struct {
	DataDir  string               // empty: a folder of the test
	Database string               // URL of a database; empty: the embedded ledger in DataDir
	Accounts int                  // invented accounts to begin with
	Clock    func() time.Time     // nil: the real one
	Change   func(*config.Config) // changes the settings before the start; may be nil
	Unready  bool                 // do not prepare the data directory: it was prepared before
	Sandbox  bool                 // with the persons of the sandbox, whose accounts are beside Accounts

	Puller      order.Puller  // in the place of calls to banks; nil: the gateway's own
	ReloadEvery time.Duration // how often changed certificates and rosters are taken; 0: every 10 s
}

// Gateway is a running gateway.
type Gateway struct {
	t      testing.TB
	Dir    string // the data directory
	Server *server.Server
	log    *lines
	stop   func() error
}

// Start starts a gateway.
func Start(t testing.TB, cfg Config) *Gateway {
	t.Helper()
	if cfg.DataDir == "" {
		cfg.DataDir = t.TempDir()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	g := &Gateway{t: t, Dir: cfg.DataDir, log: &lines{}}
	settings := settingsOf(t, cfg)
	if !cfg.Unready {
		ensureSlowKey(t, settings.DataDir)
		if err := development.Prepare(t.Context(), settings, cfg.Clock); err != nil {
			t.Fatalf("preparing the gateway: %v", err)
		}
	}
	logger, err := observe.NewLogger(observe.LogConfig{Writer: g.log, Level: settings.Log.Level})
	if err != nil {
		t.Fatal(err)
	}
	g.Server, err = server.New(t.Context(), server.Config{
		Config: settings, Version: "test", Logger: logger, Clock: cfg.Clock, Puller: cfg.Puller, ReloadEvery: cfg.ReloadEvery,
	})
	if err != nil {
		t.Fatalf("starting the gateway: %v", err)
	}
	g.run()
	g.populate(cfg)
	return g
}

func settingsOf(t testing.TB, cfg Config) config.Config {
	t.Helper()
	settings := config.Config{
		DataDir:     cfg.DataDir,
		DatabaseURL: cfg.Database,
		Dev:         true,
		Sandbox:     &cfg.Sandbox,
		Listen:      config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
	}
	if cfg.Change != nil {
		cfg.Change(&settings)
	}
	settings, err := settings.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func (g *Gateway) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Server.Run(ctx) }()
	g.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	g.t.Cleanup(func() {
		if err := g.stop(); err != nil {
			g.t.Errorf("the gateway did not end well: %v\n%s", err, g.Log())
		}
	})
}

func (g *Gateway) populate(cfg Config) {
	g.t.Helper()
	if cfg.Accounts == 0 {
		return
	}
	population := g.Population()
	if err := development.Populate(g.t.Context(), g.Profile("portal"), population, cfg.Accounts, func(int64) {}); err != nil {
		g.t.Fatalf("inventing accounts: %v", err)
	}
}

// Population is the invented population of the gateway's accounts.
func (g *Gateway) Population() *people.Population {
	g.t.Helper()
	population, err := development.Population(g.Dir, time.Now)
	if err != nil {
		g.t.Fatal(err)
	}
	return population
}

// Stop drains the gateway and gives the error of its end. It may be called more than once.
func (g *Gateway) Stop() error { return g.stop() }

// Profile is how the named caller reaches the gateway: a bank, `portal`, `compliance` or `operator`.
func (g *Gateway) Profile(name string) client.Profile {
	return development.ProfileOf(g.Dir, name, g.Server.GRPCAddress(), g.Server.RESTAddress())
}

// Conn is a gRPC connection of the named caller.
func (g *Gateway) Conn(name string) *grpc.ClientConn {
	g.t.Helper()
	conn, err := g.Profile(name).Dial()
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// HTTP is a REST client of the named caller, and the beginning of every URL.
func (g *Gateway) HTTP(name string) (*http.Client, string) {
	g.t.Helper()
	profile := g.Profile(name)
	c, err := profile.HTTP()
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(c.CloseIdleConnections)
	return c, "https://" + profile.RESTAddress
}

// Log is what the gateway has logged so far.
func (g *Gateway) Log() string { return g.log.String() }

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is everything so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Clone(l.text.String())
}
