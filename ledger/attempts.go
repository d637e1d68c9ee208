package ledger

import "time"

// AttemptKey names a counter of failed confirmations: of one subject by one partner, or by all when Partner is empty.
// The subject is the blind index of the SNILS that was claimed, whether or not an account has it: an attacker cannot
// tell the two apart.
type AttemptKey struct {
	Subject Index
	Partner PartnerID
}

// AttemptMemory is how far back attempts are counted.
const AttemptMemory = 24 * time.Hour

// VouchMemory is how far back it is known what banks vouched for.
const VouchMemory = 365 * 24 * time.Hour

// OrderMemory is how far back the orders of an account are counted.
const OrderMemory = time.Hour

// Attempts are the failures and close matches within AttemptMemory, oldest first, in whole seconds.
type Attempts struct {
	Failures []time.Time
	Closes   []time.Time
	// Vouches are what banks claimed of the subject and did not match, within VouchMemory, at most one of each bank. Only the counter
	// over all partners has them.
	Vouches []Vouch

	// Orders are when orders about an account were made, within OrderMemory, oldest first, in whole seconds. They and Open stand in a
	// counter of their own, whose subject is a keyed digest of the account's id; nothing else may stand there.
	Orders []time.Time
	Open   OpenOrder
}

// OpenOrder is the order that an account has open. The zero OpenOrder is none.
type OpenOrder struct {
	ID    OrderID
	Until time.Time // microseconds; from then on it is none, whatever became of it
}

// Vouch is what a bank claimed of a subject: keyed digests by which it can be seen that another claims otherwise, but not what.
type Vouch struct {
	Partner PartnerID
	At      time.Time // whole seconds
	Groups  Vouched
}

// Vouched holds a digest for each group of fields, that of group g at g-1; zero when the claim has nothing of the group.
type Vouched [GroupContact][8]byte

// Differing lists the groups of which both have something, and not the same.
func (v Vouched) Differing(other Vouched) []FieldGroup {
	var none [8]byte
	var groups []FieldGroup
	for i := range v {
		if v[i] != none && other[i] != none && v[i] != other[i] {
			groups = append(groups, FieldGroup(i+1))
		}
	}
	return groups
}

// Since counts the times at or after start.
func Since(times []time.Time, start time.Time) int {
	n := 0
	for _, t := range times {
		if !t.Before(start) {
			n++
		}
	}
	return n
}

// Recent drops what is older than AttemptMemory before now, vouches older than VouchMemory, orders older than OrderMemory and an order
// that has ended.
func (a Attempts) Recent(now time.Time) Attempts {
	start := now.Add(-AttemptMemory)
	recent := Attempts{Failures: after(a.Failures, start), Closes: after(a.Closes, start)}
	for _, v := range a.Vouches {
		if v.At.After(now.Add(-VouchMemory)) {
			recent.Vouches = append(recent.Vouches, v)
		}
	}
	recent.Orders = after(a.Orders, now.Add(-OrderMemory))
	if now.Before(a.Open.Until) {
		recent.Open = a.Open
	}
	return recent
}

// Expires is when nothing of a is within memory any more; long ago when nothing is in it.
func (a Attempts) Expires() time.Time {
	last := time.Unix(0, 0)
	for _, times := range [2][]time.Time{a.Failures, a.Closes} {
		for _, t := range times {
			last = latest(last, t.Add(AttemptMemory))
		}
	}
	for _, v := range a.Vouches {
		last = latest(last, v.At.Add(VouchMemory))
	}
	for _, t := range a.Orders {
		last = latest(last, t.Add(OrderMemory))
	}
	return latest(last, a.Open.Until)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func after(times []time.Time, start time.Time) []time.Time {
	var kept []time.Time
	for _, t := range times {
		if t.After(start) {
			kept = append(kept, t)
		}
	}
	return kept
}
