package bank_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// town is five banks: two that answer, and three that can be made to hang, to fail, and to show a wrong certificate.
type town struct {
	*world
	bad atomic.Bool
}

func healthy() []partners.ID { return []partners.ID{"bspb", "pochtabank"} }

func unhealthy() []partners.ID { return []partners.ID{"sberbank", "tinkoff", "vtb"} }

func newTown(t testing.TB) *town {
	o := &town{world: newWorld(t, opensFor(200*time.Millisecond))}
	when := func(bad http.HandlerFunc) http.HandlerFunc {
		return func(out http.ResponseWriter, in *http.Request) {
			if o.bad.Load() {
				bad(out, in)
				return
			}
			_, _ = io.WriteString(out, `{"family_name":"a"}`)
		}
	}
	for _, id := range healthy() {
		o.bank(id, when(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, `{"family_name":"a"}`) }), concurrent(2000), timeout(time.Minute))
	}
	o.bank("sberbank", when(hang), timeout(500*time.Millisecond))
	o.bank("tinkoff", when(fail))
	right, wrong := o.ca.Server(o), certstest.NewRoot(o, time.Now(), "stranger").Server(o)
	stranger := o.serve(when(ok), func(c *tls.Config) {
		c.Certificates = nil
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if o.bad.Load() {
				return &wrong, nil
			}
			return &right, nil
		}
	})
	o.join("vtb", stranger.URL)
	return o
}

// rush makes n calls at once, one of five to each bank, and gives what came of them and how long those of the healthy banks took.
func (o *town) rush(n int, ids []partners.ID) (outcomes map[partners.ID]map[bank.Cause]int, took []time.Duration) {
	type result struct {
		id    partners.ID
		cause bank.Cause
		took  time.Duration
	}
	results := make([]result, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		id := ids[i%len(ids)]
		group.Go(func() {
			<-start
			began := time.Now()
			_, err := o.clients.Do(o.Context(), id, bank.Call{Method: http.MethodGet, Path: "/orders/1", Idempotent: true})
			results[i] = result{id, bank.CauseOf(err), time.Since(began)}
		})
	}
	close(start)
	group.Wait()
	outcomes = map[partners.ID]map[bank.Cause]int{}
	for _, r := range results {
		if outcomes[r.id] == nil {
			outcomes[r.id] = map[bank.Cause]int{}
		}
		outcomes[r.id][r.cause]++
		if slices.Contains(healthy(), r.id) {
			took = append(took, r.took)
		}
	}
	slices.Sort(took)
	return outcomes, took
}

// recover has all banks answer again and waits until their breakers have seen it.
func (o *town) recover() {
	o.Helper()
	o.bad.Store(false)
	for _, id := range unhealthy() {
		eventually(o, string(id)+" recovers", func() bool { _, err := o.get(id); return err == nil })
		if o.breaker(id) != bank.BreakerClosed {
			o.Errorf("%s: the breaker is %s", id, o.breaker(id))
		}
	}
}

func TestBadNeighbours(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 calls")
	}
	before := descriptors(t)
	t.Run("town", func(t *testing.T) {
		o := newTown(t)
		o.bad.Store(true)
		outcomes, _ := o.rush(rush, slices.Concat(healthy(), unhealthy()))
		for _, id := range healthy() {
			if got := outcomes[id]; got[""] != rush/5 {
				t.Errorf("%s: %v", id, got)
			}
		}
		for _, id := range unhealthy() {
			got := outcomes[id]
			if got[""] != 0 || o.breaker(id) == bank.BreakerClosed {
				t.Errorf("%s: %v, the breaker is %s", id, got, o.breaker(id))
			}
			t.Logf("%s: %v", id, got)
		}
		o.recover()
		for id, s := range o.clients.Statuses() {
			if s.Calls != 0 {
				t.Errorf("%s: %d calls under way", id, s.Calls)
			}
		}
	})
	eventually(t, "descriptors are back to base", func() bool { return descriptors(t) <= before })
}

// BenchmarkBadNeighbours tells the 99th percentile of calls to healthy banks, alone and beside three that hang, fail and show a wrong
// certificate. Each round of both is measured right after the other, with as many calls to the healthy banks.
func BenchmarkBadNeighbours(b *testing.B) {
	o := newTown(b)
	p99 := func(took []time.Duration) float64 { return float64(took[len(took)*99/100]) / 1e6 }
	o.rush(4000, healthy()) // connections
	var alone, beside []float64
	for b.Loop() {
		o.recover() // so that each round finds closed breakers
		_, took := o.rush(4000, healthy())
		alone = append(alone, p99(took))
		o.bad.Store(true)
		_, took = o.rush(10_000, slices.Concat(healthy(), unhealthy()))
		beside = append(beside, p99(took))
	}
	slices.Sort(alone)
	slices.Sort(beside)
	b.ReportMetric(alone[len(alone)/2], "ms-p99-alone")
	b.ReportMetric(beside[len(beside)/2], "ms-p99-beside")
	b.ReportMetric(beside[len(beside)/2]/alone[len(alone)/2], "p99-ratio")
}
