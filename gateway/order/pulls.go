package order

import (
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
)

// pulls is what this gateway knows of banks that it has asked for pending orders: so that one order is asked for by one call at a time,
// and not more often than every pullEvery. It forgets orders that have ended, and is safe for concurrent use.
type pulls struct {
	mu     sync.Mutex
	orders map[ledger.OrderID]*pulled
	most   int // before those that have ended are looked for
}

// pulled is what came of asking for one order.
type pulled struct {
	progress Progress
	free     time.Time // when the bank may be asked again, if it could not be; zero when that is not known

	isBusy bool
	begun  time.Time
	until  time.Time // the end of the order
}

const fewestPulls = 1024

// begin marks that an order is being asked for; false when it is already, or was just now.
func (p *pulls) begin(r record, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.orders[r.ID]
	if one == nil {
		p.sweep(now)
		p.orders[r.ID] = &pulled{isBusy: true, begun: now, until: r.Until}
		return true
	}
	if one.isBusy || now.Sub(one.begun).Abs() < pullEvery { // a clock that was set back must not stop it for long
		return false
	}
	one.isBusy, one.begun = true, now
	return true
}

// end keeps what came of it. That nothing did leaves what came before.
func (p *pulls) end(id ledger.OrderID, result pulled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.orders[id]
	if one == nil {
		return // the order has ended
	}
	one.isBusy = false
	if result.progress != ProgressNone {
		one.progress, one.free = result.progress, result.free
	}
}

// told gives a pending order with what came of asking for it last.
func (p *pulls) told(o Order, now time.Time) Order {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.orders[o.ID]
	if one == nil {
		return o
	}
	o.Progress = one.progress
	if o.NotChecked = one.progress == WaitingForBank; o.NotChecked {
		o.RetryAfter = max(one.free.Sub(now), 0)
	}
	return o
}

func (p *pulls) forget(id ledger.OrderID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.orders, id)
}

// sweep forgets orders that have ended, once there are many. The caller holds mu.
func (p *pulls) sweep(now time.Time) {
	if len(p.orders) < max(p.most, fewestPulls) {
		return
	}
	for id, one := range p.orders {
		if !one.isBusy && !now.Before(one.until) {
			delete(p.orders, id)
		}
	}
	p.most = 2 * len(p.orders)
}
