package bank

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/partners"
)

// What an endpoint gets when the roster says nothing, and what holds for all of them.
const (
	defaultTimeout    = 3 * time.Second
	defaultConcurrent = 20

	margin     = 100 * time.Millisecond // left of the caller's time to answer in
	maxRepeats = 2                      // of one call
	firstPause = 100 * time.Millisecond // at most, before the first repeat; twice as long before the next
	crowded    = time.Second            // when to come back when too many calls are under way
	wireLife   = 30 * time.Minute       // how long connections are used: new certificates take effect, here and there
)

// client calls one endpoint.
type client struct {
	all      *Clients
	id       partners.ID
	endpoint partners.Endpoint // with defaults
	origin   partners.Endpoint // as the roster has it
	base     *url.URL

	breaker *breaker
	pool    *pool
	budget  budget
	tokens  tokens
	last    atomic.Value // Cause of the last failure

	mutex   sync.Mutex
	wire    *wire
	retired bool
}

var errEndpoint = errors.New("the endpoint has no https address or no server name")

func newClient(all *Clients, id partners.ID, endpoint partners.Endpoint) (*client, error) {
	if endpoint.IsZero() {
		return nil, &Error{Cause: NoEndpoint}
	}
	base, err := url.Parse(endpoint.URL)
	if err != nil || base.Scheme != "https" || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" ||
		endpoint.ServerName == "" {
		return nil, &Error{Cause: NoEndpoint, err: errEndpoint}
	}
	c := &client{all: all, id: id, endpoint: endpoint, origin: endpoint, base: base}
	if c.endpoint.Timeout <= 0 {
		c.endpoint.Timeout = defaultTimeout
	}
	if c.endpoint.Concurrent <= 0 {
		c.endpoint.Concurrent = defaultConcurrent
	}
	c.pool = &pool{limit: c.endpoint.Concurrent, clock: all.cfg.Clock}
	c.breaker = newBreaker(breakerConfig{
		settings: all.cfg.Breaker,
		timeout:  c.endpoint.Timeout,
		clock:    all.cfg.Clock,
		changed:  func(from, to State) { all.cfg.OnState(id, from, to) },
	})
	return c, nil
}

// serves reports whether the client was made for this endpoint. The paths may change under it.
func (c *client) serves(e partners.Endpoint) bool {
	o := c.origin
	return o.URL == e.URL && o.ServerName == e.ServerName && o.Timeout == e.Timeout && o.Concurrent == e.Concurrent &&
		(o.Authority == e.Authority || o.Authority != nil && o.Authority.Equal(e.Authority))
}

func (c *client) status() Status {
	state, since := c.breaker.state()
	last, _ := c.last.Load().(Cause)
	return Status{Breaker: state, Since: since, Calls: c.pool.calls(), LastFailure: last}
}

// Causes of contexts that ended: by the endpoint's timeout, by the caller's deadline less the margin, or because all is closed.
var (
	errTimeout  = errors.New("no answer within the endpoint's timeout")
	errDeadline = errors.New("no answer within the time that the caller has left")
)

// within bounds a call's time.
func (c *client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeoutCause(ctx, c.endpoint.Timeout, errTimeout)
	if deadline, ok := ctx.Deadline(); ok {
		var shaved context.CancelFunc
		whole := cancel
		inner, shaved = context.WithDeadlineCause(inner, deadline.Add(-margin), errDeadline)
		cancel = func() { shaved(); whole() }
	}
	inner, closed := context.WithCancelCause(inner)
	stop := context.AfterFunc(c.all.life, func() { closed(errClosed) })
	return inner, func() { stop(); closed(nil); cancel() }
}

// do calls, and tells how that went.
func (c *client) do(ctx context.Context, call Call) (Reply, error) {
	began := c.all.cfg.Clock()
	reply, err := c.repeatedly(ctx, call)
	c.all.cfg.Observe(c.id, outcome(err), c.all.cfg.Clock().Sub(began))
	return reply, err
}

// repeatedly calls, and repeats what may be repeated.
func (c *client) repeatedly(ctx context.Context, call Call) (Reply, error) {
	if err := call.check(c.base); err != nil {
		return Reply{}, &Error{Cause: NoEndpoint, err: err}
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	for repeat := 0; ; repeat++ {
		reply, err := c.attempt(ctx, call)
		if repeat == 0 && (err == nil || err.Cause != Open && err.Cause != Busy) {
			c.budget.earn() // what was refused here adds nothing to what the bank has to bear
		}
		if err == nil {
			return reply, nil
		}
		if repeat == maxRepeats || !call.Idempotent || !passing(err) || ctx.Err() != nil || !c.budget.take() || !pause(ctx, firstPause<<repeat) {
			return Reply{}, err
		}
	}
}

// passing reports whether the same call may well succeed a moment later. With time left, a timeout is that of a connection that could
// not be made.
func passing(err *Error) bool {
	return err.RetryAfter == 0 && (err.Cause == Refused || err.Cause == ServerError || err.Cause == Timeout)
}

// pause waits for a random part of longest (full jitter), and reports whether there is time left.
func pause(ctx context.Context, longest time.Duration) bool {
	timer := time.NewTimer(rand.N(longest)) //nolint:gosec // spreads repeats, is no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// attempt calls once, if breaker and pool let it. Whatever happens within, a panic or the end of the goroutine too, the breaker is
// told: it would wait for the result of its one trial for ever.
func (c *client) attempt(ctx context.Context, call Call) (_ Reply, failed *Error) {
	if ctx.Err() != nil { // nothing is sent, so nothing can be said of the bank
		return Reply{}, ended(ctx)
	}
	done, wait := c.breaker.allow()
	if done == nil {
		return Reply{}, &Error{Cause: Open, RetryAfter: wait}
	}
	verdict := errBank
	defer func() { done(verdict) }()
	if !c.pool.enter() {
		if !c.pool.stuck(c.endpoint.Timeout / 2) {
			verdict = errVoid
		}
		return Reply{}, c.note(&Error{Cause: Busy, RetryAfter: crowded})
	}
	defer c.pool.leave()
	began := c.all.cfg.Clock()
	reply, err := c.send(ctx, call)
	if err == nil {
		verdict = nil
		return reply, nil
	}
	failed, verdict = classify(ctx, err)
	if errors.Is(context.Cause(ctx), errDeadline) && c.all.cfg.Clock().Sub(began) >= c.endpoint.Timeout/2 {
		verdict = errBank // the caller had less time than the roster gives, but enough to tell
	}
	return Reply{}, c.note(failed)
}

// note remembers what went wrong last.
func (c *client) note(failed *Error) *Error {
	if failed.Cause != GivenUp {
		c.last.Store(failed.Cause)
	}
	return failed
}

// send makes the exchange on the current connections.
func (c *client) send(ctx context.Context, call Call) (Reply, error) {
	w := c.join()
	defer w.leave()
	return w.exchange(ctx, c.base, call)
}

// join gives the current connections, new ones when they are old. leave must be called.
func (c *client) join() *wire {
	now := c.all.cfg.Clock()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.wire != nil && now.Sub(c.wire.made) >= wireLife {
		c.wire.retire()
		c.wire = nil
	}
	if c.wire != nil && c.wire.enter() {
		return c.wire
	}
	c.wire = newWire(c.endpoint, c.all.cfg, now)
	c.wire.enter()
	if c.retired { // a repeat after the roster has changed
		c.wire.retire()
	}
	return c.wire
}

// retire lets go of the connections once the calls under way have ended.
func (c *client) retire() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.retired = true
	if c.wire != nil {
		c.wire.retire()
	}
}
