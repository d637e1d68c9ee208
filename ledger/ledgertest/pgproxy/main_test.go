package pgproxy_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
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

// start gives a proxy to a database with one empty table, and a connection that goes straight to it.
func start(t *testing.T) (*pgproxy.Proxy, *pgx.Conn) {
	t.Helper()
	postgres.Missing(t, server)
	address := server.NewDatabase(t)
	straight := dial(t, address)
	_, err := straight.Exec(t.Context(), "CREATE TABLE item (id INT PRIMARY KEY)")
	must(t, err)
	return proxyTo(t, address), straight
}

func proxyTo(t *testing.T, address string) *pgproxy.Proxy {
	t.Helper()
	p, err := pgproxy.Start(address)
	must(t, err)
	t.Cleanup(func() { must(t, p.Close()) })
	return p
}

func dial(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) }) // it may be cut
	return conn
}

func count(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	must(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM item").Scan(&n))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
