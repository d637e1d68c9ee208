package bank

import (
	"crypto/tls"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/partners"
)

func closedDoor(t *testing.T, breaker Breaker) *client {
	t.Helper()
	all, err := New(Config{
		Directory: directory{}, Clock: time.Now, Breaker: breaker,
		Certificate: func() (tls.Certificate, error) { return tls.Certificate{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(all.Close)
	one, err := newClient(all, "vtb", partners.Endpoint{URL: "https://localhost:1", ServerName: "localhost", Timeout: 10 * time.Second, Concurrent: 2})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

type directory struct{}

func (directory) Find(partners.ID) (partners.Partner, bool) { return partners.Partner{}, false }
func (directory) All() []partners.Partner                   { return nil }

func (b *breaker) fail(t *testing.T) {
	t.Helper()
	done, _ := b.allow()
	if done == nil {
		t.Fatal("the breaker is open")
	}
	done(errBank)
}

// Whatever ends a trial, a panic or the end of its goroutine too, the breaker learns of it; otherwise it would stay half-open for ever.
func TestATrialThatEndsInNoOrdinaryWay(t *testing.T) {
	for name, ends := range map[string]func(){
		"panic":  func() { panic("in a trial") },
		"goexit": func() { new(testing.T).FailNow() }, // calls runtime.Goexit
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				one := closedDoor(t, Breaker{Failures: 1, OpenFor: time.Second})
				one.breaker.fail(t)
				time.Sleep(time.Second + time.Millisecond) // of the bubble
				one.pool.clock = func() time.Time { ends(); return time.Time{} }
				var group sync.WaitGroup
				group.Add(1)
				go func() {
					defer group.Done()
					defer func() { _ = recover() }()
					_, _ = one.attempt(t.Context(), Call{})
				}()
				group.Wait()
				if state, _ := one.breaker.state(); state != BreakerOpen {
					t.Errorf("the breaker is %s", state)
				}
				time.Sleep(time.Second + time.Millisecond)
				if done, _ := one.breaker.allow(); done == nil {
					t.Error("no second trial")
				} else {
					done(nil)
					done(errBank) // a second time does nothing
				}
				if state, _ := one.breaker.state(); state != BreakerClosed {
					t.Errorf("the breaker is %s", state)
				}
			})
		})
	}
}

// Each call to a bank that hangs ends after the whole timeout. A window that is shorter would have forgotten when it began.
func TestTheWindowIsLongerThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, timeout := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute} {
			b := newBreaker(breakerConfig{settings: Breaker{Failures: 5, OpenFor: time.Second}, timeout: timeout, clock: time.Now, changed: func(State, State) {}})
			for range 5 {
				done, _ := b.allow()
				time.Sleep(timeout)
				done(errBank)
			}
			if state, _ := b.state(); state != BreakerOpen {
				t.Errorf("timeout %v: the breaker is %s", timeout, state)
			}
		}
	})
}

func TestTheTimeToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(breakerConfig{settings: Breaker{Failures: 1, OpenFor: 10 * time.Second}, timeout: time.Second, clock: time.Now, changed: func(State, State) {}})
		b.fail(t)
		for elapsed := range 10 {
			if done, wait := b.allow(); done != nil || wait != time.Duration(10-elapsed)*time.Second {
				t.Errorf("after %d s: come back in %v", elapsed, wait)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Millisecond)
		if done, _ := b.allow(); done == nil {
			t.Error("who came back when told to was refused")
		}
	})
}

// A pool that is full of calls that do not end is the bank's doing; one that moves is not.
func TestAPoolThatIsStuckOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := closedDoor(t, Breaker{Failures: 3, OpenFor: time.Second})
		one.pool.enter()
		one.pool.enter()
		busy := func() Cause {
			_, err := one.attempt(t.Context(), Call{})
			return err.Cause
		}
		for range 10 {
			if got := busy(); got != Busy {
				t.Fatalf("%s, want BUSY", got)
			}
		}
		time.Sleep(4 * time.Second)
		one.pool.leave()
		one.pool.enter()
		time.Sleep(4 * time.Second) // 8 s since they began, 4 since one ended: less than half of the timeout
		for range 10 {
			if got := busy(); got != Busy {
				t.Fatalf("%s, want BUSY", got)
			}
		}
		time.Sleep(time.Second)
		for range 3 {
			if got := busy(); got != Busy {
				t.Fatalf("%s, want BUSY", got)
			}
		}
		if got := busy(); got != Open {
			t.Errorf("%s, want OPEN", got)
		}
		if one.status().LastFailure != Busy {
			t.Errorf("%+v", one.status())
		}
	})
}

// Who is told of a change may ask for the state, and changes are told in order, once each.
func TestChangesAreToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		var told []change
		var b *breaker
		b = newBreaker(breakerConfig{settings: Breaker{Failures: 1, OpenFor: time.Millisecond}, timeout: time.Second, clock: time.Now, changed: func(from, to State) {
			b.state()
			if done, _ := b.allow(); done != nil {
				done(errVoid)
			}
			mutex.Lock()
			defer mutex.Unlock()
			told = append(told, change{from, to})
		}})
		var group sync.WaitGroup
		for n := range 8 {
			group.Go(func() {
				for range 50 {
					if done, _ := b.allow(); done != nil {
						done([]error{errBank, nil}[n%2])
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		group.Wait()
		now, _ := b.state() // which may change it once more
		state := BreakerClosed
		for _, c := range told {
			if c.from != state {
				t.Fatalf("told of %s to %s when it was %s", c.from, c.to, state)
			}
			state = c.to
		}
		if now != state || len(told) < 10 {
			t.Errorf("told of %s last, %d changes; it is %s", state, len(told), now)
		}
	})
}

func TestTheBudgetIsATenth(t *testing.T) {
	var b budget
	repeats := 0
	for range 1000 {
		b.earn()
		for b.take() {
			repeats++
		}
	}
	if repeats != 100 {
		t.Errorf("%d repeats of 1000 calls", repeats)
	}
	for range 100_000 {
		b.earn()
	}
	saved := 0
	for b.take() {
		saved++
	}
	if saved != savings {
		t.Errorf("%d repeats were saved up", saved)
	}
}

func TestErrorsUnwrap(t *testing.T) {
	var err error = &Error{Cause: Timeout, err: errTimeout}
	if !errors.Is(err, errTimeout) || err.Error() != "bank: TIMEOUT" || CauseOf(err) != Timeout {
		t.Error(err)
	}
}
