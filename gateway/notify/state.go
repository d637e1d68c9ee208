package notify

import (
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Prefixes of bookmarks, before the id of the receiver.
const (
	mainPrefix   = "notify/events/"
	replayPrefix = "notify/replay/"
)

// mostDead is how many positions of events that were given up are kept.
const mostDead = 100

// none stands for the position of no event.
const none = -1

// state is how far the deliveries to a receiver are, as its bookmark keeps it.
type state struct {
	Next     int64 `json:"next"`           // everything before is delivered, given up, or for somebody else
	From     int64 `json:"from,omitempty"` // of a replay: its first position
	End      int64 `json:"end,omitempty"`  // of a replay: the position behind the last
	Previous int64 `json:"previous"`       // position of the event before, or none

	Failing time.Time `json:"failing,omitzero"` // since when the event at Next has failed
	Retry   time.Time `json:"retry,omitzero"`   // when it is tried next
	Tries   int       `json:"tries,omitempty"`  // of the event at Next that failed
	Cause   string    `json:"cause,omitempty"`  // of the last failure

	Dead  []int64 `json:"dead,omitempty"`  // positions of events that were given up, the newest mostDead, in order
	Given int64   `json:"given,omitempty"` // how many were given up in all

	Owner string    `json:"owner,omitempty"` // who delivers; empty: nobody
	Until time.Time `json:"until,omitzero"`  // how long others leave it to the owner
}

// begin is the state of a receiver that has just come: what was recorded before is not told.
func begin(size int64) state { return state{Next: size, Previous: none} }

// replayOf is the state of a replay that begins. What earlier ones gave up stays known.
func replayOf(from, end int64, dead []int64) *state {
	return &state{Next: from, From: from, End: end, Previous: none, Dead: dead}
}

// isOver reports whether a replay has nothing left.
func (s *state) isOver() bool { return s.Next >= s.End }

// passed goes on behind an event that was delivered.
func (s *state) passed(position int64) {
	s.Next, s.Previous = position+1, position
	s.Failing, s.Retry, s.Tries, s.Cause = time.Time{}, time.Time{}, 0, ""
}

// failed notes a failure and tells whether the event is given up.
func (s *state) failed(now time.Time, f *Failure, giveUp time.Duration) (isGivenUp bool) {
	if s.Failing.IsZero() {
		s.Failing = now
	}
	s.Tries++
	s.Cause = f.Cause
	if now.Sub(s.Failing) >= giveUp {
		at := s.Next
		s.passed(at)
		s.Dead = append(s.Dead, at)
		s.Dead = s.Dead[max(0, len(s.Dead)-mostDead):]
		s.Given++
		return true
	}
	s.Retry = now.Add(max(backoff(s.Tries), min(f.RetryAfter, lastBackoff)))
	return false
}

// Bounds of the time between two tries.
const (
	firstBackoff = time.Second
	lastBackoff  = time.Hour
)

// backoff is the time to wait after so many failures: full jitter under a bound that doubles.
func backoff(failures int) time.Duration {
	bound := firstBackoff
	for i := 1; i < failures && bound < lastBackoff; i++ {
		bound *= 2
	}
	return rand.N(min(bound, lastBackoff)) + 1 //nolint:gosec // to spread load, not to keep a secret
}

func decodeState(b ledger.Bookmark) (state, error) {
	var s state
	err := json.Unmarshal(b.Value, &s)
	return s, err
}

func (s *state) encode(name string, version int64) (ledger.Bookmark, error) {
	value, err := json.Marshal(s)
	return ledger.Bookmark{Name: name, Version: version, Value: value}, err
}
