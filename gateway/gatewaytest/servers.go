package gatewaytest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// Servers are the database servers that the tests of one process share. Each is started when a test first asks for it; Stop ends
// them. The zero Servers is ready for use.
type Servers struct {
	mu        sync.Mutex
	postgres  *postgres.Server
	pattern   string // a database of it with a schema, of which tests get copies
	cockroach *cockroach.Server
	without   bool // CockroachDB, and it was said
}

// OnEach runs a test on the embedded ledger, for which database is empty, and then as OnServers does.
func (s *Servers) OnEach(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, "") })
	s.OnServers(t, test)
}

// OnServers runs a test on a database of its own on PostgreSQL and on CockroachDB: give it to Config.Database. A server that is
// not there is said to be missing; on CI PostgreSQL must be there.
func (s *Servers) OnServers(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("PostgreSQL", func(t *testing.T) { test(t, s.PostgreSQL(t)) })
	t.Run("CockroachDB", func(t *testing.T) { test(t, s.CockroachDB(t)) })
}

// PostgreSQL gives the URL of a database with a schema and nothing in it, for the length of the test.
func (s *Servers) PostgreSQL(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	err := s.startPostgres()
	s.mu.Unlock()
	if errors.Is(err, postgres.ErrMissing) {
		postgres.Missing(t, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.postgres.CopyDatabase(t, s.pattern)
}

func (s *Servers) startPostgres() (err error) {
	if s.pattern != "" {
		return nil
	}
	ctx := context.Background() // it outlives the test
	if s.postgres == nil {
		if s.postgres, err = postgres.Open(ctx, postgres.Config{}); err != nil {
			return err
		}
	}
	pattern, _, err := s.postgres.Database(ctx, "")
	if err != nil {
		return err
	}
	if err := crdb.Migrate(ctx, pattern); err != nil {
		return err
	}
	s.pattern = pattern
	return nil
}

// PostgreSQLLog is what the server that the tests share has written to its log; ok is false when it keeps none for us.
func (s *Servers) PostgreSQLLog() (text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.postgres == nil || !s.postgres.IsPrivate() {
		return "", false
	}
	return s.postgres.Log(), true
}

// CockroachDB gives the URL of an empty database for the length of the test, or skips it. That CockroachDB is missing is
// said once, and loudly.
func (s *Servers) CockroachDB(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	err := s.startCockroach(t)
	s.mu.Unlock()
	if errors.Is(err, cockroach.ErrMissing) {
		t.Skip("NOT RUN on CockroachDB: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.cockroach.NewDatabase(t)
}

func (s *Servers) startCockroach(t *testing.T) (err error) {
	if s.cockroach != nil {
		return nil
	}
	if s.without {
		return cockroach.ErrMissing
	}
	server, err := cockroach.Open()
	if errors.Is(err, cockroach.ErrMissing) {
		s.without = true
		fmt.Fprintf(os.Stderr, "!!! %s and the other whole-server tests were NOT RUN on CockroachDB: %v\n", t.Name(), err)
	}
	if err == nil {
		s.cockroach = server
	}
	return err
}

// Stop ends the servers that were started.
func (s *Servers) Stop() error {
	if s.cockroach != nil {
		s.cockroach.Stop()
	}
	if s.postgres == nil {
		return nil
	}
	return s.postgres.Stop()
}

// Main runs the tests and then ends the servers: give the result to goleak.VerifyTestMain.
func (s *Servers) Main(m *testing.M) Main { return Main{m, s} }

// Main is what goleak.VerifyTestMain wants.
type Main struct {
	tests   *testing.M
	servers *Servers
}

// Run runs the tests and gives the exit code.
func (m Main) Run() int {
	code := m.tests.Run()
	if err := m.servers.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}
