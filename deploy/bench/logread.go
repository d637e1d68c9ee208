package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// reads fills a ledger, puts all of it into the log, and then asks for proofs, reports and checks.
func (l *logWorld) reads(ctx context.Context) error {
	store, url, err := l.store(ctx, "filled")
	if err != nil {
		return err
	}
	defer store.Close()
	fmt.Fprintln(os.Stderr, l.named(fmt.Sprintf("storing %d entries", l.LogRows)))
	some, err := l.fill(ctx, store)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return l.backlog(ctx, store) },
		func() error { return l.proofs(ctx, store, some) },
		func() error { return l.verified(ctx, store) },
		func() error { return l.checked(ctx, store) },
		func() error { return l.exports(ctx, url) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// timed measures something that goes through rows once.
func (l *logWorld) timed(name string, rows func() (int64, error)) error {
	fmt.Fprintln(os.Stderr, l.named(name))
	before, err := l.meter().read()
	if err != nil {
		return err
	}
	began := time.Now()
	s := sample{Callers: 1}
	if s.Calls, err = rows(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.Elapsed = time.Since(began)
	after, err := l.meter().read()
	s.ServerCPU, s.DatabaseCPU = after.server-before.server, after.database-before.database
	l.report.add(row{Case: l.named(name), Sample: s})
	return err
}

// backlog puts everything into the log with the settings of a gateway, and has it signed.
func (l *logWorld) backlog(ctx context.Context, store ledger.Engine) error {
	m, err := l.newMachine(store)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m.advances = func(a tlog.Advance) {
		if a.Halted || a.Err == nil && a.Size >= int64(l.LogRows) {
			stop()
		}
	}
	err = l.timed(caseBacklog, func() (int64, error) { return int64(l.LogRows), m.integrator.Run(ctx) })
	if fault := m.integrator.Halted(); fault != nil {
		return fault
	}
	return errors.Join(err, m.signer.Sign(context.WithoutCancel(ctx)))
}

// proofs reads entries and proves that they are in the log, as GetConfirmation does.
func (l *logWorld) proofs(ctx context.Context, store ledger.Engine, some []ledger.Entry) error {
	fmt.Fprintln(os.Stderr, l.named(caseProof))
	prover, err := newProver(store, l.origin, l.ring)
	if err != nil {
		return err
	}
	s, err := load{callers: 1, duration: 2 * l.LogTurn, meter: l.meter(), one: func(ctx context.Context, _ int, n int64) error {
		e, err := store.Entry(ctx, some[int(n*7919)%len(some)].ID)
		if err != nil {
			return err
		}
		_, err = prover.Inclusion(ctx, e)
		return err
	}}.run(ctx)
	if err == nil && s.Errors > 0 {
		err = errors.New(s.FirstFail)
	}
	l.report.add(row{Case: l.named(caseProof), Sample: s})
	return err
}

// verified makes a report of everything and checks it.
func (l *logWorld) verified(ctx context.Context, store ledger.Engine) error {
	service, err := newAudit(store, l.origin, l.ring)
	if err != nil {
		return err
	}
	keys, err := l.trusted()
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(l.dir, "report.csv"))
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := service.Export(ctx, audit.Report{Format: audit.CSV}, file); err != nil {
		return err
	}
	for range 2 {
		if _, err := file.Seek(0, 0); err != nil {
			return err
		}
		if err := l.timed(caseVerify, func() (int64, error) {
			found, err := verify.Report(file, keys, func(int64, int64) {})
			if err == nil && found.Rows != int64(l.LogRows) {
				err = fmt.Errorf("%d rows", found.Rows)
			}
			return found.Rows, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// checked checks the whole ledger.
func (l *logWorld) checked(ctx context.Context, store ledger.Engine) error {
	keys, err := l.trusted()
	if err != nil {
		return err
	}
	return l.timed(caseFsck, func() (int64, error) {
		var first error
		sum, err := fsck.Run(ctx, fsck.Config{Ledger: store, Ring: l.ring, Keys: keys, Progress: func(string, int64, int64) {}, Report: func(f fsck.Finding) {
			if first == nil {
				first = fmt.Errorf("%s: %s", f.Kind, f.What)
			}
		}})
		if err == nil && first == nil && sum.Entries != int64(l.LogRows) {
			err = fmt.Errorf("%d entries", sum.Entries)
		}
		return sum.Entries, errors.Join(err, first)
	})
}
