package model

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict on a history.
type Verdict string

// Verdicts.
const (
	Linearizable    Verdict = "linearizable"
	NotLinearizable Verdict = "not linearizable"
	Undecided       Verdict = "undecided" // the time was not enough
)

// Rules say how strictly answers are judged.
type Rules struct {
	// Repeats: the ledger may repeat a transaction within one call when its COMMIT was not answered, and meet what it had stored
	// itself: it then says `replayed`, or `unchanged`, to the first call.
	Repeats bool
	Time    time.Duration // for the search; 0: no limit
}

// Checked is a history that has been judged.
type Checked struct {
	Verdict Verdict
	model   porcupine.Model
	shown   porcupine.LinearizationInfo
}

// Check judges a history.
func (h *History) Check(rules Rules) Checked {
	m := rules.model()
	result, shown := porcupine.CheckOperationsVerbose(m, h.operations(), rules.Time)
	verdict := map[porcupine.CheckResult]Verdict{porcupine.Ok: Linearizable, porcupine.Illegal: NotLinearizable}[result]
	if verdict == "" {
		verdict = Undecided
	}
	return Checked{verdict, m, shown}
}

// Draw writes a page that shows the history and how far it can be explained.
func (c Checked) Draw(w io.Writer) error { return porcupine.Visualize(c.model, c.shown, w) }

func (r Rules) model() porcupine.Model {
	return porcupine.Model{
		Partition: partition,
		Init:      func() any { return state{} },
		Step: func(before, input, output any) (bool, any) {
			s, _ := before.(state)
			call, _ := input.(Call)
			told, _ := output.(Answer)
			explained := r.explains(s.answer(&call), told, call.Method)
			return explained, s
		},
		DescribeOperation: func(input, output any) string {
			call, _ := input.(Call)
			told, _ := output.(Answer)
			return call.String() + " -> " + told.of(call.Method)
		},
		DescribeState: func(s any) string {
			is, _ := s.(state)
			return is.String()
		},
	}
}

// explains compares the model's answer with the one that came.
func (r Rules) explains(want, told Answer, m Method) bool {
	if told.Lost {
		return true
	}
	told.Owed = ""
	if want == told {
		return true
	}
	if !r.Repeats || want.Refused != "" || told.Refused != "" {
		return false
	}
	switch m {
	case Confirm, Record, Withdraw:
		want.Replayed = want.Replayed || told.Replayed
	case Put:
		if told.Result == Unchanged {
			want.Result = Unchanged
		}
	default:
	}
	return want == told
}

// String describes the accounts that exist and the requests that are decided.
func (s *state) String() string {
	var b strings.Builder
	for i := range s.accounts {
		if a := &s.accounts[i]; a.version > 0 {
			fmt.Fprintf(&b, "a%d %s version %d data %d phone %v failed %v; ", i, levelNames[a.level], a.version, a.data, a.phone, a.failed)
		}
	}
	for i := range s.requests {
		if r := &s.requests[i]; r.decided {
			fmt.Fprintf(&b, "r%d %s ", i, outcomeNames[r.outcome])
			if r.withdrawn {
				b.WriteString("withdrawn ")
			}
		}
	}
	return b.String()
}

// partition cuts a history into parts that have neither an account nor a request in common.
func partition(all []porcupine.Operation) [][]porcupine.Operation {
	var leader [MaxAccounts + MaxRequests]int
	for i := range leader {
		leader[i] = i
	}
	find := func(i int) int {
		for leader[i] != i {
			i = leader[i]
		}
		return i
	}
	for _, op := range all {
		if c, _ := op.Input.(Call); c.Method == Confirm || c.Method == Record {
			leader[find(MaxAccounts+int(c.Request))] = find(int(c.Account))
		}
	}
	parts := map[int][]porcupine.Operation{}
	for _, op := range all {
		c, _ := op.Input.(Call)
		node := int(c.Account)
		if c.Method == Find || c.Method == Withdraw {
			node = MaxAccounts + int(c.Request)
		}
		parts[find(node)] = append(parts[find(node)], op)
	}
	list := make([][]porcupine.Operation, 0, len(parts))
	for _, part := range parts {
		list = append(list, part)
	}
	return list
}
