package style

import (
	"strconv"
	"time"
)

// limitHeaders are the names of the headers that say how much more a bank may send; empty for a dialect without them.
type limitHeaders struct{ limit, remaining, reset string }

// write says nothing of limits that are not known. Reset is in whole seconds, rounded up: who waits so long is never early.
func (h limitHeaders) write(l Limits, header Header) {
	if h.limit == "" || l.Limit == 0 {
		return
	}
	header[h.limit] = strconv.Itoa(l.Limit)
	header[h.remaining] = strconv.Itoa(l.Remaining)
	header[h.reset] = strconv.FormatInt(int64((l.Reset+time.Second-1)/time.Second), 10)
}

func (h limitHeaders) read(header Header) Limits {
	if h.limit == "" {
		return Limits{}
	}
	limit, _ := strconv.Atoi(header[h.limit])
	remaining, _ := strconv.Atoi(header[h.remaining])
	reset, _ := strconv.Atoi(header[h.reset])
	return Limits{Limit: limit, Remaining: remaining, Reset: time.Duration(reset) * time.Second}
}
