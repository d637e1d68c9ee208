package main

import (
	"context"
	"fmt"
	"math"
	"os"
)

// scanNaive finds the number of connections with which naive is fastest.
func (p *pgWorld) scanNaive(ctx context.Context) error {
	for _, callers := range []int{8, 16, 32, 64} {
		if err := p.direct(ctx, caseNaive, callers, p.main.naive); err != nil {
			return err
		}
		if p.report.must(caseNaive, callers).perSecond() > p.report.must(caseNaive, p.best).perSecond() {
			p.best = callers
		}
	}
	return nil
}

// rounds lets baselines and ours take turns.
func (p *pgWorld) rounds(ctx context.Context) error {
	whole := p.main.pause(math.MaxInt64)
	confirm := p.main.claims.confirm
	for range p.Rounds {
		for _, turn := range []func() error{
			func() error { return p.direct(ctx, caseNaive, naiveCallers, p.main.naive) },
			func() error { return p.direct(ctx, caseLedger, 64, p.layer.raise(p.main)) },
			func() error { return p.remote(ctx, casePG, p.grouped, 16, confirm, whole) },
			func() error { return p.remote(ctx, casePGFloor, p.floor, 64, p.floorCall, nil) },
			func() error { return p.remote(ctx, casePG, p.grouped, 64, confirm, whole) },
			func() error { return p.direct(ctx, caseNaive, p.best, p.main.naive) },
			func() error { return p.remote(ctx, casePG, p.grouped, 256, confirm, whole) },
			func() error { return p.direct(ctx, caseLedger, 256, p.layer.raise(p.main)) },
			func() error { return p.remote(ctx, casePGAlone, p.alone, 64, confirm, whole) },
			func() error { return p.bursts(ctx) },
		} {
			if err := turn(); err != nil {
				return err
			}
		}
	}
	for _, callers := range []int{16, 256} {
		if err := p.remote(ctx, casePGFloor, p.floor, callers, p.floorCall, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *pgWorld) floorCall(c *clients) call {
	claims := newClaims(p.main.claims.bodies)
	claims.left.Store(math.MaxInt64)
	return claims.confirm(c)
}

// bursts compares ledgers of different sizes. In the smallest all accounts are raised within a second; so all get as many at a time.
func (p *pgWorld) bursts(ctx context.Context) error {
	if len(p.sizes) < 2 {
		return nil
	}
	for _, d := range p.sizes {
		pause := d.pause(int64(len(p.sizes[0].claims.bodies)))
		if err := p.remote(ctx, fmt.Sprintf(caseOfSize, d.accounts), p.ofSize[d], burstCallers, d.claims.confirm, pause); err != nil {
			return err
		}
	}
	return nil
}

// lone measures one caller beside the two parts of its floor.
func (p *pgWorld) lone(ctx context.Context) error {
	conn, err := p.main.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	whole := p.main.pause(math.MaxInt64)
	for range p.Rounds {
		if err := p.direct(ctx, caseTwoTrips, 1, p.main.twoTrips(conn)); err != nil {
			return err
		}
		if err := p.remote(ctx, casePGFloor, p.floor, 1, p.floorCall, nil); err != nil {
			return err
		}
		if err := p.remote(ctx, casePG, p.grouped, 1, p.main.claims.confirm, whole); err != nil {
			return err
		}
		if err := p.remote(ctx, casePGAlone, p.alone, 1, p.main.claims.confirm, whole); err != nil {
			return err
		}
	}
	return nil
}

// status compares status reads with reads of the same table by key.
func (p *pgWorld) status(ctx context.Context) error {
	ids, err := p.main.entries(ctx, 20_000)
	if err != nil {
		return err
	}
	if err := p.main.tidy(ctx); err != nil {
		return err
	}
	sent := p.main.claims.confirmed()
	for range p.Rounds {
		if err := p.direct(ctx, caseReads, statusCallers, p.main.reads(ids)); err != nil {
			return err
		}
		if err := p.remote(ctx, casePGStatus, p.grouped, statusCallers, p.main.claims.find(sent), nil); err != nil {
			return err
		}
	}
	return nil
}

// paced looks at latency below saturation.
func (p *pgWorld) paced(ctx context.Context) error {
	if err := p.main.pause(math.MaxInt64)(ctx); err != nil {
		return err
	}
	rate := 0.6 * p.report.best(casePG)
	fmt.Fprintf(os.Stderr, "%s: %.0f per s\n", casePGPaced, rate)
	const callers = 256
	c, err := p.grouped.clients(callers)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	one := p.main.claims.confirm(c)
	if _, err := paced(ctx, callers, rate, p.Turn/3, one); err != nil {
		return err
	}
	s, err := paced(ctx, callers, rate, 3*p.Turn, one)
	p.report.add(row{Case: casePGPaced, Sample: s})
	return err
}

// ceiling measures rows, not calls.
func (p *pgWorld) ceiling(ctx context.Context) error {
	for _, callers := range []int{1, 2} {
		if err := p.direct(ctx, caseInserts, callers, p.main.inserts); err != nil {
			return err
		}
		p.report.scale(caseInserts, callers, insertSize)
	}
	return nil
}
