package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesAreApartAndDropped(t *testing.T) {
	s := postgres.Start(t, postgres.Config{})
	first, drop, err := s.Database(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if second := s.NewDatabase(t); second == first {
		t.Error("the same database twice")
	}
	conn := connect(t, first)
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (n int)"); err != nil {
		t.Fatal(err)
	}
	must(t, conn.Close(t.Context()))
	var tables int
	copied := connect(t, s.CopyDatabase(t, first))
	if err := copied.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&tables); err != nil {
		t.Errorf("the copy: %v", err)
	}
	if err := drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), first); err == nil {
		t.Error("the database is still there")
	}
}

func TestDataOutliveHaltAndKill(t *testing.T) {
	s := postgres.StartPrivate(t, postgres.Config{Durable: true})
	address := s.NewDatabase(t)
	if _, err := connect(t, address).Exec(t.Context(), "CREATE TABLE t AS SELECT 7 AS n"); err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func() error{"halt": s.Halt, "kill": s.Kill} {
		open := connect(t, address)
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err := open.Exec(t.Context(), "SELECT 1")
		if err == nil {
			t.Errorf("%s: a connection that was open still works", name)
		}
		if _, err := pgx.Connect(t.Context(), address); err == nil {
			t.Errorf("%s: the server still answers", name)
		}
		if err := s.Resume(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var n int
		if err := connect(t, address).QueryRow(t.Context(), "SELECT n FROM t").Scan(&n); err != nil || n != 7 {
			t.Errorf("%s: read %d, %v", name, n, err)
		}
	}
}

func TestNothingRemains(t *testing.T) {
	s, err := postgres.Private(t.Context(), postgres.Config{Settings: map[string]string{"shared_buffers": "16MB"}})
	if errors.Is(err, postgres.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var folder, buffers string
	conn := connect(t, s.URL())
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('data_directory'), current_setting('shared_buffers')").Scan(&folder, &buffers); err != nil {
		t.Fatal(err)
	}
	if buffers != "16MB" {
		t.Errorf("shared_buffers is %s", buffers)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(strings.TrimSuffix(folder, "/data")); !os.IsNotExist(err) {
		t.Errorf("the folder of the server remains: %v", err)
	}
}

func TestAFrozenServerDoesNotAnswer(t *testing.T) {
	s := postgres.StartPrivate(t, postgres.Config{})
	conn := connect(t, s.URL())
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := conn.Exec(soon, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a frozen server says %v", err)
	}
	if err := s.Thaw(); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, s.URL()).Exec(t.Context(), "SELECT 1"); err != nil {
		t.Error(err)
	}
}
