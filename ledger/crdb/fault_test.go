package crdb

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

// confirm is one confirmation: it raises the account and adds an entry, or replays the entry.
func confirm(ctx context.Context, s *Store) (replayed bool, err error) {
	a, e := fullAccount(1), fullEntry(1)
	keys := ledger.Keys{SNILS: []ledger.Index{a.SNILS}, Entries: []ledger.EntryID{e.ID}, Attempts: []ledger.AttemptKey{{Subject: a.SNILS}}}
	err = s.Transact(ctx, keys, func(v *ledger.View) error {
		if _, replayed = v.Entry(e.ID); replayed {
			return nil
		}
		a, _ := v.AccountBySNILS(a.SNILS)
		a.Level, a.Version = ledger.LevelConfirmed, a.Version+1
		v.PutAccount(a)
		v.AddEntry(e)
		v.SetAttempts(keys.Attempts[0], ledger.Attempts{Failures: []time.Time{moment}})
		return nil
	})
	return replayed, err
}

// isStored checks that the confirmation is there whole and once, or not at all.
func isStored(t *testing.T, s *Store) bool {
	t.Helper()
	a, err := s.Account(t.Context(), fullAccount(1).ID)
	must(t, err)
	_, err = s.Entry(t.Context(), fullEntry(1).ID)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		t.Fatal(err)
	}
	if found := err == nil; found != (a.Level == ledger.LevelConfirmed) || (found && a.Version != 2) || (!found && a.Version != 1) {
		t.Fatalf("entry found: %v; account at level %v, version %d", found, a.Level, a.Version)
	}
	return err == nil
}

func TestVerdicts(t *testing.T) {
	for code, want := range map[string]class{
		"40001": again, "40P01": again, "23505": again, "57P01": reconnect, "57P03": reconnect, "08006": reconnect, "57014": giveUp,
		"53300": giveUp, "42P01": giveUp, "25006": reconnect, "22021": refused, "23514": refused, "XX000": giveUp, "P0001": refused,
	} {
		if got := lookUp(verdicts, code); got != want {
			t.Errorf("%s on a statement: %v, want %v", code, got, want)
		}
	}
	for code, want := range map[string]class{
		"40001": again, "23505": again, "23503": refused, "40003": unknown, "57P01": unknown, "XX000": unknown, "53100": unknown, "08006": unknown,
	} {
		if got := lookUp(aborts, code); got != want {
			t.Errorf("%s at COMMIT: %v, want %v", code, got, want)
		}
	}
}

func TestBackoffIsBounded(t *testing.T) {
	for n := 2; n < 10; n++ {
		if d := backoff(n); d < 0 || d >= lastBackoff {
			t.Errorf("attempt %d: %v", n, d)
		}
	}
}
