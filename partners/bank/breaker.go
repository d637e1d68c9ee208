package bank

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	enough    = 20          // calls within the window from which on a half of failures opens
	minWindow = time.Minute // in which calls are counted
	buckets   = 10          // of the window
	trial     = time.Second // when to come back while a call is being tried
)

// What the breaker is told of a call; nil is that the bank answered.
var (
	errBank = errors.New("a failure of the bank")
	errVoid = errors.New("says nothing about the bank")
)

// breaker is a circuit breaker whose changes are told outside of its lock.
type breaker struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor time.Duration
	clock   func() time.Time
	changed func(from, to State)

	mutex   sync.Mutex
	current State
	since   time.Time
	untold  []change

	telling sync.Mutex
}

type change struct{ from, to State }

type breakerConfig struct {
	settings Breaker
	timeout  time.Duration // of a call
	clock    func() time.Time
	changed  func(from, to State) // in order, one at a time
}

func newBreaker(cfg breakerConfig) *breaker {
	b := &breaker{openFor: cfg.settings.OpenFor, clock: cfg.clock, changed: cfg.changed, current: BreakerClosed, since: cfg.clock()}
	// The result of a call that began before the window is dropped, and so are failures in a row that are older. One caller after the
	// other may wait for the whole timeout.
	window := max(minWindow, 2*time.Duration(cfg.settings.Failures)*cfg.timeout)
	b.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Interval:     window,
		BucketPeriod: window / buckets,
		Timeout:      cfg.settings.OpenFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			ended := n.TotalFailures + n.TotalSuccesses
			return n.ConsecutiveFailures >= uint32(cfg.settings.Failures) || ended >= enough && 2*n.TotalFailures >= ended //nolint:gosec // small and positive
		},
		OnStateChange: func(_ string, _, to gobreaker.State) { b.note(to) },
		IsSuccessful:  func(err error) bool { return err == nil },
		IsExcluded:    func(err error) bool { return errors.Is(err, errVoid) },
	})
	return b
}

// allow lets a call through or says when to come back. done must be called; a second time does nothing.
func (b *breaker) allow() (done func(verdict error), wait time.Duration) {
	ended, err := b.breaker.Allow()
	b.tell()
	if err != nil {
		return nil, b.wait()
	}
	var once sync.Once
	return func(verdict error) {
		once.Do(func() { ended(verdict) })
		b.tell()
	}, 0
}

// wait is how long the breaker stays open, or how long to wait for the call that is being tried.
func (b *breaker) wait() time.Duration {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.current != BreakerOpen {
		return trial
	}
	return max(b.openFor-b.clock().Sub(b.since), time.Millisecond)
}

func (b *breaker) state() (state State, since time.Time) {
	b.breaker.State() // open becomes half-open when somebody looks
	b.tell()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.current, b.since
}

// note is called under the breaker's lock, so it only takes down what will be told.
func (b *breaker) note(to gobreaker.State) {
	now := b.clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	next := stateOf(to)
	b.untold = append(b.untold, change{b.current, next})
	b.current, b.since = next, now
}

// tell tells the changes in order. Who comes while somebody else is telling leaves it to them, so that being told may ask for the
// state.
func (b *breaker) tell() {
	for b.isUntold() && b.telling.TryLock() {
		b.tellOne()
	}
}

func (b *breaker) tellOne() {
	defer b.telling.Unlock()
	b.mutex.Lock()
	var next change
	if len(b.untold) > 0 {
		next, b.untold = b.untold[0], b.untold[1:]
	}
	b.mutex.Unlock()
	if next != (change{}) {
		b.changed(next.from, next.to)
	}
}

func (b *breaker) isUntold() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.untold) > 0
}

func stateOf(s gobreaker.State) State {
	switch s {
	case gobreaker.StateOpen:
		return BreakerOpen
	case gobreaker.StateHalfOpen:
		return BreakerHalfOpen
	default:
		return BreakerClosed
	}
}
