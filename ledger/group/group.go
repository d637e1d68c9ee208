// Package group commits concurrent decisions together: what waits while one transaction commits becomes the next.
//
// Promise: a decision succeeds or fails alone, although it shares a transaction with others; the decisions of one lane are
// taken in order of arrival; a lone decision never waits; what is answered with nil is stored. Lanes take turns: however
// many decisions wait in one, the first of another is in the next group, and finds room in the queue.
//
// Powers: Do runs one decision; the Committer bounds how many wait, in all and in one lane, and how long a transaction may
// take.
//
// Limits: it knows nothing of what is decided, and all lanes have the same right. Several writers work side by side: they
// take groups in order, and the ledger settles which commits first.
package group

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Defaults of Config.
const (
	DefaultMaxGroup = 64
	DefaultMaxQueue = 4096
	DefaultTimeout  = 10 * time.Second
)

// Group is what became of one group, for metrics.
type Group struct {
	Size     int           // decisions in it
	Waited   time.Duration // of the decision that waited longest
	Duration time.Duration // from the beginning of the first transaction to the end of the last
	Splits   int           // how often it, or a part of it, was cut in two
	Failed   int           // decisions lost to the store; a decision's own error is not counted
	Err      error         // of the store, the last one; nil when all was stored
}

// Config is what a Committer needs.
type Config struct {
	Ledger   ledger.Transactor
	MaxGroup int              // decisions in a transaction, those with many accounts counted by accounts; 0 means DefaultMaxGroup
	MaxQueue int              // decisions that may wait, half of it in one lane; 0 means DefaultMaxQueue
	Writers  int              // transactions at a time; 0 means 1, right for SQLite
	Timeout  time.Duration    // of one transaction; 0 means DefaultTimeout
	Clock    func() time.Time // for Group; nil means that nothing is timed
	Observe  func(Group)      // optional; called by the writers, must not block
	Scribe   func() Scribe    // optional; called once for each writer
}

// Scribe finishes the entries of one writer's groups before they are stored. Only that writer calls it. It must not block.
type Scribe interface {
	// Finish amends the entries of a group after all of its decisions, everything but their ids. It is called again when the
	// ledger runs the decisions again.
	Finish(entries []ledger.Entry)
	// Stored tells that the group as finished last is durable, before any of those who wait for it is answered.
	Stored(entries []ledger.Entry)
	// Lost tells that it was not stored, or that nobody knows.
	Lost(unknown bool)
}

// noScribe leaves entries as they are.
type noScribe struct{}

func (noScribe) Finish([]ledger.Entry) {}
func (noScribe) Stored([]ledger.Entry) {}
func (noScribe) Lost(bool)             {}

func (c Config) withDefaults() (Config, error) {
	if c.Ledger == nil {
		return c, errors.New("group: no ledger")
	}
	if c.MaxGroup < 0 || c.MaxQueue < 0 || c.Writers < 0 || c.Timeout < 0 {
		return c, errors.New("group: a limit is negative")
	}
	c.MaxGroup = orElse(c.MaxGroup, DefaultMaxGroup)
	c.MaxQueue = orElse(c.MaxQueue, DefaultMaxQueue)
	c.Writers = orElse(c.Writers, 1)
	c.Timeout = orElse(c.Timeout, DefaultTimeout)
	if c.Clock == nil {
		c.Clock = func() time.Time { return time.Time{} }
	}
	if c.Observe == nil {
		c.Observe = func(Group) {}
	}
	if c.Scribe == nil {
		c.Scribe = func() Scribe { return noScribe{} }
	}
	return c, nil
}

func orElse[N int | time.Duration](n, otherwise N) N {
	if n == 0 {
		return otherwise
	}
	return n
}

// Committer collects decisions into groups. Make one with New; Close it before the ledger.
type Committer struct {
	cfg     Config
	stopped <-chan struct{} // base context of the transactions is over
	stop    context.CancelFunc
	base    func() (context.Context, context.CancelFunc) // of one transaction
	writers sync.WaitGroup

	mu      sync.Mutex
	arrived sync.Cond // something waits, or closing
	waiting lanes
	closing bool
}

// New starts the writers.
func New(cfg Config) (*Committer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	all, stop := context.WithCancel(context.Background())
	c := &Committer{cfg: cfg, stop: stop, stopped: all.Done(), waiting: lanes{most: cfg.MaxQueue, all: map[Lane]*line{}}}
	c.base = func() (context.Context, context.CancelFunc) { return context.WithTimeout(all, cfg.Timeout) }
	c.arrived.L = &c.mu
	for range cfg.Writers {
		c.writers.Go(c.write)
	}
	return c, nil
}

// Waiting tells how many decisions wait for a transaction.
func (c *Committer) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting.length
}

// Lanes tells how many decisions wait in each lane that has been used.
func (c *Committer) Lanes() map[Lane]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := make(map[Lane]int, len(c.waiting.all))
	for lane, l := range c.waiting.all {
		waiting[lane] = l.ops.Len()
	}
	return waiting
}

// Close refuses new decisions with ledger.ErrUnavailable, finishes those that wait, and lets the writers go. When ctx ends
// first, it cancels what is under way, refuses what waits, and returns the error of ctx.
func (c *Committer) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.arrived.Broadcast()

	done := make(chan struct{})
	go func() {
		c.writers.Wait()
		close(done)
	}()
	defer c.stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.waiting.take(math.MaxInt) {
		o.finish(errClosed)
	}
	return ctx.Err()
}

var errClosed = fmt.Errorf("%w: the committer is closed", ledger.ErrUnavailable)

// put queues o, or says why not.
func (c *Committer) put(lane Lane, o *op) error {
	o.since = c.cfg.Clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return errClosed
	}
	if !c.waiting.add(lane, o) {
		return ledger.ErrOverloaded
	}
	c.arrived.Signal()
	return nil
}

// withdraw takes o out of the queue; false when a writer has it already.
func (c *Committer) withdraw(o *op) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.place == nil {
		return false
	}
	c.waiting.remove(o)
	return true
}

// next waits for work and takes it; nil when there will be none.
func (c *Committer) next() []*op {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.waiting.length == 0 && !c.closing {
		c.arrived.Wait()
	}
	return c.waiting.take(c.cfg.MaxGroup)
}
