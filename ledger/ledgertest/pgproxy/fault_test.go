package pgproxy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

const insert = "INSERT INTO item VALUES (1)"

// ways are the ways to say BEGIN, INSERT, COMMIT.
var ways = map[string]func(*testing.T, *pgx.Conn) error{
	"simple":  func(t *testing.T, c *pgx.Conn) error { return say(t, c, pgx.QueryExecModeSimpleProtocol) },
	"unnamed": func(t *testing.T, c *pgx.Conn) error { return say(t, c, pgx.QueryExecModeExec) },
	"prepared": func(t *testing.T, c *pgx.Conn) error {
		for _, text := range []string{"BEGIN", insert, "COMMIT"} {
			if _, err := c.Prepare(t.Context(), "my "+text, text); err != nil {
				return err
			}
			if _, err := c.Exec(t.Context(), "my "+text); err != nil {
				return err
			}
		}
		return nil
	},
	"pipelined": pipeline,
}

func say(t *testing.T, c *pgx.Conn, mode pgx.QueryExecMode) error {
	for _, text := range []string{"BEGIN", insert, "COMMIT"} {
		if _, err := c.Exec(t.Context(), text, mode); err != nil {
			return err
		}
	}
	return nil
}

// pipeline says all in one round trip.
func pipeline(t *testing.T, c *pgx.Conn) error {
	p := c.PgConn().StartPipeline(t.Context())
	for _, text := range []string{"BEGIN", insert, "COMMIT"} {
		p.SendQueryParams(text, nil, nil, nil, nil)
	}
	if err := p.Sync(); err != nil {
		return errors.Join(err, p.Close())
	}
	for range 3 {
		result, err := p.GetResults()
		if err != nil {
			return errors.Join(err, p.Close())
		}
		if reader, ok := result.(*pgconn.ResultReader); ok {
			if _, err := reader.Close(); err != nil {
				return errors.Join(err, p.Close())
			}
		}
	}
	return p.Close()
}

func TestFaults(t *testing.T) {
	const lost = "lost"
	type fault = pgproxy.Fault
	p, straight := start(t)
	for name, test := range map[string]struct {
		at     string
		fault  fault
		want   string // SQLSTATE, or lost, or nothing
		stored bool
		cut    bool
	}{
		"nothing":               {"COMMIT", fault{}, "", true, false},
		"slow":                  {"COMMIT", fault{Delay: 30 * time.Millisecond}, "", true, false},
		"cut before COMMIT":     {"COMMIT", fault{Kind: pgproxy.CutBefore}, lost, false, true},
		"cut after COMMIT":      {"COMMIT", fault{Kind: pgproxy.CutAfter}, lost, true, true},
		"COMMIT fails":          {"COMMIT", fault{Kind: pgproxy.Fail, Code: "40001"}, "40001", false, false},
		"COMMIT fails fatally":  {"COMMIT", fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, "57P01", false, true},
		"a lie about COMMIT":    {"COMMIT", fault{Kind: pgproxy.Lie, Code: "40003"}, "40003", true, false},
		"a fatal lie":           {"COMMIT", fault{Kind: pgproxy.Lie, Code: "57P01", Fatal: true}, "57P01", true, true},
		"hang up behind COMMIT": {"COMMIT", fault{Kind: pgproxy.HangUp, Code: "57P01"}, "", true, true},
		"cut before INSERT":     {insert, fault{Kind: pgproxy.CutBefore}, lost, false, true},
		"INSERT fails":          {insert, fault{Kind: pgproxy.Fail, Code: "40P01"}, "40P01", false, false},
		"INSERT fails fatally":  {insert, fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, "57P01", false, true},
	} {
		for way, say := range ways {
			t.Run(name+"/"+way, func(t *testing.T) {
				_, err := straight.Exec(t.Context(), "TRUNCATE item")
				must(t, err)
				conn := dial(t, p.URL())
				at := test.at
				if way == "prepared" {
					at = "my " + at
				}
				p.Apply(pgproxy.Nth(at, 1, test.fault))
				err = say(t, conn)
				var told *pgconn.PgError
				switch {
				case test.fault.Kind == pgproxy.HangUp: // met at once or at the next use
				case errors.As(err, &told):
					if told.Code != test.want {
						t.Errorf("told %s, want %q", told.Code, test.want)
					}
				case (err != nil) != (test.want == lost) || (err == nil && test.want != ""):
					t.Errorf("error %v, want %q", err, test.want)
				}
				if n := p.Count(at); n != 1 {
					t.Errorf("counted %d", n)
				}
				_, err = conn.Exec(t.Context(), "ROLLBACK")
				if (err != nil) != test.cut {
					t.Errorf("the line is used again: %v", err)
				}
				if got := count(t, straight) == 1; got != test.stored {
					t.Errorf("stored: %v, want %v", got, test.stored)
				}
			})
		}
	}
}

// A server that has told of an error runs nothing until the client asks where it stands; a lie looks the same.
func TestALieInTheMiddleOfAPipeline(t *testing.T) {
	p, straight := start(t)
	conn := dial(t, p.URL())
	p.Apply(pgproxy.Nth(insert, 1, pgproxy.Fault{Kind: pgproxy.Lie, Code: "40003"}))
	var told *pgconn.PgError
	if err := pipeline(t, conn); !errors.As(err, &told) || told.Code != "40003" {
		t.Errorf("error %v, want 40003", err)
	}
	if n := count(t, straight); n != 1 {
		t.Errorf("%d rows, want the one that was committed", n)
	}
	if n := count(t, conn); n != 1 {
		t.Errorf("%d rows on the same line", n)
	}
}

func TestStatementsAreCountedByNameOrText(t *testing.T) {
	p, _ := start(t)
	one, two := dial(t, p.URL()), dial(t, p.URL())
	var seen []pgproxy.Statement
	p.Apply(func(s pgproxy.Statement) pgproxy.Fault { seen = append(seen, s); return pgproxy.Fault{} })
	_, err := one.Prepare(t.Context(), "two_and_two", "SELECT 4")
	must(t, err)
	for _, run := range []func() (pgconn.CommandTag, error){
		func() (pgconn.CommandTag, error) { return one.Exec(t.Context(), "two_and_two") },
		func() (pgconn.CommandTag, error) {
			return one.Exec(t.Context(), "SELECT 5", pgx.QueryExecModeSimpleProtocol)
		},
		func() (pgconn.CommandTag, error) { return two.Exec(t.Context(), "SELECT 5", pgx.QueryExecModeExec) },
	} {
		_, err := run()
		must(t, err)
	}
	want := []pgproxy.Statement{{"two_and_two", "SELECT 4", 1}, {"", "SELECT 5", 1}, {"", "SELECT 5", 2}}
	for i := range want {
		if i >= len(seen) || seen[i] != want[i] {
			t.Fatalf("seen %v, want %v", seen, want)
		}
	}
	if counts := p.Counts(); counts["SELECT 5"] != 2 || counts["two_and_two"] != 1 || len(counts) != 2 {
		t.Errorf("counts %v", counts)
	}
	p.Apply(nil)
	if n := p.Count("SELECT 5"); n != 0 {
		t.Errorf("%d of the old count are left", n)
	}
}
