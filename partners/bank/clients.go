package bank

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/poruka/poruka/partners"
)

// PortalID names the portal among the endpoints. No bank may have this id.
const PortalID partners.ID = "portal"

// Config is what Clients need.
type Config struct {
	Directory   partners.Directory              // asked for a bank's endpoint with every call
	Portal      partners.Endpoint               // under PortalID; zero when there is none
	Certificate func() (tls.Certificate, error) // the gateway's own, asked for with every handshake
	Clock       func() time.Time

	Observe func(id partners.ID, outcome string, took time.Duration) // after each call: OK or a Cause; may be nil
	OnState func(id partners.ID, from, to State)                     // after a breaker has changed; must not block; may be nil
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Directory == nil || c.Certificate == nil || c.Clock == nil {
		return errors.New("bank: directory, certificate and clock are required")
	}
	return nil
}

// Clients are the clients of all banks and of the portal. They are safe for concurrent use.
type Clients struct{ cfg Config }

// New makes Clients. Nothing is called before the first Do.
func New(cfg Config) (*Clients, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Clients{cfg: cfg}, nil
}

// Do calls a bank, or the portal under PortalID. The error is an *Error.
func (c *Clients) Do(context.Context, partners.ID, Call) (Reply, error) {
	return Reply{}, &Error{Cause: NoEndpoint}
}

// Status tells how an endpoint stands; false when there is none.
func (c *Clients) Status(partners.ID) (Status, bool) { return Status{}, false }

// Close lets go of all connections.
func (c *Clients) Close() {}
