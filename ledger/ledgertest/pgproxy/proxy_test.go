package pgproxy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

func TestWithoutARuleNothingChanges(t *testing.T) {
	p, straight := start(t)
	twice := proxyTo(t, p.URL()) // the first proxy is a server on TCP
	for name, conn := range map[string]*pgx.Conn{"straight": straight, "proxy": dial(t, p.URL()), "two proxies": dial(t, twice.URL())} {
		rows, err := conn.Query(t.Context(), "SELECT i, repeat('x', i % 1000) FROM generate_series(1, 20000) AS i")
		must(t, err)
		total := 0
		var i int
		var text string
		_, err = pgx.ForEachRow(rows, []any{&i, &text}, func() error { total += i + len(text); return nil })
		must(t, err)
		if total != 200010000+20*499500 {
			t.Errorf("%s: sum %d", name, total)
		}
		copied, err := conn.CopyFrom(t.Context(), pgx.Identifier{"item"}, []string{"id"}, pgx.CopyFromSlice(5000, func(n int) ([]any, error) { return []any{n}, nil }))
		if err != nil || copied != 5000 {
			t.Errorf("%s: copied %d, %v", name, copied, err)
		}
		var told *pgconn.PgError
		if _, err := conn.Exec(t.Context(), insert); !errors.As(err, &told) || told.Code != "23505" {
			t.Errorf("%s: error %v, want 23505", name, err)
		}
		_, err = conn.Exec(t.Context(), "TRUNCATE item; SELECT 1; SELECT 2", pgx.QueryExecModeSimpleProtocol)
		must(t, err)
		must(t, conn.Ping(t.Context()))
	}
}

func TestACancelRequestGoesThrough(t *testing.T) {
	p, _ := start(t)
	conn := dial(t, p.URL())
	seen, asked := make(chan struct{}), make(chan error, 1)
	p.Apply(func(pgproxy.Statement) pgproxy.Fault { close(seen); return pgproxy.Fault{} })
	go func() {
		_, err := conn.Exec(t.Context(), "SELECT pg_sleep(60)", pgx.QueryExecModeExec)
		asked <- err
	}()
	<-seen
	var told *pgconn.PgError
	for { // one that comes too early cancels nothing
		must(t, conn.PgConn().CancelRequest(t.Context()))
		select {
		case err := <-asked:
			if !errors.As(err, &told) || told.Code != "57014" {
				t.Errorf("error %v, want 57014", err)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// begun runs a statement that does not end by itself, and gives its end.
func begun(t *testing.T, conn *pgx.Conn, text string) <-chan error {
	t.Helper()
	end := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), text, pgx.QueryExecModeExec)
		end <- err
	}()
	return end
}

func TestHoldAndRelease(t *testing.T) {
	p, straight := start(t)
	held := make(chan struct{})
	p.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		if s.Text != insert {
			return pgproxy.Fault{}
		}
		close(held)
		return pgproxy.Fault{Kind: pgproxy.Hold}
	})
	other := dial(t, p.URL())
	end := begun(t, dial(t, p.URL()), insert)
	<-held
	if n := count(t, other); n != 0 { // other lines are not held
		t.Errorf("%d rows while the statement is held", n)
	}
	select {
	case err := <-end:
		t.Fatalf("it ended while it was held: %v", err)
	default:
	}
	p.Release()
	must(t, <-end)
	if n := count(t, straight); n != 1 {
		t.Errorf("%d rows after it was released", n)
	}
}

func TestFreezeAndThaw(t *testing.T) {
	p, straight := start(t)
	conn := dial(t, p.URL())
	p.Freeze()
	p.Freeze()
	end := begun(t, conn, insert)
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := pgx.Connect(soon, p.URL()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a new line: %v, want to wait in vain", err)
	}
	select {
	case err := <-end:
		t.Fatalf("it ended while it was frozen: %v", err)
	default:
	}
	if n := count(t, straight); n != 0 {
		t.Errorf("%d rows while the line is frozen", n)
	}
	p.Thaw()
	p.Thaw()
	must(t, <-end)
	must(t, dial(t, p.URL()).Ping(t.Context()))
}

func TestCut(t *testing.T) {
	p, straight := start(t)
	_, err := straight.Exec(t.Context(), "BEGIN; LOCK item")
	must(t, err)
	waiting := begun(t, dial(t, p.URL()), insert)
	idle := dial(t, p.URL())
	await(t, func() bool { return p.Count(insert) == 1 })
	p.Cut()
	if err := <-waiting; err == nil {
		t.Error("the line of a statement under way was not cut")
	}
	if err := idle.Ping(t.Context()); err == nil {
		t.Error("the idle line was not cut")
	}
	must(t, dial(t, p.URL()).Ping(t.Context()))
}

func TestRefuseAndAdmit(t *testing.T) {
	p, _ := start(t)
	old := dial(t, p.URL())
	p.Refuse()
	if _, err := pgx.Connect(t.Context(), p.URL()); err == nil {
		t.Error("a new line while new ones are refused")
	}
	must(t, old.Ping(t.Context()))
	p.Admit()
	must(t, dial(t, p.URL()).Ping(t.Context()))
}

// Close ends what is frozen, held, slow and under way, and leaves nothing behind: TestMain looks for it.
func TestCloseEndsEverything(t *testing.T) {
	p, _ := start(t)
	p.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		if s.N == 1 {
			return pgproxy.Fault{Kind: pgproxy.Hold}
		}
		return pgproxy.Fault{Delay: time.Hour}
	})
	ends := []<-chan error{begun(t, dial(t, p.URL()), insert), begun(t, dial(t, p.URL()), insert)}
	await(t, func() bool { return p.Count(insert) == 2 })
	p.Freeze()
	must(t, p.Close())
	for _, end := range ends {
		if err := <-end; err == nil {
			t.Error("a statement outlived its proxy")
		}
	}
	if p.Lines() != 0 {
		t.Errorf("%d lines are left", p.Lines())
	}
	if _, err := pgx.Connect(t.Context(), p.URL()); err == nil {
		t.Error("a new line to a proxy that is closed")
	}
	must(t, p.Close())
}

func TestAServerThatIsAway(t *testing.T) {
	gone := proxyTo(t, "postgres://poruka@127.0.0.1:1/poruka")
	if _, err := pgx.Connect(t.Context(), gone.URL()); err == nil {
		t.Error("connected to nobody")
	}
}

func TestURLs(t *testing.T) {
	for address, want := range map[string][]string{
		"postgres://poruka@db.example:26257/ledger?sslmode=disable&application_name=x": {"postgres://poruka@127.0.0.1:", "/ledger?", "application_name=x", "sslmode=disable"},
		"cockroach://poruka:secret@db.example/ledger":                                  {"cockroach://poruka:secret@127.0.0.1:", "/ledger?"},
		"postgres://poruka@/ledger?host=%2Ftmp%2Fsocket&port=5433":                     {"postgres://poruka@127.0.0.1:", "/ledger?"},
	} {
		got := proxyTo(t, address).URL()
		if slices.ContainsFunc(want, func(part string) bool { return !strings.Contains(got, part) }) || strings.Contains(got, "host=") {
			t.Errorf("%s became %s, want %q", address, got, want)
		}
	}
	for _, address := range []string{"postgres://poruka:secret@db:x/ledger", "postgres://secret@db/ledger?sslmode=verify-full", "postgres://secret@db:70000/ledger"} {
		if p, err := pgproxy.Start(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v; want an error that does not quote it", address, p, err)
		}
	}
}

func await(t *testing.T, what func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !what(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about within 10 s")
		}
	}
}
