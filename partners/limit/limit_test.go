package limit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/limit"
)

// directory is a roster of banks by id.
type directory map[partners.ID]partners.Partner

func (d directory) Find(id partners.ID) (partners.Partner, bool) { p, ok := d[id]; return p, ok }
func (d directory) All() []partners.Partner                      { return nil }

// clock stands until it is moved.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(0, c.nanos.Load()) }
func (c *clock) pass(d time.Duration) { c.nanos.Add(int64(d)) }
func limits(rate float64, burst, underway int) partners.Limits {
	return partners.Limits{RequestsPerSecond: rate, Burst: burst, ConcurrentRequests: underway, Connections: 1}
}

func start(t testing.TB, d directory) (*limit.Limiter, *clock) {
	t.Helper()
	c := &clock{}
	c.pass(time.Hour)
	l, err := limit.New(limit.Config{Directory: d, Clock: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

// admit counts how many of n requests are admitted and end at once.
func admit(l *limit.Limiter, p partners.Partner, n int) (admitted int) {
	for range n {
		if release, _, ok := l.Allow(p); ok {
			admitted++
			release()
		}
	}
	return admitted
}

func TestRateAndBurst(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(10, 5, 100)}
	l, c := start(t, directory{"vtb": vtb})
	if got := admit(l, vtb, 20); got != 5 {
		t.Errorf("%d admitted at once, want the burst of 5", got)
	}
	_, wait, ok := l.Allow(vtb)
	if ok || wait != 100*time.Millisecond {
		t.Errorf("come back after %v, want 100 ms", wait)
	}
	c.pass(wait - time.Millisecond)
	if got := admit(l, vtb, 1); got != 0 {
		t.Error("admitted too early")
	}
	c.pass(time.Millisecond)
	if got := admit(l, vtb, 2); got != 1 {
		t.Errorf("%d admitted after the time told, want 1", got)
	}
	c.pass(time.Hour)
	if got := admit(l, vtb, 20); got != 5 {
		t.Errorf("%d admitted after a pause, want the burst of 5", got)
	}
}

func TestRequestsUnderWay(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1000, 1000, 2)}
	l, _ := start(t, directory{"vtb": vtb})
	first, _, ok1 := l.Allow(vtb)
	_, _, ok2 := l.Allow(vtb)
	if !ok1 || !ok2 {
		t.Fatal("not admitted")
	}
	if _, wait, ok := l.Allow(vtb); ok || wait <= 0 {
		t.Errorf("a third request is admitted; come back after %v", wait)
	}
	first()
	first() // does nothing
	if _, _, ok := l.Allow(vtb); !ok {
		t.Error("not admitted although one has ended")
	}
	if _, _, ok := l.Allow(vtb); ok {
		t.Error("releasing twice made room for two")
	}
}

func TestRefusedRequestCostsNothing(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1, 3, 1)}
	l, _ := start(t, directory{"vtb": vtb})
	release, _, _ := l.Allow(vtb)
	if got := admit(l, vtb, 50); got != 0 {
		t.Fatalf("%d admitted beside the one under way", got)
	}
	release()
	if got := admit(l, vtb, 50); got != 2 {
		t.Errorf("%d admitted, want the 2 left of the burst", got)
	}
}

func TestBanksDoNotShare(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1, 1, 1)}
	bspb := partners.Partner{ID: "bspb", Limits: limits(1, 1, 1)}
	l, _ := start(t, directory{"vtb": vtb, "bspb": bspb})
	if admit(l, vtb, 9) != 1 || admit(l, bspb, 9) != 1 {
		t.Error("one bank uses up what is another's")
	}
}

func TestNewLimitsHoldAtOnce(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1, 10, 10)}
	l, c := start(t, directory{"vtb": vtb})
	if got := admit(l, vtb, 4); got != 4 {
		t.Fatal("not admitted")
	}
	vtb.Limits = limits(1, 2, 10)
	if got := admit(l, vtb, 20); got != 2 {
		t.Errorf("%d admitted after the burst fell to 2", got)
	}
	vtb.Limits = limits(50, 2, 10)
	if got := admit(l, vtb, 1); got != 0 {
		t.Error("a higher rate gives back what was used up")
	}
	c.pass(20 * time.Millisecond)
	if got := admit(l, vtb, 20); got != 1 {
		t.Errorf("%d admitted 20 ms after the rate rose to 50, want 1", got)
	}
	vtb.Limits = partners.Limits{}
	c.pass(time.Hour)
	if got := admit(l, vtb, 1); got != 0 {
		t.Error("a bank without limits is admitted")
	}
}

func TestChargeDelays(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(10, 10, 10)}
	l, c := start(t, directory{"vtb": vtb})
	l.Charge("vtb", 5) // nothing is known of it yet
	if got := admit(l, vtb, 1); got != 1 {
		t.Fatal("not admitted")
	}
	l.Charge("vtb", 0)
	l.Charge("vtb", -7)
	l.Charge("vtb", 5)
	if got := admit(l, vtb, 20); got != 4 {
		t.Errorf("%d admitted after 1 and a charge of 5, want 4", got)
	}
	for range 100 {
		l.Charge("vtb", 1000)
	}
	_, wait, ok := l.Allow(vtb)
	if ok || wait > 2200*time.Millisecond {
		t.Errorf("come back after %v: the debt is more than twice the burst", wait)
	}
	c.pass(wait)
	if got := admit(l, vtb, 20); got != 1 {
		t.Errorf("%d admitted after the time told, want 1", got)
	}
}

func TestWaitIsBounded(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(0.001, 1, 10)}
	l, _ := start(t, directory{"vtb": vtb})
	admit(l, vtb, 1)
	if _, wait, ok := l.Allow(vtb); ok || wait != time.Minute {
		t.Errorf("come back after %v, want a minute", wait)
	}
}

// What is kept of a bank that has left the roster is dropped when the next one comes; if it returns, it begins anew.
func TestBanksThatLeftAreForgotten(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1, 1, 10)}
	d := directory{"vtb": vtb}
	l, _ := start(t, d)
	release, _, _ := l.Allow(vtb)
	delete(d, "vtb")
	admit(l, partners.Partner{ID: "bspb", Limits: limits(1, 1, 1)}, 1)
	if got := admit(l, vtb, 9); got != 1 {
		t.Errorf("%d admitted, want 1: the bank was not forgotten", got)
	}
	release() // of the forgotten state
	if got := admit(l, vtb, 9); got != 0 {
		t.Errorf("%d admitted after an old request ended", got)
	}
}

func TestConcurrentCallsKeepTheLimits(t *testing.T) {
	const underway, burst = 7, 500
	vtb := partners.Partner{ID: "vtb", Limits: limits(0.000001, burst, underway)}
	l, _ := start(t, directory{"vtb": vtb})
	var now, most, admitted atomic.Int64
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			for range 200 {
				release, _, ok := l.Allow(vtb)
				if !ok {
					continue
				}
				admitted.Add(1)
				n := now.Add(1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				now.Add(-1)
				release()
			}
		})
	}
	group.Wait()
	if most.Load() > underway {
		t.Errorf("%d under way at the same time, want at most %d", most.Load(), underway)
	}
	if admitted.Load() > burst {
		t.Errorf("%d admitted, want at most the burst of %d", admitted.Load(), burst)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := limit.New(limit.Config{Clock: time.Now}); err == nil {
		t.Error("made without a directory")
	}
	if _, err := limit.New(limit.Config{Directory: directory{}}); err == nil {
		t.Error("made without a clock")
	}
}

func BenchmarkAllow(b *testing.B) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(1e6, 1e6, 1000)}
	l, err := limit.New(limit.Config{Directory: directory{"vtb": vtb}, Clock: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if release, _, ok := l.Allow(vtb); ok {
				release()
			}
		}
	})
}
