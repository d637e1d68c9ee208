package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/deploy/chaos/stage"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build builds a stage for a test. Without the engine the test is skipped, saying so; without PostgreSQL it fails in CI.
func build(t *testing.T, cfg stage.Config) *stage.Stage {
	t.Helper()
	cfg.Dir, cfg.Clock = t.TempDir(), time.Now
	s, err := stage.Open(t.Context(), cfg)
	if errors.Is(err, cockroach.ErrMissing) || (errors.Is(err, postgres.ErrMissing) && os.Getenv("CI") != "true") {
		fmt.Fprintf(os.Stderr, "!!! %s was NOT RUN on %s: %v\n", t.Name(), cfg.Engine, err)
		t.Skip("NOT RUN: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the stage does not end well: %v", err)
		}
	})
	return s
}

// travel runs at least a number of trials, and more until the time is over.
func travel(t *testing.T, s *stage.Stage, seed uint64, least int, long time.Duration) *tour {
	t.Helper()
	var out bytes.Buffer
	enough := make(chan struct{})
	over := time.AfterFunc(long, func() { close(enough) })
	defer over.Stop()
	c := command{Engine: stage.Postgres}
	r := &tour{stage: s, clock: time.Now, seed: seed, runs: least, every: time.Minute, out: &out, repeat: c.command}
	if err := r.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if long > 0 {
		r.runs, r.enough = 0, enough
		if err := r.run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	}
	t.Log(out.String())
	return r
}

// fail fails the test for what a tour found. On a busy machine so many calls may meet that the search for an order of them takes too
// long: few trials may end so, which have then been compared with the ledger alone.
func fail(t *testing.T, r *tour) {
	t.Helper()
	if r.found > 0 || r.undecided > 1+r.done/50 {
		t.Errorf("%d of %d trials failed, %d were not decided; see the log for how to repeat them", r.found, r.done, r.undecided)
	}
}

// TestSlice is the part of `make chaos` that every test run has: 20 s, and 2 min in CI.
func TestSlice(t *testing.T) {
	least, long := 50, 20*time.Second
	switch {
	case os.Getenv("CI") == "true":
		long = 2 * time.Minute
	case testing.Short():
		least, long = 10, 0
	}
	s := build(t, stage.Config{Engine: stage.Postgres})
	r := travel(t, s, uint64(time.Now().Unix()), least, long) // another part each time; the log tells which
	fail(t, r)
	if faults, _ := r.faults(); faults < r.done || r.entries < 10*r.done {
		t.Errorf("too little happened for the test to mean anything: %d faults, %d entries in %d trials", faults, r.entries, r.done)
	}
}

// TestKills kills PostgreSQL in each trial.
func TestKills(t *testing.T) {
	r := travel(t, build(t, stage.Config{Engine: stage.Postgres, KillEvery: 1}), 1, 5, 0)
	fail(t, r)
	if n := r.stage.Faults()["server killed"]; n < 4 {
		t.Errorf("only %d kills", n)
	}
}

// TestALostCommitIsFound kills a PostgreSQL that answers COMMIT before it has written anything down: the checks must see it, through
// everything that stands between, and must say how to repeat it.
func TestALostCommitIsFound(t *testing.T) {
	s := build(t, stage.Config{Engine: stage.Postgres, KillEvery: 1, Forgetful: true})
	var out bytes.Buffer
	t.Setenv("TMPDIR", t.TempDir()) // for what is kept
	c := command{Engine: stage.Postgres}
	r := &tour{stage: s, clock: time.Now, seed: 1, runs: 1, every: time.Minute, out: &out, repeat: c.command}
	for r.found == 0 && r.runs <= 10 {
		if err := r.run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		r.runs++
	}
	for _, want := range []string{"FAILED", ".html", "go run ./deploy/chaos --seed ", "--runs 1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not tell %q:\n%.3000s", want, out.String())
		}
	}
	// An answer of which nothing is left is lost; one whose request was repeated after the loss has changed.
	if !strings.Contains(out.String(), "lost: ") && !strings.Contains(out.String(), "changed: ") {
		t.Errorf("the report tells of no answer that did not stay:\n%.3000s", out.String())
	}
}

func TestEmbedded(t *testing.T) {
	r := travel(t, build(t, stage.Config{Engine: stage.Embedded}), 1, 20, 0)
	fail(t, r)
	if r.answers["OVERLOADED"] == 0 || r.stage.Faults()["gateway dropped"]+r.stage.Faults()["gateway drained"] == 0 {
		t.Errorf("neither overloaded nor restarted: %v, %v", r.answers, r.stage.Faults())
	}
}

func TestCockroach(t *testing.T) {
	fail(t, travel(t, build(t, stage.Config{Engine: stage.Cockroach}), 1, 50, 0))
}

// TestItEndsAfterTheTrialUnderWay, and says where to go on.
func TestItEndsAfterTheTrialUnderWay(t *testing.T) {
	s := build(t, stage.Config{Engine: stage.Embedded})
	var out bytes.Buffer
	enough := make(chan struct{})
	c := command{Engine: stage.Embedded}
	r := &tour{stage: s, clock: time.Now, seed: 7, runs: 100, every: time.Minute, out: &out, repeat: c.command, enough: enough}
	var calls atomic.Int64
	r.clock = func() time.Time {
		if calls.Add(1) == 20 {
			close(enough)
		}
		return time.Now()
	}
	if err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.done != 1 || !strings.Contains(out.String(), "--seed 8 --runs 99 --engine embedded") {
		t.Errorf("%d trials:\n%s", r.done, out.String())
	}
}
