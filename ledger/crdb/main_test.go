package crdb

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// server is shared by the tests of this package; nil when there is no PostgreSQL.
var server *postgres.Server

func TestMain(m *testing.M) {
	code := postgres.Main(m, postgres.Config{}, func(s *postgres.Server) { server = s })
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// pattern is a database with a schema, of which tests get copies.
var pattern = sync.OnceValues(func() (string, error) {
	url, _, err := server.Database(context.Background(), "")
	if err != nil {
		return "", err
	}
	return url, Migrate(context.Background(), url)
})

// database makes a database with a schema.
func database(t testing.TB) string {
	t.Helper()
	postgres.Missing(t, server)
	url, err := pattern()
	if err != nil {
		t.Fatal(err)
	}
	return server.CopyDatabase(t, url)
}

// open opens a store on a database of its own.
func open(t testing.TB, change func(*Config)) *Store {
	t.Helper()
	return openAt(t, database(t), change)
}

func openAt(t testing.TB, url string, change func(*Config)) *Store {
	t.Helper()
	cfg := Config{URL: url, Clock: time.Now}
	if change != nil {
		change(&cfg)
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
