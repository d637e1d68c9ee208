package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// Names of the cases on PostgreSQL.
const (
	caseNaive     = "PostgreSQL: naive, no gRPC in front"
	caseInserts   = "PostgreSQL: inserts of 1000 entries"
	caseTwoTrips  = "PostgreSQL: two round trips, alone"
	caseReads     = "PostgreSQL: point reads"
	caseLedger    = "PostgreSQL: ledger layer, grouped"
	casePGFloor   = "PostgreSQL: floor, gRPC"
	casePG        = "PostgreSQL: confirm, gRPC"
	casePGAlone   = "PostgreSQL: confirm ungrouped, gRPC"
	casePGStatus  = "PostgreSQL: status read, gRPC"
	casePGPaced   = "PostgreSQL: confirm, gRPC, at 60 % of the greatest rate"
	caseCopy      = "PostgreSQL: COPY of sealed accounts"
	caseImport    = "PostgreSQL: accounts import"
	caseOfSize    = "PostgreSQL: confirm, gRPC, in bursts, %d accounts"
	burstCallers  = 64
	naiveCallers  = 32
	statusCallers = 16
)

// pgWorld is what the cases on PostgreSQL share: one server, a ledger of each size on it, and the gateways.
type pgWorld struct {
	*world
	report *report
	server *postgres.Server
	sealer *sealer
	sizes  []*database // by number of accounts
	main   *database   // of most cases: the one that is nearest to a million
	best   int         // connections with which naive is fastest

	floor, grouped, alone *endpoint
	ofSize                map[*database]*endpoint
	layer                 *layer
	importer              time.Duration // CPU time of the importing command
}

// measurePostgres runs everything that needs a database server. Baselines and ours take turns in short runs, whose figures are added up: a
// machine that others use drifts, and drifts for both.
func measurePostgres(ctx context.Context, w *world, r *report) (err error) {
	server, err := postgres.Private(ctx, postgres.Config{Durable: true, Settings: serverSettings})
	if errors.Is(err, postgres.ErrMissing) {
		fmt.Fprintln(os.Stderr, "PostgreSQL is not measured:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	p := &pgWorld{world: w, report: r, server: server, best: naiveCallers, ofSize: map[*database]*endpoint{}}
	if err := p.prepare(ctx); err != nil {
		return err
	}
	defer p.close()
	for _, step := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"naive", p.scanNaive},
		{"rounds", p.rounds},
		{"lone", p.lone},
		{"status", p.status},
		{"paced", p.paced},
		{"inserts", p.ceiling},
		{"import", p.imports},
	} {
		if len(w.Steps) > 0 && !slices.Contains(w.Steps, step.name) {
			continue
		}
		if err := step.measure(ctx); err != nil {
			return err
		}
	}
	p.judge()
	return nil
}

func (p *pgWorld) prepare(ctx context.Context) (err error) {
	if p.sealer, _, _, err = p.invent(ctx); err != nil {
		return err
	}
	slices.Sort(p.Accounts)
	for _, accounts := range slices.Compact(p.Accounts) {
		d, err := newDatabase(ctx, p.server, p.sealer, accounts)
		if err != nil {
			return err
		}
		p.sizes = append(p.sizes, d)
		if p.main == nil || distance(accounts, 1_000_000) < distance(p.main.accounts, 1_000_000) {
			p.main = d
		}
	}
	return p.open(ctx)
}

// open starts everything that is measured. What is idle costs nothing.
func (p *pgWorld) open(ctx context.Context) (err error) {
	if p.layer, err = openLayer(ctx, p.main.url); err != nil {
		return err
	}
	if p.floor, err = p.startFloor(ctx); err != nil {
		return err
	}
	for _, d := range p.sizes {
		if p.ofSize[d], err = p.serve(ctx, d, 0); err != nil {
			return err
		}
	}
	p.grouped = p.ofSize[p.main]
	p.alone, err = p.serve(ctx, p.main, 1)
	return err
}

func (p *pgWorld) close() {
	if p.layer != nil {
		p.layer.close()
	}
	all := []*endpoint{p.floor, p.alone}
	for _, e := range p.ofSize {
		all = append(all, e)
	}
	for _, e := range all {
		if e == nil {
			continue
		}
		if err := e.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}
	for _, d := range p.sizes {
		d.pool.Close()
	}
}

// direct measures a driver of this program that talks to the database itself.
func (p *pgWorld) direct(ctx context.Context, name string, callers int, one call) error {
	return p.measure(ctx, name, load{callers: callers, meter: meter{database: p.server}, one: one})
}

// remote measures a server over gRPC.
func (p *pgWorld) remote(ctx context.Context, name string, e *endpoint, callers int, makeCall func(*clients) call, renew func(context.Context) error) error {
	c, err := e.clients(callers)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	return p.measure(ctx, name, load{callers: callers, meter: meter{e.process, p.server}, one: makeCall(c), renew: renew})
}

// measure runs one turn of a case and adds it to the report.
func (p *pgWorld) measure(ctx context.Context, name string, l load) error {
	fmt.Fprintf(os.Stderr, "%s, %d callers\n", name, l.callers)
	l.duration, l.warmUp = p.Turn, p.Turn/6
	if l.renew != nil {
		if err := l.renew(ctx); err != nil {
			return err
		}
	}
	s, err := l.run(ctx)
	if err == nil && s.Calls == 0 {
		err = errors.New(s.FirstFail)
	}
	if err != nil {
		return fmt.Errorf("%s, %d callers: %w", name, l.callers, err)
	}
	p.report.add(row{Case: name, Sample: s, Floor: p.floorOf(name)})
	return nil
}

func (p *pgWorld) floorOf(name string) string {
	switch name {
	case casePG, casePGAlone, casePGStatus:
		return casePGFloor
	}
	return ""
}
