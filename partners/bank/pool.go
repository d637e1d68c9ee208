package bank

import (
	"sync"
	"time"
)

// pool bounds the calls under way (a bulkhead). Nobody waits for a place.
type pool struct {
	limit int
	clock func() time.Time

	mutex  sync.Mutex
	inside int
	moved  time.Time // when a place was last taken or given back
}

// enter takes a place if there is one; then leave must be called.
func (p *pool) enter() bool {
	now := p.clock()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.inside >= p.limit {
		return false
	}
	p.inside++
	p.moved = now
	return true
}

func (p *pool) leave() {
	now := p.clock()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.inside--
	p.moved = now
}

// stuck reports whether the pool is full and no call in it has ended for so long. Then it is the bank that has used it up; a pool
// that is full and moves only shows that many call at once.
func (p *pool) stuck(long time.Duration) bool {
	now := p.clock()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.inside >= p.limit && now.Sub(p.moved) >= long
}

func (p *pool) calls() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.inside
}

// share is how many calls earn one repeat, and savings how many repeats may be saved up.
const (
	share   = 10
	savings = 10
)

// budget is how many calls may be repeated: one for ten made, so that an outage adds no more than a tenth to the calls.
type budget struct {
	mutex sync.Mutex
	earns int // share of them make one repeat
}

func (b *budget) earn() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.earns = min(b.earns+1, share*savings)
}

// take takes one repeat if there is one.
func (b *budget) take() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.earns < share {
		return false
	}
	b.earns -= share
	return true
}
