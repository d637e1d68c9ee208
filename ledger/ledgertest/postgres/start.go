package postgres

import (
	"context"
	"errors"
	"os"
	"testing"
)

// Start gives a server for the length of a test or benchmark. Without PostgreSQL it skips tb, or fails it when CI is `true`.
func Start(tb testing.TB, config Config) *Server {
	tb.Helper()
	s, err := Open(tb.Context(), config)
	require(tb, err)
	tb.Cleanup(func() { stop(tb, s) })
	return s
}

// StartPrivate is Start for a test that stops its server: it never uses another's.
func StartPrivate(tb testing.TB, config Config) *Server {
	tb.Helper()
	s, err := Private(tb.Context(), config)
	require(tb, err)
	tb.Cleanup(func() { stop(tb, s) })
	return s
}

func require(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CI") != "true":
		tb.Skip("NOT RUN on PostgreSQL: ", err)
	case err != nil:
		tb.Fatal(err)
	}
}

func stop(tb testing.TB, s *Server) {
	tb.Helper()
	if err := s.Stop(); err != nil {
		tb.Errorf("stop PostgreSQL: %v", err)
	}
}

// NewDatabase makes an empty database for the length of a test and gives its URL.
func (s *Server) NewDatabase(tb testing.TB) string {
	tb.Helper()
	return s.CopyDatabase(tb, "")
}

// CopyDatabase is NewDatabase with the content of another, which nobody may be using.
func (s *Server) CopyDatabase(tb testing.TB, like string) string {
	tb.Helper()
	address, drop, err := s.Database(tb.Context(), like)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := drop(context.WithoutCancel(tb.Context())); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
	})
	return address
}

// Main runs the tests of a package that share one server: call it from TestMain and pass its result to os.Exit. ready gets
// the server; it is not called when there is none, and then the tests must skip by Missing.
func Main(m *testing.M, config Config, ready func(*Server)) int {
	s, err := Open(context.Background(), config)
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CI") != "true":
		return m.Run()
	case err != nil:
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	ready(s)
	code := m.Run()
	if err := s.Stop(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

// Missing skips tb, saying so, when Main found no server.
func Missing(tb testing.TB, s *Server) {
	tb.Helper()
	if s == nil {
		require(tb, ErrMissing)
	}
}
