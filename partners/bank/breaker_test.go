package bank_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

func TestTheBreakerOpensAndRecovers(t *testing.T) {
	const openFor = time.Second
	w := newWorld(t, opensFor(openFor))
	var healthy atomic.Bool
	var served atomic.Int64
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		served.Add(1)
		if !healthy.Load() {
			fail(out, in)
		}
	})
	for range bank.DefaultFailures {
		_, err := w.get("vtb")
		w.want(err, bank.ServerError)
	}
	if w.breaker("vtb") != bank.BreakerOpen {
		t.Fatalf("the breaker is %s after %d failures", w.breaker("vtb"), bank.DefaultFailures)
	}
	_, err := w.get("vtb")
	if failed := w.failed(err, bank.Open); failed.RetryAfter <= 0 || failed.RetryAfter > openFor {
		t.Errorf("come back in %v", failed.RetryAfter)
	}
	if served.Load() != bank.DefaultFailures {
		t.Errorf("the bank saw %d calls", served.Load())
	}
	eventually(t, "half-open", func() bool { return w.breaker("vtb") == bank.BreakerHalfOpen })
	_, err = w.get("vtb")
	w.want(err, bank.ServerError) // the trial fails
	if w.breaker("vtb") != bank.BreakerOpen {
		t.Fatalf("the breaker is %s after a failed trial", w.breaker("vtb"))
	}
	healthy.Store(true)
	eventually(t, "half-open again", func() bool { return w.breaker("vtb") == bank.BreakerHalfOpen })
	_, err = w.get("vtb")
	w.want(err, "")
	if w.breaker("vtb") != bank.BreakerClosed {
		t.Fatalf("the breaker is %s after a good trial", w.breaker("vtb"))
	}
	want := []bank.State{bank.BreakerOpen, bank.BreakerHalfOpen, bank.BreakerOpen, bank.BreakerHalfOpen, bank.BreakerClosed}
	if got := w.changed("vtb"); !slices.Equal(got, want) {
		t.Errorf("told of %v", got)
	}
	if status, _ := w.clients.Status("vtb"); status.LastFailure != bank.ServerError {
		t.Errorf("the last failure is %q", status.LastFailure)
	}
}

func TestEachFailureOpens(t *testing.T) {
	w := newWorld(t)
	for id, handler := range map[partners.ID]http.HandlerFunc{"sberbank": hang, "vtb": fail} {
		w.bank(id, handler, timeout(20*time.Millisecond))
	}
	w.join("bspb", dead(t))
	w.join("tinkoff", w.serve(http.HandlerFunc(ok)).URL, func(e *partners.Endpoint) { e.ServerName = "other.example" })
	for _, id := range []partners.ID{"sberbank", "vtb", "bspb", "tinkoff"} {
		for range bank.DefaultFailures {
			_, _ = w.get(id)
		}
		_, err := w.get(id)
		w.want(err, bank.Open)
	}
}

// A half of the calls fails, never many in a row.
func TestAHalfOfFailuresOpens(t *testing.T) {
	w := newWorld(t)
	var n atomic.Int64
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		if n.Add(1)%2 == 0 {
			fail(out, in)
		}
	})
	for range 20 {
		_, _ = w.get("vtb")
	}
	_, err := w.get("vtb")
	w.want(err, bank.Open)
}

func TestANoMatchStormDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	statuses := []int{http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests, http.StatusUnauthorized, http.StatusGone, http.StatusBadRequest}
	var n atomic.Int64
	w.bank("vtb", func(out http.ResponseWriter, _ *http.Request) {
		out.WriteHeader(statuses[n.Add(1)%int64(len(statuses))])
	})
	for range 300 {
		_, err := w.get("vtb")
		w.want(err, "")
	}
	if got := w.changed("vtb"); len(got) != 0 {
		t.Errorf("told of %v", got)
	}
}

// cancelled makes n calls that their callers give up once the bank has them.
func (w *world) cancelled(n int, arrived <-chan struct{}) {
	for range n {
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan error)
		go func() {
			_, err := w.clients.Do(ctx, "vtb", bank.Call{Method: http.MethodGet, Path: "/slow"})
			ended <- err
		}()
		select {
		case <-arrived:
			cancel()
			w.want(<-ended, bank.GivenUp)
		case err := <-ended:
			cancel()
			w.Fatalf("%v before it was given up", err)
		}
	}
}

func slowly(arrived chan<- struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			arrived <- struct{}{}
			<-r.Context().Done()
		}
	}
}

func TestACancelStormDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	arrived := make(chan struct{})
	w.bank("vtb", slowly(arrived))
	w.cancelled(200, arrived)
	if got := w.changed("vtb"); len(got) != 0 {
		t.Errorf("told of %v", got)
	}
	_, err := w.get("vtb")
	w.want(err, "")
	if n := w.counted("vtb", string(bank.GivenUp)); n != 200 {
		t.Errorf("%d calls counted as given up", n)
	}
}

// Callers with little time must not be able to shut a bank off for everybody.
func TestShortDeadlinesDoNotOpen(t *testing.T) {
	w := newWorld(t)
	w.bank("vtb", hang)
	for range 3 * bank.DefaultFailures {
		ctx, cancel := context.WithTimeout(t.Context(), 110*time.Millisecond) // 10 of them are left after the margin
		_, err := w.clients.Do(ctx, "vtb", bank.Call{Method: http.MethodGet, Path: "/"})
		w.want(err, bank.Timeout)
		cancel()
	}
	if got := w.changed("vtb"); len(got) != 0 {
		t.Errorf("told of %v", got)
	}
}

// Half-open, the one trial is given up: the next call is the trial.
func TestATrialThatIsGivenUpIsNotLost(t *testing.T) {
	w := newWorld(t, opensFor(200*time.Millisecond))
	arrived := make(chan struct{})
	var healthy atomic.Bool
	slow := slowly(arrived)
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		if healthy.Load() {
			slow(out, in)
			return
		}
		fail(out, in)
	})
	for range bank.DefaultFailures {
		_, _ = w.get("vtb")
	}
	healthy.Store(true)
	eventually(t, "half-open", func() bool { return w.breaker("vtb") == bank.BreakerHalfOpen })
	w.cancelled(3, arrived)
	if w.breaker("vtb") != bank.BreakerHalfOpen {
		t.Fatalf("the breaker is %s", w.breaker("vtb"))
	}
	_, err := w.get("vtb")
	w.want(err, "")
	if w.breaker("vtb") != bank.BreakerClosed {
		t.Errorf("the breaker is %s", w.breaker("vtb"))
	}
}

// While one call is tried, others are told to come back soon.
func TestOneTrialAtATime(t *testing.T) {
	w := newWorld(t, opensFor(200*time.Millisecond))
	arrived, release := make(chan struct{}), make(chan struct{})
	var healthy atomic.Bool
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		if !healthy.Load() {
			fail(out, in)
			return
		}
		arrived <- struct{}{}
		<-release
	})
	for range bank.DefaultFailures {
		_, _ = w.get("vtb")
	}
	healthy.Store(true)
	eventually(t, "half-open", func() bool { return w.breaker("vtb") == bank.BreakerHalfOpen })
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := w.get("vtb"); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	for range 10 {
		_, err := w.get("vtb")
		if failed := w.failed(err, bank.Open); failed.RetryAfter <= 0 {
			t.Error("not told when to come back")
		}
	}
	close(release)
	group.Wait()
	if w.breaker("vtb") != bank.BreakerClosed {
		t.Errorf("the breaker is %s", w.breaker("vtb"))
	}
}

// A call that began before the breaker opened ends when it is half-open: that is no trial.
func TestAResultOfAnEarlierTimeChangesNothing(t *testing.T) {
	w := newWorld(t, opensFor(200*time.Millisecond))
	arrived, release := make(chan struct{}), make(chan struct{})
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		if in.URL.Path == "/early" {
			arrived <- struct{}{}
			<-release
			return
		}
		fail(out, in)
	})
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodGet, Path: "/early"}); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	for range bank.DefaultFailures {
		_, _ = w.get("vtb")
	}
	eventually(t, "half-open", func() bool { return w.breaker("vtb") == bank.BreakerHalfOpen })
	close(release)
	group.Wait()
	if w.breaker("vtb") != bank.BreakerHalfOpen {
		t.Errorf("the breaker is %s", w.breaker("vtb"))
	}
}

// A rush of callers fills the pool of a bank that answers: that is not its fault.
func TestARushDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	w.bank("vtb", func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-release }, concurrent(2))
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, err := w.get("vtb"); err != nil {
				t.Error(err)
			}
		})
		<-arrived
	}
	for range 100 {
		_, err := w.get("vtb")
		if failed := w.failed(err, bank.Busy); failed.RetryAfter <= 0 {
			t.Error("not told when to come back")
		}
	}
	if status, _ := w.clients.Status("vtb"); status.Calls != 2 || status.Breaker != bank.BreakerClosed {
		t.Errorf("%+v", status)
	}
	close(release)
	group.Wait()
	if status, _ := w.clients.Status("vtb"); status.Calls != 0 {
		t.Errorf("%+v", status)
	}
}
