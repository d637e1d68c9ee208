package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/deploy/chaos/notary"
	"github.com/poruka/poruka/deploy/chaos/stage"
	"github.com/poruka/poruka/deploy/chaos/trial"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// tour is many trials, one after the other.
type tour struct {
	stage  *stage.Stage
	clock  func() time.Time
	seed   uint64 // of the next trial
	runs   int    // 0: no limit
	time   time.Duration
	every  time.Duration
	out    io.Writer
	repeat func(seed uint64, runs int) string
	enough <-chan struct{} // closed to end after the trial under way

	began, told             time.Time
	done, found, undecided  int
	calls, repeats, entries int
	lost                    int
	answers                 map[string]int
	slowest                 time.Duration

	notary   *notary.Notary
	first    uint64 // seed of this run
	audited  uint64 // seed of the first trial since the last audit
	isBroken bool   // the log is not what was promised, and stays so
}

// population is that of the development server, whose people are who they are on any day.
const population = 1

// Patience with one trial.
const (
	search = 20 * time.Second
	settle = 10 * time.Second
	most   = 2 * time.Minute
)

// run runs the trials. The error is of the stage, not of what was found.
func (t *tour) run(ctx context.Context) error {
	everybody, err := people.New(people.Config{Seed: population, Today: person.DateOf(t.clock())})
	if err != nil {
		return err
	}
	if err := t.openNotary(ctx); err != nil {
		return err
	}
	t.began, t.told, t.answers, t.audited = t.clock(), t.clock(), map[string]int{}, t.seed
	t.first = t.seed
	defer t.sum()
	for !t.isOver() {
		if err := t.one(ctx, everybody); err != nil {
			return fmt.Errorf("seed %d: %w", t.seed, err)
		}
		if t.seed++; t.seed-t.audited >= auditEvery {
			if err := t.audit(ctx, false); err != nil {
				return err
			}
			t.audited = t.seed
		}
		if t.clock().Sub(t.told) >= t.every {
			t.told = t.clock()
			fmt.Fprintln(t.out, t.line())
		}
	}
	if t.isBroken {
		return nil
	}
	return t.audit(ctx, true)
}

func (t *tour) isOver() bool {
	if t.isBroken {
		return true
	}
	select {
	case <-t.enough:
		return true
	default:
	}
	return (t.runs > 0 && t.done >= t.runs) || (t.time > 0 && t.clock().Sub(t.began) >= t.time)
}

func (t *tour) one(ctx context.Context, everybody *people.Population) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	stop := t.watch(ctx)
	got, err := trial.Run(ctx, trial.Config{
		Seed: t.seed, Place: t.stage, Population: everybody, Clock: t.clock, Search: search, Settle: settle, Receipt: t.notary.Receipt,
	})
	stop()
	if err != nil {
		return err
	}
	t.done++
	t.calls, t.repeats, t.lost, t.entries = t.calls+got.Calls, t.repeats+got.Repeats, t.lost+got.Lost, t.entries+got.Entries
	t.slowest = max(t.slowest, got.Took)
	for name, n := range got.Answers {
		t.answers[name] += n
	}
	if got.Undecided {
		t.undecided++
		fmt.Fprintf(t.out, "seed %d: the search for an order took longer than %v\n", t.seed, search)
	}
	got.Violations = append(got.Violations, t.stage.Alarms()...)
	if len(got.Violations) > 0 {
		t.found++
		return t.report(got)
	}
	return nil
}

// report tells what a trial has found.
func (t *tour) report(got trial.Result) error {
	fmt.Fprintf(t.out, "\nseed %d FAILED\n  %s\n", t.seed, strings.Join(got.Violations, "\n  "))
	page, err := keep("poruka-chaos-*.html", got.Draw)
	if err != nil {
		return err
	}
	log, err := t.keepLog()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "  history: %s\n  log:     %s\n  repeat:  %s\n\n", page, log, t.repeat(t.seed, 1))
	return nil
}

func (t *tour) keepLog() (string, error) {
	return keep("poruka-chaos-*.log", func(w io.Writer) error {
		_, err := io.WriteString(w, t.stage.Log())
		return err
	})
}

// keep writes a file that stays.
func keep(pattern string, write func(io.Writer) error) (string, error) {
	file, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", err
	}
	if err := write(file); err != nil {
		_ = file.Close()
		return "", err
	}
	return file.Name(), file.Close()
}

func (t *tour) faults() (all int, kinds string) {
	counts := t.stage.Faults()
	for _, n := range counts {
		all += n
	}
	return all, listed(counts)
}

func listed(counts map[string]int) string {
	names := slices.Collect(maps.Keys(counts))
	slices.SortFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(parts, ", ")
}

func (t *tour) line() string {
	faults, _ := t.faults()
	return fmt.Sprintf("%d trials, %d failed; %d calls, %d repeats, %d unknown outcomes, %d entries; %d faults; %v",
		t.done, t.found, t.calls, t.repeats, t.lost, t.entries, faults, t.clock().Sub(t.began).Round(time.Second))
}

// sum says what was done.
func (t *tour) sum() {
	_, kinds := t.faults()
	fmt.Fprintf(t.out, "\n%s\n  faults:    %s\n  answers:   %s\n  slowest:   %v\n  undecided: %d\n  the log:   %s\n",
		t.line(), kinds, listed(t.answers), t.slowest.Round(time.Millisecond), t.undecided, t.notary.Told())
	if t.runs == 0 || t.done < t.runs {
		fmt.Fprintf(t.out, "  go on:     %s\n", t.repeat(t.seed, max(0, t.runs-t.done)))
	}
}
