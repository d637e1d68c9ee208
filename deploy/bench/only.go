package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// onlyCmd drives one case against a gateway that runs already, to be watched by a profiler.
type onlyCmd struct {
	Dir      string        `help:"Folder of an earlier run, named with its --dir." required:""`
	Accounts int           `help:"Invented accounts in the ledger." default:"100000"`
	Case     string        `help:"What to send." enum:"confirm,rest,refused" default:"confirm"`
	Callers  int           `help:"Callers at the same time." default:"64"`
	Duration time.Duration `help:"How long." default:"10s"`
	PID      int           `help:"Process id of the gateway." required:""`
	GRPC     string        `name:"grpc" help:"Its address." default:"localhost:8443"`
	REST     string        `name:"rest" help:"Its address." default:"localhost:8444"`
}

// Run drives.
func (c *onlyCmd) Run(ctx context.Context) error {
	w := &world{runCmd: &runCmd{Embedded: c.Accounts, Duration: c.Duration, WarmUp: time.Second}, dir: c.Dir, grpc: c.GRPC, rest: c.REST}
	if err := w.readClaims(); err != nil {
		return err
	}
	server, err := attach(c.PID)
	if err != nil {
		return err
	}
	makeCall := map[string]func(*clients) call{"confirm": w.confirmGRPC, "rest": w.confirmREST, "refused": w.refused}[c.Case]
	s, err := w.withClients(ctx, server, c.Callers, makeCall)
	if err != nil {
		return err
	}
	r := &report{Rows: []row{{Case: c.Case, Sample: s}}}
	r.print(os.Stdout)
	if s.Calls == 0 {
		return fmt.Errorf("no good answer; the first error: %s", s.FirstFail)
	}
	return nil
}
