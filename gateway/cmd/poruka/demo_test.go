package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
	"github.com/poruka/poruka/partners/sandbox/scenario"
)

func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	got := command{t: t}.run("demo", "--json", "--accounts", "1000", "--customers", "30")
	if got.code != int(exitDone) {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.out, got.err)
	}
	var report demoReport
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatal(err)
	}
	want := []string{"ALREADY_CONFIRMED", "CLOSE_MATCH", "CONFIRMED", "NOT_CHECKED", "NOT_ELIGIBLE", "NOT_MATCHED"}
	if outcomes := slices.Sorted(maps.Keys(report.Outcomes)); !slices.Equal(outcomes, want) {
		t.Errorf("outcomes %v, want %v", outcomes, want)
	}
	if banks := slices.Sorted(maps.Keys(report.Banks)); !slices.Equal(banks, []string{"bspb", "pochtabank", "sberbank", "tinkoff", "vtb"}) {
		t.Errorf("banks %v", banks)
	}
	sum := func(counts map[string]int64) (n int64) {
		for _, count := range counts {
			n += count
		}
		return n
	}
	if report.Accounts != 1000 || sum(report.Outcomes) != report.Confirmations || sum(report.Banks) != report.Confirmations {
		t.Errorf("%+v does not add up", report)
	}
	// An hour that ends, and what compliance reads, have records besides.
	if withdrawals := int64(5); !report.Ledger.Verified || report.Ledger.Entries < report.Confirmations+withdrawals || report.Ledger.TreeSize != report.Ledger.Entries {
		t.Errorf("ledger %+v of %d confirmations", report.Ledger, report.Confirmations)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Errorf("the demo has left %d folders", len(left))
	}
}

func TestDemoIsForPeopleToo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	got := command{t: t, tty: true}.run("demo", "--accounts", "1000", "--customers", "0", "--keep")
	for _, want := range []string{"BANK", "CONFIRMED", "What compliance reads:", "withdrawal", "by gRPC", "by REST", "by the bank's own dialect", "by order", "NOT_CHECKED", "agrees with all of them", "receipts,", "the signed log holds", "the banks were sent"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%s\nlacks %q", got.out, want)
		}
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 1 || !strings.Contains(got.err, left[0].Name()) {
		t.Errorf("%d folders left; %s", len(left), got.err)
	}
}

func TestDemoNeedsPeople(t *testing.T) {
	command{t: t}.run("demo", "--accounts", "10").want(t, exitUsage, "", "--accounts must be at least 1000")
}

func TestCasting(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	population, err := people.New(people.Config{Seed: 1, Today: person.DateOf(now.In(partners.Moscow()))})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for bank := range 5 {
		p, err := newCasting(population, bank, 5, leastAccounts, now).cast(1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.each) != ways*(len(scenario.Kinds())+1) || len(p.bulk) < 50 {
			t.Errorf("%d errands, %d in bulk", len(p.each), len(p.bulk))
		}
		outcomes := map[string]bool{}
		for _, e := range append(p.errands(), p.other) {
			if seen[e.account.AccountID] {
				t.Errorf("%s has two errands", e.account.AccountID)
			}
			seen[e.account.AccountID] = true
			request, due, err := e.claim(now)
			if err != nil || request.GetPerson() == nil || request.GetAuthentication().GetMethod() == 0 {
				t.Errorf("%s: %v, %v", e.kind, request, err)
			}
			outcomes[due.outcome] = true
		}
		if len(outcomes) != 5 {
			t.Errorf("bank %d comes to %v only", bank, outcomes)
		}
		p.lost.raised = true
		if _, due, _ := p.lost.claim(now); due.outcome != porukav1.Confirmation_ALREADY_CONFIRMED.String() {
			t.Errorf("the customer of another bank comes to %s", due.outcome)
		}
	}
	if _, err := newCasting(population, 0, 5, 50, now).cast(0); err == nil {
		t.Error("ten accounts were enough for every scenario")
	}
}

func TestDemoCanBeStopped(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	stopped, stop := context.WithCancel(context.Background())
	defer stop()
	context.AfterFunc(ctx, stop)
	command{t: t}.runContext(stopped, "demo", "--accounts", "1000000").want(t, exitStuck, "", "stopped on request")
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Errorf("the demo has left %d folders", len(left))
	}
}
