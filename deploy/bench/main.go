package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// command is the command line.
type command struct {
	Run    runCmd    `cmd:"" default:"withargs" help:"Measure and print a table."`
	Only   onlyCmd   `cmd:"" help:"Drive one case against a gateway that runs already, for a profiler."`
	Floor  floorCmd  `cmd:"" hidden:"" help:"Serve the floor; started by the bench itself."`
	Engine engineCmd `cmd:"" hidden:"" help:"Drive the embedded ledger without a gateway; started by the bench itself."`
	Export exportCmd `cmd:"" hidden:"" help:"Make reports of a ledger on a database server; started by the bench itself."`
}

// runCmd is the bench itself.
type runCmd struct {
	Binary     string        `help:"The gateway." default:"bin/poruka" type:"existingfile"`
	Parts      []string      `help:"What to measure." enum:"embedded,postgres,log" default:"embedded,postgres,log"`
	Quick      bool          `help:"Short turns and small ledgers: whether it works, and roughly how fast."`
	Callers    []int         `help:"Callers at the same time, embedded part." default:"1,16,64,256"`
	Duration   time.Duration `help:"Of each case of the embedded part." default:"3s"`
	WarmUp     time.Duration `help:"Before each case, not counted." default:"500ms"`
	Embedded   int           `help:"Invented accounts in the embedded ledger. Once all are raised, confirmations go on as ALREADY_CONFIRMED." default:"200000"`
	Accounts   []int         `help:"Invented accounts in the ledgers on PostgreSQL: one ledger for each number." default:"10000,1000000"`
	Turn       time.Duration `help:"Of one turn of each case on PostgreSQL." default:"3s"`
	Steps      []string      `help:"What to measure on PostgreSQL, for a profiler; goals of what is left out mean nothing. Default: all." enum:"naive,rounds,lone,status,paced,inserts,import"`
	Rounds     int           `help:"How often baselines and ours take turns on PostgreSQL." default:"3"`
	ImportRows int           `help:"Accounts of the file that is imported." default:"100000"`
	Dir        string        `help:"Folder to work in; kept when named, so that the embedded accounts need not be made again." placeholder:"DIR"`
	LogTurn    time.Duration `help:"Of one turn with the log, and of one without; there are two in each round." default:"1s"`
	LogRows    int           `help:"Entries that are put into the log at once, reported and checked." default:"100000"`
	JSON       string        `help:"File for the figures." placeholder:"FILE"`
}

// shorten makes a run of two minutes.
func (c *runCmd) shorten() {
	c.Callers, c.Duration, c.WarmUp, c.Embedded = []int{1, 64}, time.Second, 200*time.Millisecond, 20_000
	c.Accounts, c.Turn, c.Rounds, c.ImportRows = []int{10_000}, time.Second, 1, 20_000
	c.LogTurn, c.LogRows = time.Second/2, 20_000
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parsed := kong.Parse(&command{}, kong.Name("bench"), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Description("Measures a whole gateway beside bare baselines, in one run."))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// Run measures.
func (c *runCmd) Run(ctx context.Context) error {
	if c.Quick {
		c.shorten()
	}
	dir := c.Dir
	if dir == "" {
		temporary, err := os.MkdirTemp("", "poruka-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	}
	w, err := newWorld(ctx, c, dir)
	if err != nil {
		return err
	}
	r := &report{Began: time.Now().UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version(), Accounts: c.Accounts, Embedded: c.Embedded}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *world, *report) error
	}{{"embedded", measureEmbedded}, {"postgres", measurePostgres}, {"log", measureLog}} {
		if !slices.Contains(c.Parts, part.name) {
			continue
		}
		if err := part.measure(ctx, w, r); err != nil {
			return err
		}
	}
	r.print(os.Stdout)
	if c.JSON != "" {
		return r.writeJSON(c.JSON)
	}
	return nil
}

// measureEmbedded measures a gateway on its own file.
func measureEmbedded(ctx context.Context, w *world, r *report) error {
	if err := w.prepare(ctx); err != nil {
		return err
	}
	for _, measure := range []func(context.Context, *world, *report) error{
		measureStart, measureEngine, measureFloor, measureGateway, measureUngrouped,
	} {
		if err := measure(ctx, w, r); err != nil {
			return err
		}
	}
	r.judge()
	return nil
}

// floorCmd serves the floor.
type floorCmd struct {
	Certificates string `arg:""`
	GRPC         string `arg:""`
	REST         string `arg:""`
}

// Run serves until ctx ends.
func (c *floorCmd) Run(ctx context.Context) error {
	return serveFloor(ctx, c.Certificates, c.GRPC, c.REST)
}
