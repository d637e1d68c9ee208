package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// Engines that a stage can be built on.
const (
	Postgres  = "postgres"
	Cockroach = "cockroach"
	Embedded  = "embedded"
)

// Config says what stage is wanted.
type Config struct {
	Engine string
	Dir    string           // for certificates, keys and the embedded ledger
	Clock  func() time.Time // of the gateways
	// KillEvery is how many trials there are to one in which PostgreSQL is killed. 0 means DefaultKillEvery.
	KillEvery int
	// Forgetful PostgreSQL answers COMMIT before it has written anything down. It is how to see that a lost commit is found.
	Forgetful bool
}

// DefaultKillEvery is rare, for a kill takes longer than a trial.
const DefaultKillEvery = 25

// Stage is a trial.Place.
type Stage struct {
	cfg     Config
	server  *postgres.Server // that may be killed; nil when there is none
	proxies []*pgproxy.Proxy
	gates   []*gate
	direct  config.Config // of the ledger with nothing between
	closers []func() error
	tape    *tape
	tally   *tally

	mu      sync.Mutex
	events  []event // of the trial, by the call that sets them off
	reviver sync.Mutex
	ended   context.Context //nolint:containedctx // the time of the faults of one trial
	end     context.CancelFunc
	during  sync.WaitGroup // events under way
	isDown  bool           // the server is; guarded by reviver
	failed  error          // why the server did not come back; guarded by reviver
}

// Open builds a stage. Close it when done. Without the engine the error is postgres.ErrMissing or cockroach.ErrMissing.
func Open(ctx context.Context, cfg Config) (*Stage, error) {
	if cfg.KillEvery == 0 {
		cfg.KillEvery = DefaultKillEvery
	}
	s := &Stage{cfg: cfg, tape: &tape{}, tally: newTally(), end: func() {}}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context) error {
	urls, err := s.openLedger(ctx)
	if err != nil {
		return err
	}
	for i, url := range urls {
		settings, err := config.Config{
			DataDir: s.cfg.Dir, DatabaseURL: url, Dev: true,
			Listen: config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
			Limits: s.limits(),
		}.Complete()
		if err != nil {
			return err
		}
		if err := development.Prepare(ctx, settings, s.cfg.Clock); err != nil {
			return err
		}
		settings.DataDir = filepath.Join(s.cfg.Dir, fmt.Sprintf("gateway-%d", i)) // each has its own last head of the log
		g := &gate{stage: s, number: i, settings: settings}
		s.gates = append(s.gates, g)
		s.closers = append(s.closers, g.stop)
		if err := g.start(ctx); err != nil {
			return fmt.Errorf("gateway %d: %w", i, err)
		}
	}
	s.direct, err = config.Config{DataDir: s.cfg.Dir, DatabaseURL: cmp.Or(s.direct.DatabaseURL, urls[0]), Dev: true}.Complete()
	return err
}

// limits are those of the gateways. On the embedded ledger, which has few faults, hardly any call may wait: it is overloaded.
func (s *Stage) limits() config.Limits {
	l := config.Limits{DrainPatience: drainPatience}
	if s.cfg.Engine == Embedded {
		l.GroupSize, l.QueueLength = 1, 1
	}
	return l
}

// openLedger gives the database URL of each gateway.
func (s *Stage) openLedger(ctx context.Context) ([]string, error) {
	switch s.cfg.Engine {
	case Embedded:
		return []string{"sqlite://" + filepath.Join(s.cfg.Dir, "ledger.db")}, nil
	case Postgres:
		return s.openPostgres(ctx)
	case Cockroach:
		server, err := cockroach.Open()
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() error { server.Stop(); return nil })
		address, drop, err := server.Database(ctx)
		if err != nil {
			return nil, err
		}
		s.direct.DatabaseURL = address
		s.closers = append(s.closers, func() error { return drop(context.WithoutCancel(ctx)) })
		return s.openProxies(address)
	}
	return nil, fmt.Errorf("stage: there is no engine %q", s.cfg.Engine)
}

func (s *Stage) openPostgres(ctx context.Context) ([]string, error) {
	// What is committed has been given to the machine: a server that is killed loses nothing, a machine would.
	settings := map[string]string{"synchronous_commit": "on"}
	if s.cfg.Forgetful {
		settings = map[string]string{"synchronous_commit": "off", "wal_writer_delay": "10s"}
	}
	server, err := postgres.Private(ctx, postgres.Config{Settings: settings})
	if err != nil {
		return nil, err
	}
	s.server = server
	s.closers = append(s.closers, server.Stop)
	address, _, err := server.Database(ctx, "") // it goes with its server
	if err != nil {
		return nil, err
	}
	s.direct.DatabaseURL = address
	return s.openProxies(address)
}

func (s *Stage) openProxies(address string) ([]string, error) {
	var urls []string
	for range 2 {
		proxy, err := pgproxy.Start(address)
		if err != nil {
			return nil, err
		}
		s.proxies = append(s.proxies, proxy)
		s.closers = append(s.closers, proxy.Close)
		urls = append(urls, proxy.URL())
	}
	return urls, nil
}

// Close lets go of everything.
func (s *Stage) Close() error {
	s.end()
	s.during.Wait()
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}

// Gateways is how many there are.
func (s *Stage) Gateways() int { return len(s.gates) }

// Conn is a connection to the gateway that is there now.
func (s *Stage) Conn(gateway int, caller string) grpc.ClientConnInterface {
	return s.gates[gateway].conn(caller)
}

// Log is what the gateways have logged since Begin.
func (s *Stage) Log() string { return s.tape.String() }

// Faults counts what has been done, by kind, over all trials.
func (s *Stage) Faults() map[string]int { return s.tally.counts() }

// Begin lets the faults of a seed begin.
func (s *Stage) Begin(seed uint64) {
	s.tape.rewind()
	s.ended, s.end = context.WithCancel(context.Background())
	c := newChance(seed)
	s.mu.Lock()
	s.events = s.schedule(c)
	s.mu.Unlock()
	for i, proxy := range s.proxies {
		proxy.Apply(c.rule(commitOf[s.cfg.Engine], i, s.did(proxy)))
	}
}

// Called sets off what the schedule has for the nth call.
func (s *Stage) Called(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.events) > 0 && s.events[0].call <= n {
		e := s.events[0]
		s.events = s.events[1:]
		s.tally.add(e.name)
		s.during.Go(func() { e.do(s.ended) })
	}
}

// Calm ends all faults.
func (s *Stage) Calm(ctx context.Context) error {
	s.mu.Lock()
	s.events = nil
	s.mu.Unlock()
	s.end()
	for _, proxy := range s.proxies {
		proxy.Apply(nil)
		proxy.Release()
		proxy.Thaw()
		proxy.Admit()
	}
	s.during.Wait()
	for _, proxy := range s.proxies { // what an event did in its last moment
		proxy.Thaw()
		proxy.Admit()
		proxy.Release()
	}
	if err := s.revive(ctx); err != nil {
		return err
	}
	for i, g := range s.gates {
		if err := g.start(ctx); err != nil {
			return fmt.Errorf("gateway %d does not come back: %w", i, err)
		}
	}
	return nil
}

// revive starts the server if it is down.
func (s *Stage) revive(ctx context.Context) error {
	s.reviver.Lock()
	defer s.reviver.Unlock()
	if !s.isDown || s.failed != nil {
		return s.failed
	}
	s.failed = s.server.Resume(ctx)
	s.isDown = s.failed != nil
	return s.failed
}

// kill ends all processes of the server where they are.
func (s *Stage) kill() {
	s.reviver.Lock()
	defer s.reviver.Unlock()
	if !s.isDown && s.server.Kill() == nil {
		s.isDown = true
	}
}
