package crdb

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
)

// On CockroachDB two transactions may commit at one timestamp: readers that push both out of their way do that to them.
func TestNoTwoEntriesStandAtOnePlace(t *testing.T) {
	seen := map[int64]bool{}
	for range 1000 {
		ordinals := newStatements(onCockroach()).numbered(ledger.EntryID(uuid.New()), []int{0, 1, 2, 1<<ordinalBits - 1})
		if !slices.IsSorted(ordinals) || ordinals[0] < 0 {
			t.Fatalf("ordinals %v", ordinals)
		}
		for _, n := range ordinals {
			if seen[n] {
				t.Fatalf("%d is given twice", n)
			}
			seen[n] = true
		}
	}
	if got := newStatements(onPostgres()).numbered(ledger.EntryID{1}, []int{1, 0}); !slices.Equal(got, []int64{1, 0}) {
		t.Errorf("on PostgreSQL, where a transaction has its place alone: %v", got)
	}
}
