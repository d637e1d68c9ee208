// Package limit keeps each bank within its limits: requests per second, and requests under way at the same time.
//
// Promise: one bank cannot use up what is another's; a refusal tells when to come back; new limits in the roster hold from
// the next request on; memory is bounded by the roster.
//
// Limits: it counts on one gateway. Whether a bank may call at all is decided before.
package limit

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/poruka/poruka/partners"
)

const (
	// crowded is when to come back when too many requests are under way: some of them will have ended.
	crowded = 100 * time.Millisecond
	// longest is when to come back at the latest.
	longest = time.Minute
)

// Config is what a Limiter needs.
type Config struct {
	Directory partners.Directory // what is kept of banks that have left it is dropped
	Clock     func() time.Time
}

// Limiter keeps the banks within their limits. It is safe for concurrent use.
type Limiter struct {
	config Config

	mutex sync.RWMutex
	banks map[partners.ID]*bank
}

// bank is what is known of one bank.
type bank struct {
	mutex    sync.Mutex
	limits   partners.Limits
	tokens   *rate.Limiter
	underway int
}

// New makes a Limiter.
func New(config Config) (*Limiter, error) {
	if config.Directory == nil || config.Clock == nil {
		return nil, errors.New("limit: Directory and Clock must be set")
	}
	return &Limiter{config: config, banks: map[partners.ID]*bank{}}, nil
}

// Allow admits one request of a bank, by the limits in p. When ok, release must be called once the request has ended; to
// call it again does nothing. Otherwise release is nil, nothing was counted, and retryAfter is when to come back: between 1 ms
// and a minute.
func (l *Limiter) Allow(p partners.Partner) (release func(), retryAfter time.Duration, ok bool) {
	b := l.bank(p)
	now := l.config.Clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.follow(p.Limits, now)
	switch {
	case b.underway >= b.limits.ConcurrentRequests:
		return nil, crowded, false
	case !b.tokens.AllowN(now, 1):
		return nil, b.wait(now), false
	}
	b.underway++
	return b.release(), 0, true
}

// Charge takes n more tokens for a request that was admitted: a malformed request is cheap to send and not to refuse. The
// bank's next requests wait until the debt is worked off, which is never more than twice its burst.
func (l *Limiter) Charge(id partners.ID, n int) {
	l.mutex.RLock()
	b := l.banks[id]
	l.mutex.RUnlock()
	if b == nil || n < 1 {
		return
	}
	now := l.config.Clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.tokens.TokensAt(now) > -float64(b.limits.Burst) {
		b.tokens.ReserveN(now, min(n, b.limits.Burst)) // never given back
	}
}

func (l *Limiter) bank(p partners.Partner) *bank {
	l.mutex.RLock()
	b := l.banks[p.ID]
	l.mutex.RUnlock()
	if b != nil {
		return b
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if b = l.banks[p.ID]; b == nil {
		l.forget()
		b = &bank{limits: p.Limits, tokens: rate.NewLimiter(rate.Limit(p.Limits.RequestsPerSecond), p.Limits.Burst)}
		l.banks[p.ID] = b
	}
	return b
}

// forget drops the banks that have left the directory.
func (l *Limiter) forget() {
	for id := range l.banks {
		if _, known := l.config.Directory.Find(id); !known {
			delete(l.banks, id) // its requests under way keep what they have of it
		}
	}
}

// follow takes new limits over. What the bank has used up stays used up.
func (b *bank) follow(limits partners.Limits, now time.Time) {
	if b.limits == limits {
		return
	}
	b.limits = limits
	b.tokens.SetLimitAt(now, rate.Limit(limits.RequestsPerSecond))
	b.tokens.SetBurstAt(now, limits.Burst)
}

// wait is the time until there is a token.
func (b *bank) wait(now time.Time) time.Duration {
	return max(b.until(1, b.tokens.TokensAt(now)), time.Millisecond)
}

func (b *bank) release() func() {
	var once sync.Once
	return func() {
		once.Do(func() {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.underway--
		})
	}
}
