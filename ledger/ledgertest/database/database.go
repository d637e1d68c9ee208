// Package database lets tests look into the tables of a database server, and change them, behind the back of the ledger.
//
// Promise: it works on the URLs that ledger/crdb takes, of PostgreSQL and of CockroachDB; what fails, fails the test.
//
// Powers: Execute changes anything; Hold keeps others waiting; Dump reads everything.
//
// Limits: for tests only. What it reads is gathered in memory.
package database

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

func dial(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	_, address, _ := strings.Cut(url, "://")
	conn, err := pgx.Connect(tb.Context(), "postgres://"+address)
	if err != nil {
		tb.Fatal(err)
	}
	return conn
}

// Execute runs statements one after the other.
func Execute(tb testing.TB, url string, statements ...string) {
	tb.Helper()
	conn := dial(tb, url)
	defer conn.Close(context.WithoutCancel(tb.Context()))
	for _, statement := range statements {
		if _, err := conn.Exec(tb.Context(), statement); err != nil {
			tb.Fatalf("%s: %v", statement, err)
		}
	}
}

// Hold runs a statement in a transaction that stays open, with its locks, until release is called or the test ends.
func Hold(tb testing.TB, url, statement string) (release func()) {
	tb.Helper()
	conn := dial(tb, url)
	release = sync.OnceFunc(func() { _ = conn.Close(context.WithoutCancel(tb.Context())) })
	tb.Cleanup(release)
	for _, one := range []string{"BEGIN", statement} {
		if _, err := conn.Exec(tb.Context(), one); err != nil {
			tb.Fatalf("%s: %v", one, err)
		}
	}
	return release
}

const tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"

// Dump gives every value of every table as text, by the name of the table: a row a line, bytes in hexadecimal.
func Dump(tb testing.TB, url string) map[string][]byte {
	tb.Helper()
	conn := dial(tb, url)
	defer conn.Close(context.WithoutCancel(tb.Context()))
	dump := map[string][]byte{}
	for line := range bytes.Lines(rows(tb, conn, tables)) {
		name := strings.TrimSpace(string(line))
		dump[name] = rows(tb, conn, "SELECT * FROM "+pgx.Identifier{name}.Sanitize())
	}
	return dump
}

func rows(tb testing.TB, conn *pgx.Conn, query string) []byte {
	tb.Helper()
	found, err := conn.Query(tb.Context(), query, pgx.QueryExecModeSimpleProtocol) // answers in text
	if err != nil {
		tb.Fatal(err)
	}
	defer found.Close()
	var text []byte
	for found.Next() {
		text = append(append(text, bytes.Join(found.RawValues(), []byte("\t"))...), '\n')
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return text
}
