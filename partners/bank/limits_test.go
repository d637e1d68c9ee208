package bank_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// In an outage no more than a tenth is added to the calls that the bank would see anyway, however many callers there are.
func TestRepeatsAddATenthAtMost(t *testing.T) {
	for name, c := range map[string]struct {
		failing    int64 // of ten
		idempotent bool
		breaker    bank.Breaker
	}{
		"all fail":                  {10, true, bank.Breaker{OpenFor: time.Millisecond}},
		"three of ten fail":         {3, true, bank.Breaker{Failures: 1 << 20}},
		"three that may not repeat": {3, false, bank.Breaker{Failures: 1 << 20}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(config *bank.Config) { config.Breaker = c.breaker })
			var served atomic.Int64
			var seen sync.Map
			w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
				n := served.Add(1)
				seen.Store(in.URL.Path, true)
				if n%10 < c.failing {
					fail(out, in)
				}
			}, concurrent(1000))
			var group sync.WaitGroup
			for caller := range 50 {
				group.Go(func() {
					for n := range 40 {
						_, _ = w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodPost, Path: fmt.Sprintf("/%d-%d", caller, n), Idempotent: c.idempotent})
					}
				})
			}
			group.Wait()
			sent := int64(0)
			seen.Range(func(any, any) bool { sent++; return true })
			extra := served.Load() - sent
			if extra > sent/10 || extra > 0 && !c.idempotent {
				t.Errorf("%d calls, %d repeats", sent, extra)
			}
			t.Logf("%d calls, %d repeats", sent, extra)
		})
	}
}

func TestACallIsRepeatedOnce(t *testing.T) {
	w := newWorld(t)
	var n, bad atomic.Int64
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		if string(body) != "all of it" {
			bad.Add(1)
		}
		if n.Add(1) == 11 {
			fail(out, in)
		}
	})
	for range 11 {
		_, err := w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodPut, Path: "/", Body: []byte("all of it"), Idempotent: true})
		w.want(err, "")
	}
	if n.Load() != 12 || bad.Load() != 0 {
		t.Errorf("%d calls came, %d without their body", n.Load(), bad.Load())
	}
}

// A bank that says when to come back is believed, and not asked again before.
func TestRetryAfterIsBelieved(t *testing.T) {
	w := newWorld(t)
	var n atomic.Int64
	w.bank("vtb", func(out http.ResponseWriter, _ *http.Request) {
		if n.Add(1) > 20 {
			out.Header().Set("Retry-After", "7")
			out.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for range 20 {
		_, _ = w.get("vtb")
	}
	_, err := w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodGet, Path: "/", Idempotent: true})
	if failed := w.failed(err, bank.ServerError); failed.RetryAfter != 7*time.Second || n.Load() != 21 {
		t.Errorf("come back in %v, %d calls", failed.RetryAfter, n.Load())
	}
}

// untold is a context that has a deadline and does not end by itself: what ends in time has read the deadline. So a machine that is
// slow cannot end it first.
type untold struct {
	context.Context
	at time.Time
}

func (u untold) Deadline() (time.Time, bool) { return u.at, true }

// Both ends of the time: the endpoint's timeout, and what the caller has left.
func TestTheTimeOfACall(t *testing.T) {
	w := newWorld(t)
	w.bank("vtb", hang, timeout(300*time.Millisecond))
	w.bank("bspb", hang, timeout(time.Hour))
	for name, c := range map[string]struct {
		bank  partners.ID
		left  time.Duration // of the caller
		cause bank.Cause
	}{
		"the endpoint's timeout":  {"vtb", time.Hour, bank.Timeout},
		"less than the timeout":   {"bspb", 200 * time.Millisecond, bank.Timeout},
		"less than is kept of it": {"bspb", 90 * time.Millisecond, bank.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.clients.Do(untold{t.Context(), time.Now().Add(c.left)}, c.bank, bank.Call{Method: http.MethodGet, Path: "/", Idempotent: true})
			w.want(err, c.cause)
		})
	}
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := w.clients.Do(over, "vtb", bank.Call{Method: http.MethodGet, Path: "/", Idempotent: true})
	w.want(err, bank.GivenUp)
}

// The pool of one bank is full; the other's calls go on.
func TestAFullPoolIsOneBanks(t *testing.T) {
	w := newWorld(t)
	arrived := make(chan struct{})
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) { arrived <- struct{}{}; hang(out, in) }, concurrent(3))
	w.bank("bspb", ok)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { _, _ = w.clients.Do(ctx, "vtb", bank.Call{Method: http.MethodGet, Path: "/"}) })
		<-arrived
	}
	for range 50 {
		_, err := w.get("vtb")
		w.want(err, bank.Busy)
		_, err = w.get("bspb")
		w.want(err, "")
	}
	cancel()
	group.Wait()
	if all := w.clients.Statuses(); len(all) != 2 || all["vtb"].LastFailure != bank.Busy || all["bspb"].LastFailure != "" {
		t.Errorf("%+v", all)
	}
}
