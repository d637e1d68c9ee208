package crdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
)

// Store is a ledger.Engine. It is safe for concurrent use.
type Store struct {
	cfg        Config
	dialect    *dialect
	statements *statements

	requests, reports *pgxpool.Pool
	suspectUntil      atomic.Int64 // Unix nanoseconds

	version string // of the server
	sweeper *sweeper
}

var _ ledger.Engine = (*Store)(nil)

// Purposes of pools.
const (
	requests = "requests"
	reports  = "reports"
)

// Open connects to a server and asks it who it is. It does not ask for the schema: see Migrate, Ping and Status.
// It fails with ledger.ErrUnavailable when the server cannot be reached.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d, _, err := dialectOf(cfg.URL)
	if err != nil {
		return nil, err
	}
	return connect(ctx, cfg.withDefaults(), d)
}

func connect(ctx context.Context, cfg Config, d *dialect) (*Store, error) {
	var err error
	s := &Store{cfg: cfg, dialect: d, statements: newStatements(d)}
	if s.requests, err = s.pool(ctx, requests, cfg.RequestConns, cfg.StatementTimeout); err != nil {
		return nil, err
	}
	if s.reports, err = s.pool(ctx, reports, cfg.ReportConns, cfg.ReportTimeout); err != nil {
		s.requests.Close()
		return nil, err
	}
	if err := s.identify(ctx); err != nil {
		s.requests.Close()
		s.reports.Close()
		return nil, err
	}
	s.sweeper = startSweeper(s)
	return s, nil
}

func (s *Store) pool(ctx context.Context, purpose string, conns int, statement time.Duration) (*pgxpool.Pool, error) {
	p, err := s.cfg.poolConfig(purpose, conns, statement)
	if err != nil {
		return nil, err
	}
	p.ShouldPing = func(_ context.Context, c pgxpool.ShouldPingParams) bool {
		return c.IdleDuration > time.Second || s.isSuspect()
	}
	if purpose == requests && isOpen(p) {
		s.cfg.Logger.WarnContext(ctx, "the line to the database is not encrypted; add sslmode=verify-full to its URL")
	}
	pool, err := pgxpool.NewWithConfig(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("%w: the pool of connections for %s cannot be made", ledger.ErrUnavailable, purpose)
	}
	return pool, nil
}

// enoughLocks is the room in the server's lock table that the two largest transactions of one gateway need at one time. As it comes, the
// server has 6,400. Where there is no room, a transaction is refused.
const enoughLocks = 2 * mostLocks

func (s *Store) identify(ctx context.Context) error {
	version, err := s.ask(ctx, "SELECT version()")
	if err != nil {
		return err
	}
	if !s.dialect.isServer(version) {
		return fmt.Errorf("crdb: the database URL says %s, the server says it is not: use the other scheme", s.dialect.engine)
	}
	s.version = version
	if s.dialect.engine == cockroachEngine {
		return nil
	}
	number, err := s.ask(ctx, "SELECT current_setting('server_version_num')")
	if err != nil {
		return err
	}
	if n, _ := strconv.Atoi(number); n < 150000 {
		return errors.New("crdb: PostgreSQL 15 or later is needed")
	}
	return s.checkLocks(ctx)
}

// checkLocks warns of a small lock table; see lockKeys. What PostgreSQL remembers for SERIALIZABLE does not matter: nothing here is.
func (s *Store) checkLocks(ctx context.Context) error {
	room, err := s.ask(ctx, "SELECT (current_setting('max_locks_per_transaction')::INT8 * "+
		"(current_setting('max_connections')::INT8 + current_setting('max_prepared_transactions')::INT8))::TEXT")
	if err != nil {
		return err
	}
	if n, _ := strconv.Atoi(room); n < enoughLocks {
		s.cfg.Logger.WarnContext(ctx, "the lock table of the server is small: large transactions may be refused; raise max_locks_per_transaction",
			"room", n, "recommended", enoughLocks)
	}
	return nil
}

// ask puts a question of one text to the server.
func (s *Store) ask(ctx context.Context, question string, args ...any) (string, error) {
	soon, cancel := context.WithTimeout(ctx, s.cfg.AcquireTimeout)
	defer cancel()
	conn, err := s.requests.Acquire(soon)
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "the database cannot be reached", "error", err)
		return "", s.notAcquired(ctx, soon, err).public()
	}
	defer conn.Release()
	var answer string
	if err := conn.QueryRow(ctx, question, args...).Scan(&answer); err != nil {
		return "", classify(ctx, "question", reading, err).public()
	}
	return answer, nil
}

// Close waits for what is under way and lets go of all connections.
func (s *Store) Close() error {
	s.sweeper.stop()
	s.requests.Close()
	s.reports.Close()
	return nil
}

// PoolUse is how one pool of connections is used.
type PoolUse struct {
	Purpose                string // requests or reports
	Max, Open, InUse, Idle int
	Waited                 int64         // how often a caller had to wait for a connection
	WaitedFor              time.Duration // in all
}

// Pools tells how the connections are used.
func (s *Store) Pools() []PoolUse {
	var out []PoolUse
	for purpose, pool := range map[string]*pgxpool.Pool{requests: s.requests, reports: s.reports} {
		stat := pool.Stat()
		out = append(out, PoolUse{
			Purpose: purpose, Max: int(stat.MaxConns()), Open: int(stat.TotalConns()), InUse: int(stat.AcquiredConns()),
			Idle: int(stat.IdleConns()), Waited: stat.EmptyAcquireCount(), WaitedFor: stat.EmptyAcquireWaitTime(),
		})
	}
	return out
}
