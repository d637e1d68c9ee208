package confirm_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// wrong is a claim of maria's SNILS with another passport.
func wrong() person.Raw {
	return with(maria(), func(p *person.Raw) { p.Passport.Number = "999999" })
}

func near() person.Raw {
	return with(maria(), func(p *person.Raw) { p.Passport.DepartmentCode = "770-101" })
}

// fail lets a bank fail n times, a second apart.
func (b *bench) fail(name string, n int) {
	b.t.Helper()
	for range n {
		if d := b.must(bank(partnerID(name)), b.ask(wrong())); d.Entry.Outcome != ledger.OutcomeNotMatched {
			b.t.Fatalf("outcome %v of a wrong claim", d.Entry.Outcome)
		}
		b.clock.add(time.Second)
	}
}

// exhausted expects that even correct data are refused, and gives the advice.
func (b *bench) exhausted(name string) time.Duration {
	b.t.Helper()
	before := len(b.entries())
	f := b.fails(bank(partnerID(name)), b.ask(maria()), fault.AttemptsExhausted)
	if f.Kind != fault.Exhausted {
		b.t.Errorf("kind %v", f.Kind)
	}
	if len(b.entries()) != before {
		b.t.Error("a refused attempt was recorded")
	}
	return f.RetryAfter
}

func TestFiveFailuresAnHour(t *testing.T) {
	for name, known := range map[string]bool{"known": true, "unknown": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if known {
				b.put(mariasAccount())
			}
			b.fail("vtb", 5)
			// The first failure was at 09:00:00 in whole seconds; now is 09:00:05.25.
			if wait := b.exhausted("vtb"); wait != time.Hour-5250*time.Millisecond {
				t.Errorf("retry after %v", wait)
			}
			b.clock.add(time.Hour - 5250*time.Millisecond - time.Microsecond)
			if wait := b.exhausted("vtb"); wait != time.Microsecond {
				t.Errorf("retry after %v, want a microsecond", wait)
			}
			b.clock.add(time.Microsecond)
			want := ledger.OutcomeConfirmed
			if !known {
				want = ledger.OutcomeNotMatched
			}
			if d := b.must(bank("vtb"), b.ask(maria())); d.Entry.Outcome != want {
				t.Errorf("when the delay is over: outcome %v, want %v", d.Entry.Outcome, want)
			}
		})
	}
}

func TestTenFailuresADay(t *testing.T) { onEachLedger(t, tenFailuresADay) }

func tenFailuresADay(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	b.fail("vtb", 5)
	b.clock.add(time.Hour)
	b.fail("vtb", 5)
	b.clock.add(2 * time.Hour)
	if wait := b.exhausted("vtb"); wait != 24*time.Hour-3*time.Hour-10250*time.Millisecond {
		t.Errorf("retry after %v", wait)
	}
	b.clock.add(21 * time.Hour)
	if d := b.must(bank("vtb"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("a day later: outcome %v", d.Entry.Outcome)
	}
}

func TestThreeCloseMatchesADay(t *testing.T) { onEachLedger(t, threeCloseMatchesADay) }

func threeCloseMatchesADay(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	for range 3 {
		if d := b.must(bank("vtb"), b.ask(near())); d.Entry.Outcome != ledger.OutcomeCloseMatch {
			t.Fatalf("outcome %v", d.Entry.Outcome)
		}
	}
	if wait := b.exhausted("vtb"); wait != 24*time.Hour-250*time.Millisecond {
		t.Errorf("retry after %v", wait)
	}
	if d := b.must(bank("sberbank"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("another bank: outcome %v", d.Entry.Outcome)
	}
}

func TestAnotherBankIsNotBlocked(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	b.fail("vtb", 5)
	b.exhausted("vtb")
	if d := b.must(bank("sberbank"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("outcome %v", d.Entry.Outcome)
	}
}

func TestAnotherPersonIsNotBlocked(t *testing.T) {
	b := newBench(t)
	other := mariasAccount()
	other.id, other.owner.SNILS = 2, "087-654-303 00"
	b.put(mariasAccount())
	b.put(other)
	b.fail("vtb", 5)
	if d := b.must(bank("vtb"), b.ask(other.owner)); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("outcome %v", d.Entry.Outcome)
	}
}

func TestTwentyFailuresOverAllBanks(t *testing.T) { onEachLedger(t, twentyFailuresOverAllBanks) }

func twentyFailuresOverAllBanks(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	for n := range 5 {
		b.fail(fmt.Sprintf("bank-%d", n), 4)
	}
	// Twenty failures: a bank with one of its own is out, until the oldest of all or its own youngest is a day old.
	if wait := b.exhausted("bank-4"); wait != 24*time.Hour-20250*time.Millisecond {
		t.Errorf("retry after %v", wait)
	}
	// A bank without a failure may try once. Of 21 failures two must then grow old, the second was at 09:00:01.
	b.fail("fresh", 1)
	if wait := b.exhausted("fresh"); wait != 24*time.Hour-20250*time.Millisecond {
		t.Errorf("retry after %v", wait)
	}
	if d := b.must(bank("untouched"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("a bank without a failure: outcome %v", d.Entry.Outcome)
	}
}

func TestRequestsThatNeverReachAnAccountDoNotCount(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	for range 30 {
		b.must(bank("vtb"), b.ask(wrong(), func(r *confirm.Request) { r.Consent.Given = false }))
	}
	if d := b.must(bank("vtb"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("outcome %v", d.Entry.Outcome)
	}
}

func TestRepeatsDoNotCountAndAreNotRefused(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	first := b.ask(wrong())
	for range 10 {
		b.must(bank("vtb"), first)
	}
	if failures, _ := b.counted("vtb"); failures != 1 {
		t.Errorf("%d failures counted, want 1", failures)
	}
	b.fail("vtb", 4)
	b.exhausted("vtb")
	if d := b.must(bank("vtb"), first); !d.Replayed {
		t.Error("decided anew")
	}
}

func TestDryRunsCount(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	for range 5 {
		b.must(bank("vtb"), b.ask(wrong(), func(r *confirm.Request) { r.DryRun = true }))
	}
	b.exhausted("vtb")
}

func TestBudgetOutlivesRestartAndAClockSetBack(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	b.fail("vtb", 5)
	b.Service = b.service(b.store, 0)
	b.exhausted("vtb")
	b.clock.add(-48 * time.Hour)
	if wait := b.exhausted("vtb"); wait < 48*time.Hour {
		t.Errorf("retry after %v by a clock set back two days", wait)
	}
}

func TestTwoHundredGuessesAtOnce(t *testing.T) { onEachLedger(t, twoHundredGuessesAtOnce) }

func twoHundredGuessesAtOnce(t *testing.T, b *bench) {
	t.Helper()
	b.put(mariasAccount())
	other := b.service(b.store, 0)
	requests := make([]confirm.Request, 200)
	for i := range requests {
		requests[i] = b.ask(wrong())
	}
	var callers sync.WaitGroup
	for i, r := range requests {
		s := []*confirm.Service{b.Service, other}[i%2]
		callers.Go(func() {
			_, err := s.Confirm(context.Background(), bank("vtb"), r)
			if err != nil && fault.Of(err).Reason != fault.AttemptsExhausted {
				t.Error(fault.Of(err), fault.Of(err).Unwrap())
			}
		})
	}
	callers.Wait()
	failures, _ := b.counted("vtb")
	if len(b.entries()) != 5 || failures != 5 {
		t.Errorf("%d guesses were judged and %d counted, want 5", len(b.entries()), failures)
	}
}
