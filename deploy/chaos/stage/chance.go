package stage

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// chance is what a seed decides about faults. What happens to the nth use of a statement at a proxy depends on nothing else, so
// that a seed means the same however the calls meet.
type chance struct {
	seed  uint64
	likes *rand.Rand // for the schedule

	permille int // statements with a fault
	onCommit int // the same, of COMMITs
}

// moods are how many statements of a thousand have a fault, and how many COMMITs.
var moods = [][2]int{{0, 0}, {0, 100}, {0, 300}, {5, 100}, {10, 200}, {20, 100}, {50, 300}, {100, 100}, {200, 200}}

func newChance(seed uint64) chance {
	likes := rand.New(rand.NewPCG(seed, 2))
	mood := moods[likes.IntN(len(moods))]
	return chance{seed: seed, likes: likes, permille: mood[0], onCommit: mood[1]}
}

// troubles are the SQLSTATEs that a server may answer any statement with; the statement has failed then.
var troubles = []string{
	"40001", "40001", "40001", "40003", "40P01", "CR000", "23505", "55P03", // to be tried again
	"08000", "08003", "08006", "57P01", "57P02", "57P03", "25006", "25P02", "26000", "0A000", // on another connection
	"57014", "53000", "53100", "53200", "53300", "54000", "58030", "28000", "3D000", "42P01", "42501", "XX000", "XX001", // not now
	"22021", "23514", "40002", "P0001", // not this
}

// doubts are the codes that a server may answer COMMIT with and yet have committed.
var doubts = []string{"40003", "57P01", "57P02", "08006", "XX000", "53100", "58030"}

// commitOf names the statement whose answer says that everything is stored.
var commitOf = map[string]string{Postgres: "poruka_commit", Cockroach: "poruka_release"}

// rule chooses the faults of a proxy. did is told of each.
func (c chance) rule(commit string, proxy int, did func(pgproxy.Fault)) pgproxy.Rule {
	return func(s pgproxy.Statement) pgproxy.Fault {
		dice := c.dice(proxy, s)
		isCommit := s.Key() == commit
		permille := c.permille
		if isCommit {
			permille = c.onCommit
		}
		if dice.IntN(1000) >= permille {
			return pgproxy.Fault{}
		}
		f := ofStatement(dice)
		if isCommit {
			f = ofCommit(dice)
		}
		did(f)
		return f
	}
}

func (c chance) dice(proxy int, s pgproxy.Statement) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Key()))
	return rand.New(rand.NewPCG(c.seed<<1|uint64(proxy), h.Sum64()+uint64(s.N)))
}

func pick[T any](dice *rand.Rand, from []T) T { return from[dice.IntN(len(from))] }

func millis(dice *rand.Rand, most int) time.Duration {
	return time.Duration(dice.IntN(most*1000)) * time.Microsecond
}

// ofStatement is a fault of a statement that is not COMMIT. COMMIT may be on its way behind it: the server must not run the statement
// and be said to have failed, for then it commits.
func ofStatement(dice *rand.Rand) pgproxy.Fault {
	switch dice.IntN(10) {
	case 0:
		return pgproxy.Fault{Kind: pgproxy.CutBefore}
	case 1:
		return pgproxy.Fault{Kind: pgproxy.CutAfter}
	case 2:
		return pgproxy.Fault{Kind: pgproxy.Hold}
	case 3, 4:
		return pgproxy.Fault{Delay: millis(dice, 40)}
	case 5:
		return pgproxy.Fault{Kind: pgproxy.Fail, Code: pick(dice, troubles), Fatal: true}
	default:
		return pgproxy.Fault{Kind: pgproxy.Fail, Code: pick(dice, troubles)}
	}
}

func ofCommit(dice *rand.Rand) pgproxy.Fault {
	switch dice.IntN(10) {
	case 0:
		return pgproxy.Fault{Kind: pgproxy.CutBefore}
	case 1, 2:
		return pgproxy.Fault{Kind: pgproxy.CutAfter}
	case 3:
		return pgproxy.Fault{Kind: pgproxy.Hold}
	case 4:
		return pgproxy.Fault{Kind: pgproxy.CutAfter, Delay: millis(dice, 40)}
	case 5, 6:
		return pgproxy.Fault{Kind: pgproxy.Lie, Code: pick(dice, doubts), Fatal: dice.IntN(3) == 0}
	case 7:
		return pgproxy.Fault{Kind: pgproxy.HangUp, Code: pick(dice, doubts)}
	default:
		return pgproxy.Fault{Kind: pgproxy.Fail, Code: pick(dice, troubles), Fatal: dice.IntN(4) == 0}
	}
}
