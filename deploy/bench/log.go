package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// Names of the cases of the log; that of the engine stands before each.
const (
	caseWithout = "ledger layer without the log"
	caseLinked  = "ledger layer with links and receipts"
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

// side is the ledger layer in one of the ways that are compared, in a ledger of its own.
type side struct {
	*confirmer
	name    string
	store   *watched
	machine *machine // nil: nothing comes into the log
}

func (l *logWorld) openSide(ctx context.Context, name string) (*side, error) {
	store, _, err := l.store(ctx, fmt.Sprint("side-", len(name)))
	if err != nil {
		return nil, err
	}
	s := &side{name: name, store: newWatched(store)}
	if s.confirmer, err = l.newConfirmer(ctx, store, name != caseWithout); err != nil {
		return nil, err
	}
	if name == caseWith {
		s.machine, err = l.newMachine(s.store)
	}
	return s, err
}

func (s *side) close() {
	_ = s.committer.Close(context.Background())
	_ = s.store.Close()
}

// cost lets confirmations with the log and without it take turns, every other time in the opposite order.
func (l *logWorld) cost(ctx context.Context) error {
	var sides []*side
	for _, name := range []string{caseWithout, caseLinked, caseWith} {
		s, err := l.openSide(ctx, name)
		if err != nil {
			return err
		}
		defer s.close()
		if _, err := (load{callers: logCallers, duration: l.LogTurn / 2, one: s.confirm}).run(ctx); err != nil { // not counted
			return err
		}
		sides = append(sides, s)
	}
	whole := sides[len(sides)-1]
	defer whole.machine.start(ctx)()
	if err := whole.machine.drain(ctx); err != nil {
		return err
	}
	whole.store.forget()
	for range 2 * l.Rounds {
		for _, s := range sides {
			if err := l.turn(ctx, s); err != nil {
				return err
			}
		}
		slices.Reverse(sides)
	}
	l.report.add(row{Case: l.named(caseLogged), Sample: whole.store.sample(whole.store.logged)})
	l.report.add(row{Case: l.named(caseSigned), Sample: whole.store.sample(whole.store.signed)})
	return nil
}

// turn confirms for a while. What the log is behind then is done before the turn ends, and the CPU time of that counted too.
func (l *logWorld) turn(ctx context.Context, side *side) error {
	fmt.Fprintln(os.Stderr, l.named(side.name))
	before, err := l.meter().read()
	if err != nil {
		return err
	}
	s, err := load{callers: logCallers, duration: l.LogTurn, meter: l.meter(), one: side.confirm}.run(ctx)
	if err == nil && s.Errors > 0 {
		err = errors.New(s.FirstFail)
	}
	if err == nil && side.machine != nil {
		err = side.machine.drain(ctx)
	}
	if err != nil {
		return err
	}
	after, err := l.meter().read()
	s.ServerCPU, s.DatabaseCPU = after.server-before.server, after.database-before.database
	l.report.add(row{Case: l.named(side.name), Sample: s, Floor: l.floor(side.name)})
	return err
}

func (l *logWorld) floor(name string) string {
	if name != caseWithout {
		return l.named(caseWithout)
	}
	return ""
}
