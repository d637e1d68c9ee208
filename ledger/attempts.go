package ledger

import (
	"encoding/binary"
	"errors"
	"time"
)

// AttemptKey names a counter of failed confirmations: of one subject by one partner, or by all when Partner is empty.
// The subject is the blind index of the SNILS that was claimed, whether or not an account has it: an attacker cannot
// tell the two apart.
type AttemptKey struct {
	Subject Index
	Partner PartnerID
}

// AttemptMemory is how far back attempts are counted.
const AttemptMemory = 24 * time.Hour

// Attempts are the failures and close matches within AttemptMemory, oldest first, in whole seconds.
type Attempts struct {
	Failures []time.Time
	Closes   []time.Time
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

// Recent drops what is older than AttemptMemory before now.
func (a Attempts) Recent(now time.Time) Attempts {
	start := now.Add(-AttemptMemory)
	return Attempts{Failures: after(a.Failures, start), Closes: after(a.Closes, start)}
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

var errAttempts = errors.New("ledger: stored attempt counter is malformed")

// MarshalBinary gives the stored form: the number of failures, then the times as big-endian Unix seconds, failures first.
func (a Attempts) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, 2+8*(len(a.Failures)+len(a.Closes)))
	out = binary.BigEndian.AppendUint16(out, uint16(len(a.Failures))) //nolint:gosec // bounded by the attempt budget
	for _, times := range [2][]time.Time{a.Failures, a.Closes} {
		for _, t := range times {
			out = binary.BigEndian.AppendUint64(out, uint64(t.Unix())) //nolint:gosec // round trips
		}
	}
	return out, nil
}

// UnmarshalBinary reads the stored form.
func (a *Attempts) UnmarshalBinary(data []byte) error {
	if len(data) < 2 || (len(data)-2)%8 != 0 {
		return errAttempts
	}
	failures, data := int(binary.BigEndian.Uint16(data)), data[2:]
	if failures > len(data)/8 {
		return errAttempts
	}
	*a = Attempts{}
	for i := 0; len(data) > 0; i, data = i+1, data[8:] {
		t := time.Unix(int64(binary.BigEndian.Uint64(data)), 0).UTC() //nolint:gosec // round trips
		if i < failures {
			a.Failures = append(a.Failures, t)
		} else {
			a.Closes = append(a.Closes, t)
		}
	}
	return nil
}
