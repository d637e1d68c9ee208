package trial_test

import (
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/deploy/chaos/trial"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

func population(t *testing.T) *people.Population {
	t.Helper()
	return must(people.New(people.Config{Seed: 1, Today: person.DateOf(time.Now())}))(t)
}

func runTrial(t *testing.T, p *place, seed uint64, strict bool) trial.Result {
	t.Helper()
	return must(trial.Run(t.Context(), trial.Config{
		Seed: seed, Place: p, Population: population(t), Clock: time.Now, Search: 20 * time.Second, Settle: 100 * time.Millisecond, Strict: strict,
	}))(t)
}

func TestNothingIsWrongWithMemory(t *testing.T) {
	p := newPlace(t, func(m *ledgertest.Memory) ledger.Transactor { return m })
	answers := map[string]int{}
	for seed := range uint64(20) {
		got := runTrial(t, p, seed, true)
		if len(got.Violations) > 0 || got.Undecided {
			t.Errorf("seed %d: undecided %v\n%s", seed, got.Undecided, strings.Join(got.Violations, "\n"))
		}
		for name, n := range got.Answers {
			answers[name] += n
		}
	}
	t.Log(answers)
	for _, name := range []string{
		"CONFIRMED", "ALREADY_CONFIRMED", "NOT_MATCHED", "NOT_ELIGIBLE", "WITHDRAWN", "DECIDED", "UNKNOWN", "READ", "CREATED", "UPDATED", "UNCHANGED",
		"REQUEST_ID_REUSED", "ATTEMPTS_EXHAUSTED", "WITHDRAW_NOT_IN_FORCE", "VERSION_CONFLICT", "LEVEL_WOULD_FALL",
	} {
		if answers[name] == 0 {
			t.Errorf("no call came to %s", name)
		}
	}
}
