package model

import (
	"math"
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

// Resolve turns the names of confirmations into numbers of requests. It gives the first name that belongs to no request.
func (h *History) Resolve(numbers map[string]uint8) (stranger string) {
	for i := range h.ops {
		a := &h.ops[i].answer
		if a.Owed == "" {
			continue
		}
		n, ok := numbers[a.Owed]
		if !ok {
			return a.Owed
		}
		a.OwedTo = n + 1
	}
	return ""
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
			if o.call.Method == Find || o.call.Method == Read {
				continue
			}
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
