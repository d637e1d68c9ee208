// Command chaos runs seeded trials of the ledger under faults, and looks for an answer that is not true.
//
//	go run ./deploy/chaos
//	go run ./deploy/chaos --seed 17 --runs 1
//
// Each trial has accounts and request ids of its own; gateways and ledger are shared by all. A trial that finds something prints
// its seed and the command that repeats it, and leaves a page that shows its history. After every tenth trial the log must have caught
// up and hold what it promised, and at the end the whole ledger is checked as `poruka ledger fsck` does. See packages stage, trial, model
// and notary.
//
// Exit status: 0 when nothing was found, 1 when something was, 2 for a wrong command line, 3 when the ledger is missing or the
// stage fails. Ctrl-C ends it after the trial under way; what was done until then is summed up.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/poruka/poruka/deploy/chaos/stage"
)

// command is the command line.
type command struct {
	Runs   int           `help:"Trials to run; 0: until the time is over, or for ever." default:"1000"`
	Seed   uint64        `help:"Seed of the first trial; the next has the next." default:"1"`
	Time   time.Duration `help:"Begin no trial after this long; 0: no limit." default:"0"`
	Engine string        `help:"Ledger: postgres, cockroach or embedded." default:"postgres" enum:"postgres,cockroach,embedded"`
	Every  time.Duration `help:"How often to tell how far it is." default:"5s"`
}

// exitFound is the exit status when a trial has found something.
const (
	exitFound  = 1
	exitUsage  = 2
	exitFailed = 3
)

func main() {
	var c command
	parser := kong.Must(&c, kong.Name("chaos"), kong.Description("Looks for an answer that is not true while everything breaks."))
	if _, err := parser.Parse(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(exitUsage)
	}
	found, err := c.run()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(exitFailed)
	case found > 0:
		os.Exit(exitFound)
	}
}

func (c *command) run() (found int, err error) {
	dir, err := os.MkdirTemp("", "poruka-chaos-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	s, err := stage.Open(context.Background(), stage.Config{Engine: c.Engine, Dir: dir, Clock: time.Now})
	if err != nil {
		return 0, err
	}
	interrupted, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	t := tour{
		stage: s, clock: time.Now, seed: c.Seed, runs: c.Runs, time: c.Time, every: c.Every, out: os.Stdout, repeat: c.command,
		enough: interrupted.Done(),
	}
	err = t.run(context.Background())
	return t.found, errors.Join(err, s.Close())
}

// command is how to repeat a seed.
func (c *command) command(seed uint64, runs int) string {
	text := fmt.Sprintf("go run ./deploy/chaos --seed %d --runs %d", seed, runs)
	if c.Engine != stage.Postgres {
		text += " --engine " + c.Engine
	}
	return text
}
