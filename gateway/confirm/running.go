package confirm

import (
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
)

// running is the requests that this gateway is deciding. It is bounded, and safe for concurrent use.
type running struct {
	most int

	mu       sync.Mutex
	requests map[ledger.EntryID]mark
	fading   int // marks that only wait for their time
}

// mark is one request. It fades when its caller is gone while its transaction may still go on.
type mark struct {
	callers int
	until   time.Time // counts as running until then, without a caller as well
}

// enter marks a request; false when there are too many.
func (r *running) enter(id ledger.EntryID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, known := r.requests[id]
	if !known && len(r.requests) >= r.most && r.sweep(now) == 0 {
		return false
	}
	if known && m.callers == 0 {
		r.fading--
	}
	m.callers++
	r.requests[id] = m
	return true
}

// leave takes one caller's mark away. until is zero when the outcome is settled; otherwise the request counts as running till then.
func (r *running) leave(id ledger.EntryID, until, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.requests[id]
	m.callers--
	m.until = later(m.until, until)
	switch {
	case m.callers > 0:
		r.requests[id] = m
	case m.until.After(now):
		r.requests[id] = m
		r.fading++
	default:
		delete(r.requests, id)
	}
}

// has reports whether a request is being decided.
func (r *running) has(id ledger.EntryID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, known := r.requests[id]
	return known && (m.callers > 0 || m.until.After(now))
}

// sweep forgets what has faded, and tells how many that were. The caller holds mu.
func (r *running) sweep(now time.Time) int {
	if r.fading == 0 {
		return 0
	}
	swept := 0
	for id, m := range r.requests {
		if m.callers == 0 && !m.until.After(now) {
			delete(r.requests, id)
			swept++
		}
	}
	r.fading -= swept
	return swept
}
