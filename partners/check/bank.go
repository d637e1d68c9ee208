package check

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// Config is who plays, and where the gateway is.
type Config struct {
	ID      partners.ID
	Address string        // host:port of the gateway's REST facade
	TLS     *tls.Config   // the bank's certificate, and who may vouch for the gateway
	Dialect style.Dialect // the bank's
	Signer  signature.Signer
	Retired signature.Signer // a key of the bank whose time is over; nil: there is none
	Clock   func() time.Time
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.ID == "" || c.Dialect == nil || c.Clock == nil {
		return errors.New("check: bank, dialect and clock are required")
	}
	if c.TLS == nil || len(c.TLS.Certificates) != 1 || c.TLS.RootCAs == nil {
		return errors.New("check: the bank's certificate and the gateway's CA are required")
	}
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		return fmt.Errorf("check: the address must be host:port: %w", err)
	}
	if Signs(c.Dialect) && c.Signer == nil {
		return errors.New("check: the bank's dialect is signed: the signing key is required")
	}
	return nil
}

// Bank plays one bank. It is for one goroutine.
type Bank struct {
	cfg      Config
	client   *http.Client
	skew     time.Duration // what the gateway's clock is ahead of ours
	pace     *rate.Limiter // of requests
	seen     map[string]bool
	receipts []Receipt
}

// New makes a Bank. Nothing is sent before the first call; Close ends it.
func New(cfg Config) (*Bank, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return open(cfg), nil
}

func open(cfg Config) *Bank {
	return &Bank{cfg: cfg, client: newClient(cfg.TLS), pace: rate.NewLimiter(rate.Inf, 1), seen: map[string]bool{}}
}

// handshakeTimeout bounds the making of a connection.
const handshakeTimeout = 10 * time.Second

func newClient(config *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:     config.Clone(),
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: handshakeTimeout,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets go of all connections.
func (b *Bank) Close() { b.client.CloseIdleConnections() }

// now is the gateway's time: that the bank's own clock is right is a case of its own.
func (b *Bank) now() time.Time { return b.cfg.Clock().Add(b.skew).UTC().Truncate(time.Millisecond) }

// request asks about a person of the sandbox, under a fresh id.
func (b *Bank) request(claim person.Raw) style.Request {
	now := b.now()
	return style.Request{
		ID: uuid.NewString(), Person: claim, AccountActive: true, PhoneBound: true, Means: "APP",
		AuthenticatedAt: now.Add(-20 * time.Second), ConsentGiven: true, ConsentAt: now.Add(-30 * time.Second), SentAt: now,
	}
}

// errCast says that the sandbox has no such person.
var errCast = errors.New("the sandbox of this program has no person for this case")

// personOf finds a person of the sandbox by what comes of it.
func personOf(outcome, reason string) (magic.Person, error) {
	for _, p := range magic.All() {
		if !p.Pulled && p.Outcome == outcome && (p.Fault == reason && outcome == "" || len(p.Reasons) == 0 && reason == "" || len(p.Reasons) > 0 && p.Reasons[0] == reason) {
			return p, nil
		}
	}
	return magic.Person{}, errCast
}

// confirmable is the person who is CONFIRMED.
func confirmable() (person.Raw, error) {
	p, err := personOf("CONFIRMED", "")
	return p.Claim, err
}

// saw keeps what an answer has brought for the report.
func (b *Bank) saw(a style.Answer) {
	if a.Receipt != "" && a.Name != "" && !b.seen[a.Name] {
		b.seen[a.Name] = true
		b.receipts = append(b.receipts, Receipt{Name: a.Name, Receipt: a.Receipt})
	}
}
