package crdb

import (
	"context"
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// databases gives each name a database of its own, for the length of a test.
func databases(t *testing.T) ledgertest.Opener {
	urls := map[string]string{}
	return func(name string) (ledger.Engine, error) {
		if urls[name] == "" {
			urls[name] = database(t)
		}
		return Open(context.WithoutCancel(t.Context()), Config{URL: urls[name]})
	}
}

func TestConformanceOnPostgreSQL(t *testing.T) {
	postgres.Missing(t, server)
	ledgertest.Run(t, databases(t))
}

func TestConformanceOnCockroachDB(t *testing.T) {
	s := cockroach.Start(t)
	urls := map[string]string{}
	ledgertest.Run(t, func(name string) (ledger.Engine, error) {
		if urls[name] == "" {
			urls[name] = s.NewDatabase(t)
			if err := Migrate(t.Context(), urls[name]); err != nil {
				return nil, err
			}
		}
		return Open(context.WithoutCancel(t.Context()), Config{URL: urls[name]})
	})
}

// asCockroach speaks to PostgreSQL as to CockroachDB: cockroach-go runs the transaction, with savepoints, and nothing is locked
// ahead. It shows that dialogue, not what CockroachDB answers; on PostgreSQL it would lose the error of a COMMIT.
func asCockroach() *dialect {
	d := onPostgres()
	d.begin, d.savepoints, d.lock = onCockroach().begin, true, ""
	return d
}

func TestTheDialogueWithCockroachDB(t *testing.T) {
	url := database(t)
	p, err := pgproxy.Start(url)
	must(t, err)
	defer func() { must(t, p.Close()) }()
	var told []Transaction
	s, err := connect(t.Context(), Config{URL: p.URL(), Observe: func(x Transaction) { told = append(told, x) }}.withDefaults(), asCockroach())
	must(t, err)
	defer func() { must(t, s.Close()) }()
	straight := openAt(t, url, nil)
	a := fullAccount(1)
	must(t, s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error { v.PutAccount(a); return nil }))
	told = nil
	refused := errors.New("refused")
	if err := s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(*ledger.View) error { return refused }); err != refused { //nolint:errorlint // as it is
		t.Errorf("error %v, want that of decide as it is", err)
	}
	conflict := pgproxy.Fault{Kind: pgproxy.Fail, Code: "40001"}
	p.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		if s.N == 1 && (s.Name == "poruka_record_one" || s.Name == "poruka_accounts_by_snils") {
			return conflict
		}
		return pgproxy.Fault{}
	})
	_, err = confirm(t.Context(), s)
	must(t, err)
	if !isStored(t, straight) || p.Count("poruka_begin") != 1 || p.Count("poruka_rollback_to") != 2 {
		t.Errorf("statements %v, want two restarts of one transaction", p.Counts())
	}
	if len(told) != 2 || told[0].RoundTrips != 2 || told[1].Attempts != 3 {
		t.Errorf("told %+v, want two round trips to refuse and three attempts to confirm", told)
	}
	p.Apply(pgproxy.Always("poruka_accounts_by_snils", conflict))
	if _, err := confirm(t.Context(), s); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("40001 for ever: %v, want ErrConflict", err)
	}
	if n := p.Count("poruka_accounts_by_snils"); n != maxAttempts {
		t.Errorf("%d attempts, want %d", n, maxAttempts)
	}
	p.Apply(pgproxy.Nth("poruka_release", 1, pgproxy.Fault{Kind: pgproxy.CutAfter}))
	if replayed, err := confirm(t.Context(), s); err != nil || !replayed {
		t.Errorf("RELEASE of a replay lost: replayed %v, %v", replayed, err)
	}
}
