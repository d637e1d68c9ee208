package stage

import (
	"slices"
	"testing"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

const seeds = 300

// uses lists the first uses of a commit and of another statement.
func uses() (list []pgproxy.Statement) {
	for n := range 50 {
		for _, name := range []string{"poruka_commit", "poruka_record"} {
			list = append(list, pgproxy.Statement{Name: name, N: n + 1})
		}
	}
	return list
}

func TestASeedMeansTheSameWhateverTheOrder(t *testing.T) {
	for seed := range uint64(seeds) {
		for proxy := range 2 {
			rule := newChance(seed).rule("poruka_commit", proxy, func(pgproxy.Fault) {})
			forwards := map[pgproxy.Statement]pgproxy.Fault{}
			for _, s := range uses() {
				forwards[s] = rule(s)
			}
			again := newChance(seed).rule("poruka_commit", proxy, func(pgproxy.Fault) {})
			for _, s := range slices.Backward(uses()) {
				if got := again(s); got != forwards[s] {
					t.Fatalf("seed %d: %v and then %v to %v", seed, forwards[s], got, s)
				}
			}
		}
	}
}

// TestNoServerIsMadeToLie: a client may never be told that a statement failed when what it belongs to has been stored, but for
// COMMIT, with a code that leaves it open. Everything that can be done is done.
func TestNoServerIsMadeToLie(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(seeds) {
		rule := newChance(seed).rule("poruka_commit", 0, func(pgproxy.Fault) {})
		for _, s := range uses() {
			f := rule(s)
			if f == (pgproxy.Fault{}) {
				continue
			}
			isCommit := s.Name == "poruka_commit"
			if (f.Kind == pgproxy.Lie || f.Kind == pgproxy.HangUp) && (!isCommit || !slices.Contains(doubts, f.Code)) {
				t.Errorf("%v to %s", f, s.Name)
			}
			seen[nameOf(f)]++
			seen[f.Code]++
		}
	}
	want := append([]string{"delay", "cut before", "cut after", "fail", "fatal fail", "lie", "fatal lie", "hang up", "hold"}, troubles...)
	for _, what := range want {
		if seen[what] == 0 {
			t.Errorf("%s never happens", what)
		}
	}
}
