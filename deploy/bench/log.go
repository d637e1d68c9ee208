package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// Names of the cases of the log; that of the engine stands before each.
const (
	caseWithout = "ledger layer without the log"
	caseWith    = "ledger layer with links, receipts, integrator, signer"
	caseLogged  = "from the decision into the log"
	caseSigned  = "from the decision under a signed checkpoint"
	caseBacklog = "entries into the log, from a backlog"
	caseProof   = "proof of inclusion"
	caseExport  = "CSV report, rows"
	caseCopyOut = "COPY of the same entries as CSV"
	caseVerify  = "audit verify, rows"
	caseFsck    = "ledger fsck, entries"
	logCallers  = 128
	logAccounts = 10_000 // of the ledgers in which confirmations are measured
)

// measureLog measures what the log costs and how fast it is, on the embedded ledger and on PostgreSQL.
func measureLog(ctx context.Context, w *world, r *report) error {
	if err := measureLogOn(ctx, w, r, "SQLite", nil); err != nil {
		return err
	}
	server, err := postgres.Private(ctx, postgres.Config{Durable: true, Settings: serverSettings})
	if errors.Is(err, postgres.ErrMissing) {
		fmt.Fprintln(os.Stderr, "the log is not measured on PostgreSQL:", err)
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(measureLogOn(ctx, w, r, "PostgreSQL", server), server.Stop())
}

func measureLogOn(ctx context.Context, w *world, r *report, engine string, server *postgres.Server) error {
	dir, err := os.MkdirTemp(w.dir, "log-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l := &logWorld{world: w, report: r, server: server, dir: dir, engine: engine}
	if l.sealer, l.ring, l.origin, err = w.invent(ctx); err != nil {
		return err
	}
	if err := l.cost(ctx); err != nil {
		return fmt.Errorf("%s: %w", l.named("cost of the log"), err)
	}
	if err := l.reads(ctx); err != nil {
		return fmt.Errorf("%s: %w", l.named("reading the log"), err)
	}
	l.judge()
	return nil
}

// cost lets confirmations with the log and without it take turns, each in a ledger of its own.
func (l *logWorld) cost(ctx context.Context) error {
	bare, _, err := l.store(ctx, "without")
	if err != nil {
		return err
	}
	defer bare.Close()
	logged, _, err := l.store(ctx, "with")
	if err != nil {
		return err
	}
	defer logged.Close()
	without, err := l.newConfirmer(ctx, bare, false)
	if err != nil {
		return err
	}
	defer func() { _ = without.committer.Close(context.WithoutCancel(ctx)) }()
	with, err := l.newConfirmer(ctx, logged, true)
	if err != nil {
		return err
	}
	defer func() { _ = with.committer.Close(context.WithoutCancel(ctx)) }()
	watch := newWatched(logged)
	m, err := l.newMachine(watch)
	if err != nil {
		return err
	}
	defer m.start(ctx)()
	for _, c := range []*confirmer{without, with} { // not counted
		if _, err := (load{callers: logCallers, duration: l.LogTurn / 4, one: c.confirm}).run(ctx); err != nil {
			return err
		}
	}
	if err := m.drain(ctx); err != nil {
		return err
	}
	for range max(2, l.Rounds) {
		if err := l.turn(ctx, caseWithout, without, nil); err != nil {
			return err
		}
		if err := l.turn(ctx, caseWith, with, m); err != nil {
			return err
		}
	}
	l.report.add(row{Case: l.named(caseLogged), Sample: watch.sample(watch.logged)})
	l.report.add(row{Case: l.named(caseSigned), Sample: watch.sample(watch.signed)})
	return nil
}

// turn confirms for a while. What the log is behind then is done before the turn ends, and the CPU time of that counted too.
func (l *logWorld) turn(ctx context.Context, name string, c *confirmer, m *machine) error {
	fmt.Fprintln(os.Stderr, l.named(name))
	before, err := l.meter().read()
	if err != nil {
		return err
	}
	s, err := load{callers: logCallers, duration: l.LogTurn, meter: l.meter(), one: c.confirm}.run(ctx)
	if err == nil && s.Errors > 0 {
		err = errors.New(s.FirstFail)
	}
	if err == nil && m != nil {
		err = m.drain(ctx)
	}
	if err != nil {
		return err
	}
	after, err := l.meter().read()
	s.ServerCPU, s.DatabaseCPU = after.server-before.server, after.database-before.database
	l.report.add(row{Case: l.named(name), Sample: s, Floor: l.floor(name)})
	return err
}

func (l *logWorld) floor(name string) string {
	if name == caseWith {
		return l.named(caseWithout)
	}
	return ""
}
