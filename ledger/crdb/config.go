package crdb

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says where the ledger is and how hard it may be used. Zero numbers mean the defaults.
type Config struct {
	// URL begins with cockroach:// or postgres://; the rest is a PostgreSQL connection URL. The server must be what the
	// scheme says.
	URL string
	// RequestConns and ReportConns bound the connections for decisions and for reports, each at least 1. Default 16 and 4.
	RequestConns, ReportConns int
	// AcquireTimeout is how long a decision waits for a free connection before it fails with ledger.ErrUnavailable. Default 2 s.
	AcquireTimeout time.Duration
	// StatementTimeout is how long the server may work on one statement of a decision. Reports get ReportTimeout. Default 10 s
	// and 5 min.
	StatementTimeout, ReportTimeout time.Duration
	// ConnLifetime is after how long a connection is replaced, up to half as long again. Default 5 min.
	ConnLifetime time.Duration
	Clock        func() time.Time // default time.Now
	Logger       *slog.Logger     // default none
	// Observe, when set, is told of every transaction when it has ended. It must be quick.
	Observe func(Transaction)
}

// Transaction is what Config.Observe is told.
type Transaction struct {
	Attempts   int // 1 when nothing went wrong
	RoundTrips int // with the server, over all attempts
	Settled    int // how often an unknown outcome had to be read back
	Entries    int // stored
	Duration   time.Duration
	Err        error
}

func (c Config) withDefaults() Config {
	setDefault(&c.RequestConns, 16)
	setDefault(&c.ReportConns, 4)
	setDefault(&c.AcquireTimeout, 2*time.Second)
	setDefault(&c.StatementTimeout, 10*time.Second)
	setDefault(&c.ReportTimeout, 5*time.Minute)
	setDefault(&c.ConnLifetime, 5*time.Minute)
	if c.Clock == nil {
		c.Clock = time.Now //nolint:forbidigo // the default of an injected clock
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(Transaction) {}
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports everything that is wrong with c. It does not tell the URL, which may hold a password.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if _, _, err := dialectOf(c.URL); err != nil {
		errs = append(errs, err)
	}
	for name, n := range map[string]int{"RequestConns": c.RequestConns, "ReportConns": c.ReportConns} {
		if n < 1 || n > 1000 {
			errs = append(errs, fmt.Errorf("crdb: %s is %d, want 1 to 1000", name, n))
		}
	}
	for name, d := range map[string]time.Duration{
		"AcquireTimeout": c.AcquireTimeout, "StatementTimeout": c.StatementTimeout,
		"ReportTimeout": c.ReportTimeout, "ConnLifetime": c.ConnLifetime,
	} {
		if d < time.Millisecond {
			errs = append(errs, fmt.Errorf("crdb: %s is %v, want at least 1 ms", name, d))
		}
	}
	return errors.Join(errs...)
}

var errURL = errors.New("crdb: the database URL is not a connection URL of the form postgres://user@host:port/database")

// dialectOf reads the scheme and gives the URL as the driver wants it.
func dialectOf(address string) (*dialect, string, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, "", errURL
	}
	switch scheme {
	case "cockroach", "cockroachdb":
		return onCockroach(), "postgres://" + rest, nil
	case "postgres", "postgresql":
		return onPostgres(), "postgres://" + rest, nil
	}
	return nil, "", errors.New("crdb: the database URL must begin with cockroach:// or postgres://")
}

// poolConfig is what both pools have in common. Errors of the driver are dropped: they quote the URL.
func (c Config) poolConfig(purpose string, conns int, statement time.Duration) (*pgxpool.Config, error) {
	d, address, err := dialectOf(c.URL)
	if err != nil {
		return nil, err
	}
	p, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errURL
	}
	p.MaxConns = int32(conns) //nolint:gosec // checked by Validate
	p.MaxConnLifetime, p.MaxConnLifetimeJitter = c.ConnLifetime, c.ConnLifetime/2
	p.MaxConnIdleTime, p.HealthCheckPeriod, p.PingTimeout = c.ConnLifetime, 30*time.Second, c.AcquireTimeout
	p.ConnConfig.ConnectTimeout = 5 * time.Second
	params := p.ConnConfig.RuntimeParams
	params["application_name"] = "poruka-" + purpose
	params["statement_timeout"] = milliseconds(statement)
	params["idle_in_transaction_session_timeout"] = milliseconds(2 * statement)
	d.session(purpose, params)
	return p, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// isOpen reports whether what goes over the line can be read by others.
func isOpen(p *pgxpool.Config) bool {
	host := p.ConnConfig.Host
	if p.ConnConfig.TLSConfig != nil || strings.HasPrefix(host, "/") || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}
