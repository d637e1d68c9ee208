package crdb

import (
	"context"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
	"github.com/poruka/poruka/ledger/ledgertest/faults"
)

// said gives the statements of a dialect by what they are for.
func said(d *dialect) faults.Statements {
	s := newStatements(d)
	out := faults.Statements{
		Begin: []string{s.begin.name}, FindAccount: s.accountsBySNILS.name, FindEntry: s.entriesByID.name, Find: []string{s.attemptsByKey.name},
		Raise: s.raiseOne.name, Record: s.recordOne.name, Count: s.count.name, Decide: s.commit.name, Back: s.rollback.name,
	}
	if s.lock != nil {
		out.Begin = append(out.Begin, s.lock.name)
	}
	if s.savepoint != nil {
		out.Begin = append(out.Begin, s.savepoint.name)
		out.Decide, out.Behind, out.Back = s.release.name, s.commit.name, s.rollbackTo.name
	}
	return out
}

// disturbed opens stores for the suite. Without a dialect it is that of the URL.
func disturbed(d *dialect) func(string, faults.Limits) (ledger.Engine, error) {
	return func(url string, l faults.Limits) (ledger.Engine, error) {
		cfg := Config{URL: url, RequestConns: l.Conns, AcquireTimeout: l.AcquireTimeout}
		if l.Observe != nil {
			cfg.Observe = func(x Transaction) { l.Observe(faults.Told{Attempts: x.Attempts, Settled: x.Settled}) }
		}
		if d == nil {
			return Open(context.Background(), cfg)
		}
		return connect(context.Background(), cfg.withDefaults(), d)
	}
}

func onPostgreSQL(t *testing.T) faults.Config {
	t.Helper()
	return faults.Config{
		Database: func(t *testing.T) string { t.Helper(); return database(t) }, Open: disturbed(nil), Statements: said(onPostgres()), MaxAttempts: maxAttempts,
	}
}

func onCockroachDB(t *testing.T) faults.Config {
	t.Helper()
	s := cockroach.Start(t)
	return faults.Config{
		Database: func(t *testing.T) string {
			t.Helper()
			url := s.NewDatabase(t)
			must(t, Migrate(t.Context(), url))
			return url
		},
		Open: disturbed(nil), Statements: said(onCockroach()), MaxAttempts: maxAttempts,
	}
}

func TestFaultsOnPostgreSQL(t *testing.T) { faults.Run(t, onPostgreSQL(t)) }

func TestFaultsOnCockroachDB(t *testing.T) { faults.Run(t, onCockroachDB(t)) }

// PostgreSQL is spoken to as if it were CockroachDB: what the faults show is true of the dialogue, not of that server. What becomes
// of COMMIT behind RELEASE only CockroachDB can show: on PostgreSQL it is COMMIT that decides.
func TestFaultsInTheDialogueWithCockroachDB(t *testing.T) {
	c := onPostgreSQL(t)
	c.Open, c.Statements = disturbed(asCockroach()), said(asCockroach())
	c.Statements.Behind = ""
	faults.Run(t, c)
}

// seed chooses the faults of the runs below; another one is as good.
const seed = 1

func TestConformanceThroughAProxy(t *testing.T) { faults.Conformance(t, onPostgreSQL(t), seed) }

func TestConformanceThroughAProxyOnCockroachDB(t *testing.T) {
	faults.Conformance(t, onCockroachDB(t), seed)
}
