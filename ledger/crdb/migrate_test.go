package crdb

import (
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

func execute(t *testing.T, url, text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	_, err = conn.Exec(t.Context(), text)
	must(t, errors.Join(err, conn.Close(t.Context())))
}

func TestMigrationsOfManyGatewaysAtOnce(t *testing.T) {
	postgres.Missing(t, server)
	url := server.NewDatabase(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, Migrate(t.Context(), url))
	steps, err := MigrationStatus(t.Context(), url)
	must(t, err)
	if len(steps) != wantSchema || steps[0].AppliedAt.IsZero() {
		t.Errorf("steps %+v", steps)
	}
	must(t, openAt(t, url, nil).Ping(t.Context()))
}

func TestAWrongSchemaIsRefused(t *testing.T) {
	postgres.Missing(t, server)
	for name, test := range map[string]struct {
		prepare string
		pings   bool
	}{
		"none":                             {"DROP TABLE compatibility", false},
		"older":                            {"DELETE FROM goose_db_version WHERE version_id > 0", false},
		"newer, and we may work with it":   {"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)", true},
		"newer, and we may not":            {"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true); UPDATE compatibility SET oldest = 99", false},
		"as it should be":                  {"SELECT 1", true},
		"restored where counting is lower": {"INSERT INTO entry SELECT gen_random_uuid(), 1, 'a', '', NULL, 1, '', '', 0, 0, 0, '', '', '', 0, NULL, now(), false, NULL, 1, 1000000000, 0", false},
	} {
		url := database(t)
		execute(t, url, test.prepare)
		s := openAt(t, url, nil)
		if err := s.Ping(t.Context()); (err == nil) != test.pings || (err != nil && !errors.Is(err, ledger.ErrUnavailable)) {
			t.Errorf("%s: ping says %v", name, err)
		}
		if _, err := s.Status(t.Context()); err != nil {
			t.Errorf("%s: status says %v", name, err)
		}
	}
}

func TestMigrationsCheckWhatTheyRelyOn(t *testing.T) {
	postgres.Missing(t, server)
	url := server.NewDatabase(t)
	execute(t, url, "CREATE TABLE account (n int)")
	if err := Migrate(t.Context(), url); err == nil {
		t.Fatal("a database with a table of that name was migrated")
	}
	execute(t, url, "DROP TABLE account")
	must(t, Migrate(t.Context(), url))
	execute(t, url, "DROP INDEX entry_account")
	m, err := newMigrator(url)
	must(t, err)
	defer m.db.Close()
	if err := m.check(t.Context(), 1, "after"); err == nil {
		t.Error("a missing index was not seen")
	}
}

// A dump that is restored on a server that has counted less keeps its order, and new entries come behind.
func TestARestoredLedgerGoesOnBehindItsEnd(t *testing.T) {
	url := database(t)
	s := openAt(t, url, nil)
	old, fresh := fullEntry(1), fullEntry(2)
	must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(old); return nil }))
	execute(t, url, "ALTER TABLE entry DISABLE TRIGGER entry_is_final; UPDATE entry SET place = 5000000000; ALTER TABLE entry ENABLE TRIGGER entry_is_final")
	if err := s.Ping(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("ping says %v", err)
	}
	must(t, Migrate(t.Context(), url))
	must(t, s.Ping(t.Context()))
	must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(fresh); return nil }))
	list, _, err := s.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 5})
	must(t, err)
	if len(list) != 2 || list[0].ID != old.ID || list[1].ID != fresh.ID {
		t.Errorf("%d entries: %v", len(list), list)
	}
}

func TestPlacesAreOrderedAsNumbers(t *testing.T) {
	url := database(t)
	s := openAt(t, url, nil)
	var want []ledger.Entry
	for n := byte(1); n <= 3; n++ {
		want = append(want, fullEntry(n))
		want[n-1].Account = ledger.AccountID{1}
		must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(want[n-1]); return nil }))
	}
	execute(t, url, "ALTER TABLE entry DISABLE TRIGGER entry_is_final; UPDATE entry SET place = 9 WHERE id = '01070000-0000-0000-0000-000000000000'; "+
		"UPDATE entry SET place = 80 WHERE id = '02070000-0000-0000-0000-000000000000'")
	list, _, err := s.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 5})
	must(t, err)
	ofAccount, _, err := s.EntriesOfAccount(t.Context(), ledger.AccountID{1}, ledger.Page{Limit: 5})
	must(t, err)
	head, err := s.head(t.Context())
	must(t, err)
	if len(list) != 3 || list[0].ID != want[0].ID || list[2].ID != want[2].ID || ofAccount[0].ID != want[2].ID || len(head.transaction) < 3 {
		t.Errorf("listed %v, of the account %v, head %v", list, ofAccount, head)
	}
}

func TestEntriesCannotBeChangedInTheDatabase(t *testing.T) {
	url := database(t)
	s := openAt(t, url, nil)
	must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(fullEntry(1)); return nil }))
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	for _, text := range []string{"UPDATE entry SET outcome = 4", "DELETE FROM entry", "TRUNCATE entry"} {
		if _, err := conn.Exec(t.Context(), text); err == nil {
			t.Errorf("%s was done", text)
		}
	}
}
