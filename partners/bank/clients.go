package bank

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"time"

	"github.com/poruka/poruka/partners"
)

// PortalID names the portal among the endpoints. No bank may have this id.
const PortalID partners.ID = "portal"

// Defaults of Breaker.
const (
	DefaultFailures = 5
	DefaultOpenFor  = 10 * time.Second
)

// Breaker is when a breaker opens and for how long.
type Breaker struct {
	Failures int           // in a row that open it; so does a half of at least 20 calls. 0: DefaultFailures
	OpenFor  time.Duration // until one call is tried; 0: DefaultOpenFor
}

// Config is what Clients need.
type Config struct {
	Directory   partners.Directory              // asked for a bank's endpoint with every call
	Portal      partners.Endpoint               // under PortalID; zero when there is none
	Certificate func() (tls.Certificate, error) // the gateway's own, asked for with every handshake
	Breaker     Breaker
	Clock       func() time.Time

	Observe func(id partners.ID, outcome string, took time.Duration) // after each call: OK or a Cause; may be nil
	OnState func(id partners.ID, from, to State)                     // after a breaker has changed, in order, by whoever called; may be nil
}

// Validate says what is missing.
func (c Config) Validate() error {
	switch {
	case c.Directory == nil || c.Certificate == nil || c.Clock == nil:
		return errors.New("bank: directory, certificate and clock are required")
	case c.Breaker.Failures < 0 || c.Breaker.OpenFor < 0:
		return errors.New("bank: the settings of breakers cannot be negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Breaker.Failures == 0 {
		c.Breaker.Failures = DefaultFailures
	}
	if c.Breaker.OpenFor == 0 {
		c.Breaker.OpenFor = DefaultOpenFor
	}
	if c.Observe == nil {
		c.Observe = func(partners.ID, string, time.Duration) {}
	}
	if c.OnState == nil {
		c.OnState = func(partners.ID, State, State) {}
	}
	return c
}

// Clients are the clients of all banks and of the portal. They are safe for concurrent use.
type Clients struct {
	cfg  Config
	life context.Context //nolint:containedctx // it ends with Close, and the calls with it
	end  context.CancelFunc

	mutex    sync.RWMutex
	clients  map[partners.ID]*client
	closed   bool
	underway sync.WaitGroup // calls, and whatever else must end before Close does
}

// New makes Clients. Nothing is called before the first Do.
func New(cfg Config) (*Clients, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Clients{cfg: cfg.withDefaults(), clients: map[partners.ID]*client{}}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Do calls a bank, or the portal under PortalID. All of it, repeats included, takes no longer than the endpoint's timeout, and ends
// before ctx does, so that time is left to answer. The error is an *Error.
func (c *Clients) Do(ctx context.Context, id partners.ID, call Call) (Reply, error) {
	one, err := c.enter(id)
	if err != nil {
		c.cfg.Observe(id, outcome(err), 0)
		return Reply{}, err
	}
	defer c.underway.Done()
	return one.do(ctx, call)
}

// outcome is what metrics tell of a call.
func outcome(err error) string {
	if err == nil {
		return "OK"
	}
	return string(CauseOf(err))
}

// Status tells how an endpoint stands; false when there is none.
func (c *Clients) Status(id partners.ID) (Status, bool) {
	one, err := c.enter(id)
	if err != nil {
		return Status{}, false
	}
	defer c.underway.Done()
	return one.status(), true
}

// Statuses tells how all endpoints stand that have been asked for so far.
func (c *Clients) Statuses() map[partners.ID]Status {
	c.Refresh()
	c.mutex.RLock()
	known := make(map[partners.ID]*client, len(c.clients))
	for id, one := range c.clients {
		known[id] = one
	}
	c.mutex.RUnlock()
	all := make(map[partners.ID]Status, len(known))
	for id, one := range known {
		all[id] = one.status()
	}
	return all
}

// Refresh lets go of what banks that have left the roster, or moved, had here. Do finds out by itself, but only about the bank that
// is called.
func (c *Clients) Refresh() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for id, one := range c.clients {
		if !one.serves(c.endpoint(id)) {
			delete(c.clients, id)
			one.retire()
		}
	}
}

// Close ends the calls under way, waits for that, and lets go of all connections. Later calls are given up at once.
func (c *Clients) Close() {
	c.mutex.Lock()
	c.closed = true
	all := c.clients
	c.clients = nil
	c.mutex.Unlock()
	c.end()
	c.underway.Wait()
	for _, one := range all {
		one.retire()
	}
}

func (c *Clients) endpoint(id partners.ID) partners.Endpoint {
	if id == PortalID {
		return c.cfg.Portal
	}
	p, _ := c.cfg.Directory.Find(id)
	return p.Endpoint
}

var errClosed = errors.New("the clients are closed")

// enter finds the client of an endpoint as the roster has it now. Without an error c.underway.Done must be called.
func (c *Clients) enter(id partners.ID) (*client, error) {
	endpoint := c.endpoint(id)
	c.mutex.RLock()
	one := c.clients[id]
	if !c.closed && one != nil && one.serves(endpoint) {
		c.underway.Add(1)
		c.mutex.RUnlock()
		return one, nil
	}
	c.mutex.RUnlock()
	return c.renew(id, endpoint)
}

// renew replaces or drops the client of an endpoint that has changed. Calls under way there are finished.
func (c *Clients) renew(id partners.ID, endpoint partners.Endpoint) (*client, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.closed {
		return nil, &Error{Cause: GivenUp, err: errClosed}
	}
	one := c.clients[id]
	if one == nil || !one.serves(endpoint) {
		fresh, err := newClient(c, id, endpoint)
		if one != nil {
			delete(c.clients, id)
			one.retire()
		}
		if err != nil {
			return nil, err
		}
		c.clients[id], one = fresh, fresh
	}
	c.underway.Add(1)
	return one, nil
}
