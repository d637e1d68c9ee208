package confirm

import (
	"slices"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
)

// limit is how many of something may happen within a time before no more is taken.
type limit struct {
	most   int
	within time.Duration
}

// The attempt budget. Source: domain rules, challenge and limits.
var (
	failuresOfPartner   = [...]limit{{5, time.Hour}, {10, 24 * time.Hour}}
	closesOfPartner     = [...]limit{{3, 24 * time.Hour}}
	failuresOfAll       = [...]limit{{20, 24 * time.Hour}}
	oneFailureOfPartner = [...]limit{{1, 24 * time.Hour}}
)

// release is when fewer than l.most of times, oldest first, will lie within l.within; not after now when that is so already.
func (l limit) release(times []time.Time) time.Time {
	if len(times) < l.most {
		return time.Time{}
	}
	return times[len(times)-l.most].Add(l.within)
}

// release is when all limits allow another.
func release(limits []limit, times []time.Time) (free time.Time) {
	for _, l := range limits {
		free = later(free, l.release(times))
	}
	return free
}

// attempts are the counters of one subject.
type attempts struct {
	ownKey, allKey ledger.AttemptKey
	own, all       ledger.Attempts
}

func attemptKeys(subject ledger.Index, partner ledger.PartnerID) []ledger.AttemptKey {
	return []ledger.AttemptKey{{Subject: subject, Partner: partner}, {Subject: subject}}
}

func loadAttempts(v *ledger.View, keys []ledger.AttemptKey, now time.Time) attempts {
	return attempts{keys[0], keys[1], v.Attempts(keys[0]).Recent(now), v.Attempts(keys[1]).Recent(now)}
}

// admit refuses when the budget is used up, whatever is claimed. The budget over all partners is soft: a partner without a
// failure of its own may still try, so that no partner can lock an account against another.
func (a attempts) admit(now time.Time) error {
	all := release(failuresOfAll[:], a.all.Failures)
	spared := release(oneFailureOfPartner[:], a.own.Failures)
	free := later(release(failuresOfPartner[:], a.own.Failures), release(closesOfPartner[:], a.own.Closes))
	free = later(free, earlier(all, spared))
	if !free.After(now) {
		return nil
	}
	return fault.New(fault.Exhausted, fault.AttemptsExhausted).After(free.Sub(now))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// failed counts a failure, of the partner and over all.
func (a attempts) failed(v *ledger.View, now time.Time, vouches []ledger.Vouch) {
	v.SetAttempts(a.ownKey, ledger.Attempts{Failures: with(a.own.Failures, now), Closes: a.own.Closes})
	v.SetAttempts(a.allKey, ledger.Attempts{Failures: with(a.all.Failures, now), Closes: a.all.Closes, Vouches: vouches})
}

// cameClose counts a close match of the partner.
func (a attempts) cameClose(v *ledger.View, now time.Time, vouches []ledger.Vouch) {
	v.SetAttempts(a.ownKey, ledger.Attempts{Failures: a.own.Failures, Closes: with(a.own.Closes, now)})
	a.vouched(v, vouches)
}

// vouched remembers other claims.
func (a attempts) vouched(v *ledger.View, vouches []ledger.Vouch) {
	v.SetAttempts(a.allKey, ledger.Attempts{Failures: a.all.Failures, Closes: a.all.Closes, Vouches: vouches})
}

// with adds a time in whole seconds, as it is stored, and keeps the order: clocks of gateways differ.
func with(times []time.Time, now time.Time) []time.Time {
	more := append(slices.Clone(times), now.UTC().Truncate(time.Second))
	slices.SortFunc(more, time.Time.Compare)
	return more
}
