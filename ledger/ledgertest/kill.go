package ledgertest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger"
)

const (
	killDir      = "PORUKA_LEDGERTEST_KILL_DIR"
	killFrom     = "PORUKA_LEDGERTEST_KILL_FROM"
	killAccounts = 50
	killGroup    = 16 // decisions in a transaction, at most
	killStride   = 1_000_000
)

// Kill lets a child process confirm accounts in groups and kills it (SIGKILL) at a random moment, rounds times over, and
// then looks whether every acknowledged confirmation is there once and every account was raised exactly as often as it has
// entries. The child is the test's own binary, which runs the calling test again: call it first in a test of its own.
func Kill(t *testing.T, rounds int, open Opener) {
	t.Helper()
	if dir := os.Getenv(killDir); dir != "" {
		t.Fatalf("not killed: %v", confirmUntilKilled(dir, open))
	}
	dir := t.TempDir()
	prepareKill(t, dir, open)
	var acknowledged []int
	for round := range rounds {
		acknowledged = append(acknowledged, killOnce(t, dir, round*killStride)...)
		checkKilled(t, dir, open, acknowledged)
	}
	t.Logf("%d confirmations were acknowledged in %d rounds", len(acknowledged), rounds)
}

func prepareKill(t *testing.T, dir string, open Opener) {
	t.Helper()
	e, err := open(dir)
	must(t, err)
	accounts := make([]ledger.Account, killAccounts)
	for n := range accounts {
		accounts[n] = account(n)
	}
	store(t, e, accounts, nil)
	must(t, e.Close())
}

// confirmUntilKilled is the child. It tells the numbers of the confirmations once they are acknowledged, a group to a line.
func confirmUntilKilled(dir string, open Opener) error {
	n, err := strconv.Atoi(os.Getenv(killFrom))
	if err != nil {
		return err
	}
	e, err := open(dir)
	if err != nil {
		return err
	}
	for {
		line := ""
		var keys ledger.Keys
		var decisions []func(*ledger.View) error
		for range 1 + rand.IntN(killGroup) { //nolint:gosec // chance, no secret
			more, decide := raise(n, rand.IntN(killAccounts)) //nolint:gosec // chance, no secret
			keys.Add(more)
			decisions = append(decisions, decide)
			line += fmt.Sprintf(" %d", n)
			n++
		}
		if err := e.Transact(context.Background(), keys, inOrder(decisions)); err != nil {
			return err
		}
		if _, err := fmt.Println(line); err != nil {
			return err
		}
	}
}

func inOrder(decisions []func(*ledger.View) error) func(*ledger.View) error {
	return func(v *ledger.View) error {
		for _, decide := range decisions {
			if err := v.Try(decide); err != nil {
				return err
			}
		}
		return nil
	}
}

// raise gives an account a new version and the entry to go with it.
func raise(n, of int) (ledger.Keys, func(*ledger.View) error) {
	return ledger.Keys{Entries: []ledger.EntryID{entryID(n)}, SNILS: []ledger.Index{index(of)}}, func(v *ledger.View) error {
		a, _ := v.AccountBySNILS(index(of))
		a.Version, a.Level, a.Confirmation = a.Version+1, ledger.LevelConfirmed, entryID(n)
		v.PutAccount(a)
		mine := entry(n)
		mine.Account = a.ID
		v.AddEntry(mine)
		return nil
	}
}

// killOnce gives what the child acknowledged before it died.
func killOnce(t *testing.T, dir string, from int) []int {
	t.Helper()
	parts := strings.Split(t.Name(), "/")
	for i := range parts {
		parts[i] = "^" + regexp.QuoteMeta(parts[i]) + "$"
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+strings.Join(parts, "/"), "-test.count=1") //nolint:gosec // ourselves
	child.Env = append(os.Environ(), killDir+"="+dir, fmt.Sprintf("%s=%d", killFrom, from))
	output, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var acknowledged []int
	left := 1 + rand.IntN(40) //nolint:gosec // chance; groups before the end
	for lines := bufio.NewScanner(output); lines.Scan(); {
		for _, word := range strings.Fields(lines.Text()) {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Errorf("the child says: %s", lines.Text())
				break
			}
			acknowledged = append(acknowledged, n)
		}
		if left--; left == 0 {
			must(t, child.Process.Kill())
		}
	}
	if child.Wait() == nil || len(acknowledged) == 0 {
		t.Fatalf("the child was not killed, or did nothing: %d acknowledged", len(acknowledged))
	}
	return acknowledged
}

func checkKilled(t *testing.T, dir string, open Opener, acknowledged []int) {
	t.Helper()
	e, err := open(dir)
	must(t, err)
	defer func() { must(t, e.Close()) }()
	times := map[ledger.EntryID]int{}
	raised := map[ledger.AccountID]int64{}
	for _, entry := range all(t, e) {
		times[entry.ID]++
		raised[entry.Account]++
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("entry %v is there %d times", id, n)
		}
	}
	for _, n := range acknowledged {
		if times[entryID(n)] != 1 {
			t.Errorf("confirmation %d was acknowledged and is there %d times", n, times[entryID(n)])
		}
	}
	for n := range killAccounts {
		a, err := e.Account(t.Context(), accountID(n))
		must(t, err)
		if a.Version != 1+raised[a.ID] {
			t.Errorf("account %d was raised %d times and has %d entries", n, a.Version-1, raised[a.ID])
		}
		if !a.Confirmation.IsZero() && times[a.Confirmation] != 1 {
			t.Errorf("account %d owes its level to an entry that is not there", n)
		}
	}
}
