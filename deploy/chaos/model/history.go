package model

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// History is what callers did and what they were told. It is safe for concurrent use until it is judged.
type History struct {
	clock func() time.Duration // since some moment; never goes back

	mu  sync.Mutex
	ops []op
}

type op struct {
	client    int
	call      Call
	answer    Answer
	from, end time.Duration
}

// NewHistory makes an empty history. clock tells the time since some moment.
func NewHistory(clock func() time.Duration) *History { return &History{clock: clock} }

// Do makes one call and remembers it. make tells whether the call may have had an effect; a call that had none, and whose
// answer tells nothing, is forgotten.
func (h *History) Do(client int, call Call, do func() (answer Answer, counts bool)) Answer {
	from := h.clock()
	answer, counts := do()
	if counts {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ops = append(h.ops, op{client, call, answer, from, h.clock()})
	}
	return answer
}

// Truth is what is known when all is over, beside the answers.
type Truth struct {
	Decided   map[string]uint8 // numbers of the requests that are decided, by the names of their decisions
	Withdrawn map[uint8]bool   // of them, those that are withdrawn
	Changes   map[uint8]int64  // of accounts, that only puts without an answer can have made
}

// Resolve turns names of decisions into numbers of requests, and forgets the lost calls that can have had no effect: it makes
// the search short. It gives the first name that belongs to no request.
func (h *History) Resolve(truth Truth) (stranger string) {
	for i := range h.ops {
		a := &h.ops[i].answer
		if a.Owed == "" {
			continue
		}
		n, ok := truth.Decided[a.Owed]
		if !ok {
			return a.Owed
		}
		a.OwedTo = n + 1
	}
	h.forget(truth)
	return ""
}

// forget drops lost calls whose place may as well be at the end, where they change nothing that anybody sees.
func (h *History) forget(truth Truth) {
	var decided [MaxRequests]bool
	for _, n := range truth.Decided {
		decided[n] = true
	}
	var (
		first [MaxRequests]bool // somebody else's call is known to have decided it
		body  [MaxRequests]Call // that it was decided with; zero when that is not known
		taken [MaxRequests]bool // somebody else's call is known to have withdrawn it
	)
	for i := range h.ops {
		o := &h.ops[i]
		if o.answer.Lost || o.answer.Refused != "" {
			continue
		}
		switch o.call.Method {
		case Confirm, Record:
			body[o.call.Request] = o.call
			first[o.call.Request] = first[o.call.Request] || !o.answer.Replayed
		case Withdraw:
			taken[o.call.Request] = taken[o.call.Request] || !o.answer.Replayed
		default:
		}
	}
	slices.SortStableFunc(h.ops, func(a, b op) int { return cmp.Compare(a.from, b.from) })
	copies := map[Call]int64{}
	h.ops = slices.DeleteFunc(h.ops, func(o op) bool {
		n := o.call.Request
		switch {
		case !o.answer.Lost:
			return false
		case o.call.Method == Confirm, o.call.Method == Record:
			return !decided[n] || first[n] || (body[n].Method != 0 && body[n] != o.call)
		case o.call.Method == Withdraw:
			return !truth.Withdrawn[n] || taken[n]
		case o.call.Method == Put: // as many can have had an effect as there are changes
			copies[o.call]++
			return copies[o.call] > truth.Changes[o.call.Account]
		}
		return true
	})
}

// Len is the number of calls, and how many of them have no answer.
func (h *History) Len() (calls, lost int) {
	for i := range h.ops {
		if h.ops[i].answer.Lost {
			lost++
		}
	}
	return len(h.ops), lost
}

// operations gives the history as the search wants it. What is lost ends never. Of calls that are lost and equal only the first
// is kept: under one request id at most one of them has an effect, and that one may be as late as any.
func (h *History) operations() []porcupine.Operation {
	var list []porcupine.Operation
	first := map[Call]int{}
	for _, o := range h.ops {
		end := o.end.Nanoseconds()
		if o.answer.Lost {
			if i, again := first[o.call]; again && o.call.Method != Put {
				list[i].Call = min(list[i].Call, o.from.Nanoseconds())
				continue
			}
			first[o.call] = len(list)
			end = math.MaxInt64
		}
		list = append(list, porcupine.Operation{ClientId: o.client, Input: o.call, Output: o.answer, Call: o.from.Nanoseconds(), Return: end})
	}
	return list
}
