package crdb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

const commit = "poruka_commit"

// nth applies a fault to the nth of a statement, and to no other.
func nth(statement string, n int, f fault) func(string, int) fault {
	return func(s string, seen int) fault {
		if s == statement && seen == n {
			return f
		}
		return fault{}
	}
}

func always(statement string, f fault) func(string, int) fault {
	return func(s string, _ int) fault {
		if s == statement {
			return f
		}
		return fault{}
	}
}

// faulty opens a store through a proxy, and one that goes straight to the same database. The store has an account and warm
// connections.
func faulty(t *testing.T) (through, straight *Store, p *proxy, told *[]Transaction) {
	t.Helper()
	url := database(t)
	p, proxied := newProxy(t, url)
	told = &[]Transaction{}
	through = openAt(t, proxied, func(c *Config) {
		c.RequestConns, c.AcquireTimeout = 2, time.Second
		c.Observe = func(x Transaction) { *told = append(*told, x) }
	})
	straight = openAt(t, url, nil)
	a := fullAccount(1)
	must(t, through.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error { v.PutAccount(a); return nil }))
	*told = nil
	return through, straight, p, told
}

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

func TestOneFaultIsSettledOrTriedAgain(t *testing.T) {
	for _, test := range []struct {
		name     string
		rule     func(string, int) fault
		attempts int
		settled  int
	}{
		{"cut before COMMIT", nth(commit, 1, fault{cutBefore, ""}), 2, 1},
		{"cut after COMMIT", nth(commit, 1, fault{cutAfter, ""}), 1, 1},
		{"40001 at COMMIT", nth(commit, 1, fault{failing, "40001"}), 2, 0},
		{"40P01 at COMMIT", nth(commit, 1, fault{failing, "40P01"}), 2, 0},
		{"40003 at COMMIT, not stored", nth(commit, 1, fault{failing, "40003"}), 2, 1},
		{"40003 at COMMIT, stored", nth(commit, 1, fault{lie, "40003"}), 1, 1},
		{"an internal error at COMMIT, stored", nth(commit, 1, fault{lie, "XX000"}), 1, 1},
		{"57P01 at COMMIT, not stored", nth(commit, 1, fault{fatal, "57P01"}), 2, 1},
		{"57P01 at COMMIT, stored", nth(commit, 1, fault{fatalLie, "57P01"}), 1, 1},
		{"57P01 behind the answer to COMMIT", nth(commit, 1, fault{hangUp, "57P01"}), 1, 0},
		{"40001 on BEGIN", nth("poruka_begin", 1, fault{failing, "40001"}), 2, 0},
		{"40001 on reading", nth("poruka_accounts_by_snils", 1, fault{failing, "40001"}), 2, 0},
		{"40001 on raising", nth("poruka_raise_one", 1, fault{failing, "40001"}), 2, 0},
		{"40001 on recording", nth("poruka_record_one", 1, fault{failing, "40001"}), 2, 0},
		{"40001 on counting", nth("poruka_count", 1, fault{failing, "40001"}), 2, 0},
		{"40003 on recording", nth("poruka_record_one", 1, fault{failing, "40003"}), 2, 1},
		{"23505 on recording", nth("poruka_record_one", 1, fault{failing, "23505"}), 2, 0},
		{"25P02 on reading", nth("poruka_entries_by_id", 1, fault{failing, "25P02"}), 2, 0},
		{"a cached plan that no longer fits", nth("poruka_entries_by_id", 1, fault{failing, "0A000"}), 2, 0},
		{"57P01 on reading", nth("poruka_entries_by_id", 1, fault{fatal, "57P01"}), 2, 0},
		{"57P01 on recording", nth("poruka_record_one", 1, fault{fatal, "57P01"}), 2, 0},
		{"cut on reading", nth("poruka_entries_by_id", 1, fault{cutBefore, ""}), 2, 0},
		{"cut on recording", nth("poruka_record_one", 1, fault{cutBefore, ""}), 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			through, straight, p, told := faulty(t)
			p.set(test.rule)
			replayed, err := confirm(t.Context(), through)
			must(t, err)
			if replayed || !isStored(t, straight) {
				t.Errorf("replayed: %v, want a confirmation that is stored", replayed)
			}
			if got := (*told)[0]; got.Attempts != test.attempts || got.Settled != test.settled {
				t.Errorf("told %+v, want %d attempts, %d settled", got, test.attempts, test.settled)
			}
		})
	}
}

func TestAFaultForEverEndsTruly(t *testing.T) {
	for _, test := range []struct {
		name string
		rule func(string, int) fault
		want error
	}{
		{"40001 at COMMIT", always(commit, fault{failing, "40001"}), ledger.ErrConflict},
		{"40001 on recording", always("poruka_record_one", fault{failing, "40001"}), ledger.ErrConflict},
		{"no room on the disk", always("poruka_record_one", fault{failing, "53100"}), ledger.ErrUnavailable},
		{"a statement that takes too long", always("poruka_raise_one", fault{failing, "57014"}), ledger.ErrUnavailable},
		{"57P01 on recording", always("poruka_record_one", fault{fatal, "57P01"}), ledger.ErrUnavailable},
		{"cut on reading", always("poruka_entries_by_id", fault{cutBefore, ""}), ledger.ErrUnavailable},
		{"COMMIT lost for ever", always(commit, fault{cutBefore, ""}), ledger.ErrOutcomeUnknown},
		{"COMMIT of unknown outcome for ever", always(commit, fault{failing, "40003"}), ledger.ErrOutcomeUnknown},
		{"a trigger that refuses", always("poruka_record_one", fault{failing, "P0001"}), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			through, straight, p, told := faulty(t)
			p.set(test.rule)
			_, err := confirm(t.Context(), through)
			if err == nil || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if test.want == nil && (errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, ledger.ErrConflict)) {
				t.Errorf("error %v names a cause that it has not", err)
			}
			if strings.Contains(err.Error(), "injected") {
				t.Errorf("error %q repeats what the server said", err)
			}
			if n := (*told)[0].Attempts; n > maxAttempts {
				t.Errorf("%d attempts", n)
			}
			if isStored(t, straight) {
				t.Error("it is stored")
			}
			p.set(nil)
			if _, err := confirm(t.Context(), through); err != nil {
				t.Errorf("when the fault is over: %v", err)
			}
		})
	}
}

// The first COMMIT is lost on its way, arrives after the store has looked for it in vain, and then the second attempt meets it.
func TestACommitThatArrivesLateIsMetNotRepeated(t *testing.T) {
	through, straight, p, _ := faulty(t)
	held := false
	p.set(func(statement string, n int) fault {
		if statement == commit && !held {
			held = true
			return fault{lie, "40003"} // stored, but nobody knows
		}
		if statement == "poruka_entries_by_id" && n == 2 {
			return fault{failing, "XX000"} // and it cannot be read back
		}
		return fault{}
	})
	_, err := confirm(t.Context(), through)
	if !errors.Is(err, ledger.ErrOutcomeUnknown) {
		t.Fatalf("error %v, want ErrOutcomeUnknown", err)
	}
	replayed, err := confirm(t.Context(), through)
	if err != nil || !replayed || !isStored(t, straight) {
		t.Errorf("repeated: replayed %v, %v", replayed, err)
	}
}

func TestACancelledCommitIsSettled(t *testing.T) {
	for _, kind := range []string{hold, cutAfter} {
		through, straight, p, _ := faulty(t)
		ctx, cancel := context.WithCancel(t.Context())
		p.set(func(statement string, n int) fault {
			if statement == commit && n == 1 {
				cancel()
				return fault{kind, ""}
			}
			return fault{}
		})
		_, err := confirm(ctx, through)
		stored := isStored(t, straight)
		p.release()
		switch {
		case err == nil && stored, errors.Is(err, ledger.ErrOutcomeUnknown):
		default:
			t.Errorf("%s: error %v, stored: %v", kind, err, stored)
		}
	}
}

func TestBackoffEndsWithTheCaller(t *testing.T) {
	through, _, p, _ := faulty(t)
	ctx, cancel := context.WithCancel(t.Context())
	p.set(func(statement string, n int) fault {
		switch statement {
		case "poruka_record_one":
			return fault{failing, "40001"}
		case "poruka_rollback":
			cancel()
		}
		return fault{}
	})
	_, err := confirm(ctx, through)
	if !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want ErrUnavailable because of the caller", err)
	}
	if n := p.count("poruka_record_one"); n != 1 {
		t.Errorf("%d attempts after the caller left", n)
	}
}

func TestAFullPoolFailsFast(t *testing.T) {
	s := open(t, func(c *Config) { c.RequestConns, c.AcquireTimeout = 1, 500*time.Millisecond })
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.Transact(context.WithoutCancel(t.Context()), ledger.Keys{Accounts: []ledger.AccountID{{1}}}, func(*ledger.View) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	err := s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{{2}}}, func(*ledger.View) error { return nil })
	if !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	close(release)
	must(t, <-done)
}

func TestAccountsWithoutEntriesAreSettledByTheirContent(t *testing.T) {
	for kind, attempts := range map[string]int{cutAfter: 1, cutBefore: 2} {
		through, straight, p, told := faulty(t)
		p.set(nth(commit, 1, fault{kind, ""}))
		a := fullAccount(1)
		a.Version, a.Digest, a.UpdatedAt = 2, [32]byte{5}, moment.Add(time.Hour)
		must(t, through.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error {
			old, _ := v.Account(a.ID)
			a.Version = old.Version + 1
			v.PutAccount(a)
			return nil
		}))
		got, err := straight.Account(t.Context(), a.ID)
		must(t, err)
		if got.Version != 2 || got.Digest != a.Digest || (*told)[0].Attempts != attempts {
			t.Errorf("%s: version %d after %d attempts", kind, got.Version, (*told)[0].Attempts)
		}
	}
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
