package server_test

import (
	"context"
	"io"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// crowd gives invented accounts as the rows of a file.
type crowd struct {
	population *people.Population
	next, end  uint64
}

// Next gives the next row.
func (c *crowd) Next() (accountimport.Row, error) {
	if c.next == c.end {
		return accountimport.Row{}, io.EOF
	}
	row := accountfile.Row(c.population.Account(c.next))
	c.next++
	return accountimport.Row{Number: int64(c.next), Account: accountimport.RequestOf(&row)}, nil
}

// Skip passes over n rows.
func (c *crowd) Skip(n int64) error {
	c.next += uint64(n)
	return nil
}

// Offset is of no use here.
func (*crowd) Offset() int64 { return 0 }

// TestImportGoesOnAtAnotherGateway begins an import at one gateway, which then shuts down in the middle of it, and goes on at the other
// from what is known to be settled. Every row is stored once, and the rows of the cut are stored or repeated, never lost.
func TestImportGoesOnAtAnotherGateway(t *testing.T) {
	t.Parallel() // it waits a good deal
	ledgers.OnServers(t, importGoesOnAtAnotherGateway)
}

func importGoesOnAtAnotherGateway(t *testing.T, database string) {
	const rows, chunk = 2000, 100
	p := startPair(t, gatewaytest.Config{Database: database})
	population := p[0].Population()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	run := func(ctx context.Context, g *gatewaytest.Gateway, begin accountimport.State, progress func(accountimport.State, int64)) (accountimport.State, error) {
		return accountimport.Run(ctx, accountimport.Config{
			Portal: porukav1.NewPortalServiceClient(g.Conn("portal")), Source: &crowd{population: population, end: rows},
			Begin: begin, Progress: progress, Chunk: chunk, Patience: time.Second,
		})
	}
	begin := accountimport.State{File: accountimport.Fingerprint{Bytes: -1}, Gateway: "any of them"}
	state, err := run(ctx, p[0], begin, func(s accountimport.State, _ int64) {
		if s.Rows == 5*chunk {
			go func() {
				ended <- p[0].Stop()
				stop() // nobody restarts it; otherwise the import would wait for it
			}()
		}
	})
	if err == nil || state.Rows < 5*chunk || state.Rows >= rows {
		t.Fatalf("the first part: %+v, %v", state, err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	before := state.Counts
	state, err = run(t.Context(), p[1], state, func(accountimport.State, int64) {})
	if err != nil || state.Rows != rows || state.Counts.Rejected != 0 {
		t.Fatalf("the second part: %+v, %v", state, err)
	}
	t.Logf("%d rows at the first gateway; of the others %d had been stored as well", before.Created, state.Counts.Unchanged)
	if n, err := p[1].Server.Accounts(t.Context()); err != nil || n != rows || state.Counts.Created+state.Counts.Unchanged != rows {
		t.Errorf("%d accounts of %d rows: %+v, %v", n, rows, state.Counts, err)
	}
}
