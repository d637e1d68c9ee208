// Package cockroach gives tests a CockroachDB server.
//
// Promise: a database that nobody else uses, on the server that PORUKA_TEST_COCKROACH_URL names, or on a node that is started in
// memory from the `cockroach` on PATH or in COCKROACH_BINARY and stopped afterwards. Without either, tests are skipped and
// say so on standard error: a run that has not seen CockroachDB must not look like one that has.
//
// Limits: for tests only. Nothing is downloaded.
package cockroach

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cockroachdb/cockroach-go/v2/testserver"
	"github.com/jackc/pgx/v5"
)

// ErrMissing says that there is neither a server to use nor one to start.
var ErrMissing = errors.New("cockroach: PORUKA_TEST_COCKROACH_URL is not set and no cockroach is on PATH or in COCKROACH_BINARY")

// Server is a running server.
type Server struct {
	url  *url.URL // of the maintenance database, as the driver wants it
	node testserver.TestServer
}

// Open gives the server of the environment, or starts one. Stop it when done. Without either the error is ErrMissing.
func Open() (*Server, error) {
	if external := os.Getenv("PORUKA_TEST_COCKROACH_URL"); external != "" {
		_, rest, _ := strings.Cut(external, "://")
		u, err := url.Parse("postgres://" + rest)
		if err != nil {
			return nil, errors.New("cockroach: PORUKA_TEST_COCKROACH_URL is not a URL")
		}
		return &Server{url: u}, nil
	}
	binary := os.Getenv("COCKROACH_BINARY")
	if binary == "" {
		found, err := exec.LookPath("cockroach")
		if err != nil {
			return nil, ErrMissing
		}
		binary = found
	}
	node, err := testserver.NewTestServer(testserver.CockroachBinaryPathOpt(binary))
	if err != nil {
		return nil, fmt.Errorf("cockroach: start: %w", err)
	}
	if err := node.WaitForInit(); err != nil {
		node.Stop()
		return nil, fmt.Errorf("cockroach: start: %w", err)
	}
	s := &Server{url: node.PGURL(), node: node}
	s.hurry()
	return s, nil
}

// hurry makes a node of ours quick at what tests do most: databases come and go. What CockroachDB advises for tests; a version that
// does not know a setting is no slower than it was.
func (s *Server) hurry() {
	for _, setting := range []string{
		"kv.raft_log.disable_synchronization_unsafe = true", "kv.range_merge.queue_interval = '50ms'", "jobs.registry.interval.gc = '30s'",
		"jobs.registry.interval.cancel = '180s'", "jobs.retention_time = '15s'", "sql.stats.automatic_collection.enabled = false",
	} {
		_ = s.do(context.Background(), "SET CLUSTER SETTING "+setting)
	}
	// Tables that were dropped are remembered for so long, and every look at the catalogue goes through them.
	_ = s.do(context.Background(), "ALTER RANGE default CONFIGURE ZONE USING gc.ttlseconds = 60")
}

// Stop ends a server that Open started.
func (s *Server) Stop() {
	if s.node != nil {
		s.node.Stop()
	}
}

// Database makes a new database and gives its URL, with the scheme cockroach, and a function that drops it.
func (s *Server) Database(ctx context.Context) (address string, drop func(context.Context) error, err error) {
	name := "poruka_test_" + strings.ToLower(rand.Text()[:12])
	if err := s.do(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("cockroach: create a database: %w", err)
	}
	u := *s.url
	u.Scheme, u.Path = "cockroach", "/"+name
	return u.String(), func(ctx context.Context) error { return s.do(ctx, "DROP DATABASE IF EXISTS "+name+" CASCADE") }, nil
}

func (s *Server) do(ctx context.Context, command string) error {
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, command)
	return err
}

// Start gives a server for the length of a test. Without CockroachDB it skips the test and says so.
func Start(t *testing.T) *Server {
	t.Helper()
	s, err := Open()
	if errors.Is(err, ErrMissing) {
		fmt.Fprintf(os.Stderr, "!!! %s was NOT RUN on CockroachDB: %v\n", t.Name(), err)
		t.Skip("NOT RUN on CockroachDB: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// NewDatabase makes a database for the length of a test and gives its URL.
func (s *Server) NewDatabase(t *testing.T) string {
	t.Helper()
	address, drop, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return address
}
