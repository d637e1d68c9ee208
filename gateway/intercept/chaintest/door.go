package chaintest

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/partners"
)

// TrustDomain is the trust domain of the certificates.
const TrustDomain = "test.poruka"

// Door is a chain with all it needs.
type Door struct {
	CA       *certstest.CA
	Source   *certs.Source
	Chain    *intercept.Chain
	Services *Services
	Banks    *Banks
	Limiter  *Limiter
	Registry *prometheus.Registry
	Log      *Lines // of calls and audit

	dir string
}

// Change alters the configuration of the chain.
type Change func(*intercept.Config)

// New makes a Door.
func New(t testing.TB, changes ...Change) *Door {
	t.Helper()
	clock := time.Now //nolint:forbidigo // TLS between real processes has no other clock
	d := &Door{
		CA: certstest.NewRoot(t, clock(), "test root"), Services: &Services{}, Banks: &Banks{}, Limiter: &Limiter{},
		Registry: prometheus.NewRegistry(), Log: &Lines{}, dir: t.TempDir(),
	}
	d.Source = d.openSource(t, clock)
	methods := append(access.MethodsOf(d.Register), access.Pages()...)
	table, err := access.New(access.Config{Rows: access.Rows(true), Methods: methods})
	must(t, err)
	metrics, err := observe.NewMetrics(observe.MetricsConfig{Registry: d.Registry, Version: "test"})
	must(t, err)
	validator, err := intercept.NewValidator()
	must(t, err)
	logger, err := observe.NewLogger(observe.LogConfig{Writer: d.Log})
	must(t, err)
	config := intercept.Config{
		Access: table, Identifier: d.Source, Banks: d.Banks, Limiter: d.Limiter, Validator: validator, Metrics: metrics,
		Logger: logger, Clock: clock,
	}
	for _, change := range changes {
		change(&config)
	}
	d.Chain, err = intercept.New(config)
	must(t, err)
	return d
}

func (d *Door) openSource(t testing.TB, clock func() time.Time) *certs.Source {
	t.Helper()
	cert, key := certstest.Pair(t, d.CA.Server(t))
	source, err := certs.Open(certs.Config{
		CertFile: certstest.Write(t, d.dir, "server.pem", cert), KeyFile: certstest.Write(t, d.dir, "server-key.pem", key),
		ClientCAFile: certstest.Write(t, d.dir, "ca.pem", d.CA.PEM()),
		CRLFile:      certstest.Write(t, d.dir, "crl.pem", d.CA.RevocationList(t, x509.RevocationList{})),
		TrustDomain:  TrustDomain, Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	return source
}

// Revoke puts a certificate on the revocation list and takes the list into force.
func (d *Door) Revoke(t testing.TB, certificate tls.Certificate) {
	t.Helper()
	certstest.Write(t, d.dir, "crl.pem", d.CA.RevocationList(t, x509.RevocationList{}, certificate))
	must(t, d.Source.Reload())
}

// Client issues a client certificate for a name below the trust domain, for example bank/vtb.
func (d *Door) Client(t testing.TB, name string, changes ...certstest.Change) tls.Certificate {
	t.Helper()
	return d.CA.Client(t, "poruka://"+TrustDomain+"/"+name, changes...)
}

// ClientConfig is a client's side of TLS.
func (d *Door) ClientConfig(certificates ...tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(d.CA.Cert)
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: "localhost", Certificates: certificates}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Banks lets every bank call but those it holds a fault for.
type Banks struct {
	mu     sync.Mutex
	refuse map[partners.ID]error
}

// Refuse sets what Check says of a bank.
func (b *Banks) Refuse(id partners.ID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = map[partners.ID]error{id: err}
}

// Check gives the bank, or the fault set for it.
func (b *Banks) Check(id partners.ID) (partners.Partner, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse[id]; err != nil {
		return partners.Partner{}, err
	}
	return partners.Partner{ID: id}, nil
}

// Inactive is the fault of a bank that may not call.
func Inactive() error { return fault.New(fault.Denied, fault.PartnerInactive) }

// Limiter counts, and refuses when it is told to.
type Limiter struct {
	mu      sync.Mutex
	Full    bool
	Allowed int // calls admitted
	Running int // of them, not yet released
}

// Allow admits a call unless Full.
func (l *Limiter) Allow(partners.ID) (release func(), retryAfter time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Full {
		return nil, 1500 * time.Millisecond, false
	}
	l.Allowed++
	l.Running++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.Running--
	}, 0, true
}

// Counts gives the numbers.
func (l *Limiter) Counts() (allowed, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Allowed, l.Running
}

// Lines collects what is logged.
type Lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write takes a line.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// Take gives the lines so far and forgets them.
func (l *Lines) Take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSuffix(l.text.String(), "\n"), "\n")
	l.text.Reset()
	if lines[0] == "" {
		return nil
	}
	return lines
}
