package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
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
}

// runCmd is the bench itself.
type runCmd struct {
	Binary   string        `help:"The gateway." default:"bin/poruka" type:"existingfile"`
	Callers  []int         `help:"Callers at the same time." default:"1,16,64,256"`
	Duration time.Duration `help:"Of each measured case." default:"5s"`
	WarmUp   time.Duration `help:"Before each case, not counted." default:"1s"`
	Accounts int           `help:"Invented accounts in the ledger. Once all are raised, confirmations go on as ALREADY_CONFIRMED." default:"300000"`
	Dir      string        `help:"Folder to work in; kept when named, so that the accounts need not be made again." placeholder:"DIR"`
	JSON     string        `help:"File for the figures." placeholder:"FILE"`
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
	r := &report{Began: time.Now().UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version(), Accounts: c.Accounts}
	for _, measure := range []func(context.Context, *world, *report) error{
		measureStart, measureEngine, measureFloor, measureGateway, measureUngrouped,
	} {
		if err := measure(ctx, w, r); err != nil {
			return err
		}
	}
	r.judge()
	r.print(os.Stdout)
	if c.JSON != "" {
		return r.writeJSON(c.JSON)
	}
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
