package group

import (
	"cmp"
	"container/list"
	"slices"

	"github.com/poruka/poruka/ledger"
)

// Lane says whose decision it is. Each lane that has been used is remembered: there must be a bounded number, as of banks.
type Lane string

// lanes is the queue of a Committer, one line for each lane. What is taken next is the first of the lane that has been served
// least. A lane that comes back counts as served as much as those that waited meanwhile: nobody saves up, and what a lane had
// beyond that, as by one heavy decision, it waits out.
type lanes struct {
	most   int // decisions that may wait
	length int // decisions that wait
	served int // of the lane whose turn was last; never falls
	all    map[Lane]*line
	busy   []*line // those in which something waits
}

// line is one lane.
type line struct {
	ops    list.List // of *op, in order of arrival
	served int       // weight of what was taken
}

// weight is what a decision counts: an import puts hundreds of accounts in one.
func weight(keys ledger.Keys) int { return max(1, len(keys.Accounts)) }

// add puts o at the end of its lane; false when the lane holds as much as is still free. So one lane alone fills half of the
// queue, n lanes fill n/(n+1) of it, and there is always room for another.
func (q *lanes) add(lane Lane, o *op) bool {
	l, known := q.all[lane]
	if !known {
		l = &line{}
		q.all[lane] = l
	}
	if l.ops.Len() >= q.most-q.length {
		return false
	}
	if l.ops.Len() == 0 {
		l.served = max(l.served, q.served)
		q.busy = append(q.busy, l)
	}
	o.line, o.place = l, l.ops.PushBack(o)
	q.length++
	return true
}

func (q *lanes) remove(o *op) {
	o.line.ops.Remove(o.place)
	o.place = nil
	q.length--
	if o.line.ops.Len() == 0 {
		i := slices.Index(q.busy, o.line)
		q.busy = slices.Delete(q.busy, i, i+1)
	}
}

// take removes a group that weighs at most most. A decision that is heavier by itself is a group of its own.
func (q *lanes) take(most int) []*op {
	if q.length == 0 {
		return nil
	}
	ops := make([]*op, 0, min(most, q.length))
	for left := most; q.length > 0; {
		l := slices.MinFunc(q.busy, func(a, b *line) int { return cmp.Compare(a.served, b.served) })
		o, _ := l.ops.Front().Value.(*op)
		w := weight(o.keys)
		if w > left && len(ops) > 0 {
			break
		}
		left -= w
		q.served = l.served
		l.served += w
		q.remove(o)
		ops = append(ops, o)
	}
	return ops
}
