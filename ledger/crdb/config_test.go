package crdb

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

func TestConfigIsChecked(t *testing.T) {
	good := Config{URL: "postgres://u@h/d"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no URL": func(c *Config) { c.URL = "" }, "another scheme": func(c *Config) { c.URL = "mysql://u:hunter2@h/d" },
		"no connections": func(c *Config) { c.RequestConns = -1 }, "too many": func(c *Config) { c.ReportConns = 5000 },
		"no time": func(c *Config) { c.StatementTimeout = -time.Second },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasswordsAreNotTold(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2@/d?host=/nowhere&connect_timeout=1", "postgres://u:hunter2@h:x/d", "cockroach://u:hunter2@h/d?sslmode=wrong", "hunter2"} {
		var logged strings.Builder
		_, err := Open(t.Context(), Config{URL: url, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		migrated := Migrate(t.Context(), url)
		if err == nil || migrated == nil || strings.Contains(err.Error()+migrated.Error()+logged.String(), "hunter2") {
			t.Errorf("open: %v; migrate: %v", err, migrated)
		}
	}
}

func TestTheServerMustBeWhatTheSchemeSays(t *testing.T) {
	postgres.Missing(t, server)
	_, err := Open(t.Context(), Config{URL: strings.Replace(server.NewDatabase(t), "postgres://", "cockroach://", 1)})
	if err == nil || !strings.Contains(err.Error(), "scheme") {
		t.Errorf("error %v", err)
	}
	d := onCockroach()
	if !d.isServer("CockroachDB CCL v22.1.22 (x86_64-pc-linux-gnu)") || d.isServer("PostgreSQL 15.18") {
		t.Error("CockroachDB is not recognised")
	}
}

func TestASmallLockTableIsToldOf(t *testing.T) {
	postgres.Missing(t, server)
	for settings, want := range map[string]bool{"10": true, "64": false} {
		small := postgres.StartPrivate(t, postgres.Config{Settings: map[string]string{"max_locks_per_transaction": settings, "max_connections": "100"}})
		var logged strings.Builder
		s, err := Open(t.Context(), Config{URL: small.NewDatabase(t), Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		must(t, err)
		must(t, s.Close())
		if got := strings.Contains(logged.String(), "max_locks_per_transaction"); got != want {
			t.Errorf("with %s: warned %t, want %t", settings, got, want)
		}
	}
}

func TestExpiredCountersAreSwept(t *testing.T) {
	now := moment
	s := open(t, func(c *Config) { c.Clock = func() time.Time { return now } })
	keys := []ledger.AttemptKey{{Subject: ledger.Index{1}}, {Subject: ledger.Index{2}, Partner: "a"}, {Subject: ledger.Index{3}}, {Subject: ledger.Index{4}}, {Subject: ledger.Index{5}}}
	must(t, s.Transact(t.Context(), ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
		v.SetAttempts(keys[2], ledger.Attempts{Vouches: []ledger.Vouch{{Partner: "a", At: now.Add(-300 * 24 * time.Hour)}}})
		v.SetAttempts(keys[0], ledger.Attempts{Failures: []time.Time{now.Add(-30 * time.Hour)}})
		v.SetAttempts(keys[1], ledger.Attempts{Closes: []time.Time{now.Add(-20 * time.Hour)}})
		v.SetAttempts(keys[3], ledger.Attempts{Orders: []time.Time{now.Add(-3 * time.Hour)}})
		v.SetAttempts(keys[4], ledger.Attempts{Open: ledger.OpenOrder{ID: ledger.OrderID{1}, Until: now.Add(time.Minute)}})
		return nil
	}))
	removed, err := s.sweep(t.Context())
	if err != nil || removed != 2 {
		t.Errorf("removed %d, %v; want the two that are out of memory", removed, err)
	}
	must(t, s.Transact(t.Context(), ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
		if len(v.Attempts(keys[0]).Failures) != 0 || len(v.Attempts(keys[1]).Closes) != 1 || len(v.Attempts(keys[2]).Vouches) != 1 ||
			len(v.Attempts(keys[3]).Orders) != 0 || v.Attempts(keys[4]).Open.ID.IsZero() {
			t.Error("the wrong one is gone")
		}
		return nil
	}))
}

func TestOverThousandsOfKeysATransactionRunsAlone(t *testing.T) {
	var keys ledger.Keys
	for n := range mostLocks + 1 {
		keys.Entries = append(keys.Entries, ledger.EntryID{byte(n >> 8), byte(n)})
	}
	if got := len(lockKeys(keys)); got != arrayHead+12 {
		t.Errorf("%d bytes of locks, want one lock", got)
	}
	s := open(t, nil)
	must(t, s.Transact(t.Context(), keys, func(*ledger.View) error { return nil }))
}

func TestPoolsTellTheirUse(t *testing.T) {
	s := open(t, func(c *Config) { c.RequestConns, c.ReportConns = 3, 2 })
	most := map[string]int{}
	for _, p := range s.Pools() {
		most[p.Purpose] = p.Max
	}
	if most[requests] != 3 || most[reports] != 2 {
		t.Errorf("pools %v", most)
	}
}

func FuzzCursor(f *testing.F) {
	for _, c := range []cursor{{}, {place: place{"7", 3}}, {place{"1700000000000000000.0000000001", 0}, place{"18", lastOrdinal}}} {
		f.Add(string(c.public()))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(ledger.Cursor(text))
		if err != nil {
			if !errors.Is(err, ledger.ErrCursor) {
				t.Errorf("error %v", err)
			}
			return
		}
		if string(c.public()) != text {
			t.Errorf("%q is read as %+v, which is written %q", text, c, c.public())
		}
	})
}

func FuzzRow(f *testing.F) {
	f.Add([]byte{0, 16, 1, 2, 3})
	f.Fuzz(func(_ *testing.T, data []byte) {
		var columns [][]byte
		for len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			columns, data = append(columns, data[1:1+n]), data[1+n:]
		}
		account, entry := row{columns: columns}, row{columns: columns}
		account.account()
		entry.entry()
	})
}

func TestReportsOfThePastReadThePast(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for ago, want := range map[time.Duration]string{
		time.Second: "", time.Minute: " AS OF SYSTEM TIME 1699999940000000000.0000000002", 2 * time.Hour: " AS OF SYSTEM TIME '-10s'",
	} {
		at := strconv.FormatInt(now.Add(-ago).UnixNano(), 10) + ".0000000002"
		if got := onCockroach().asOf(at, now); got != want {
			t.Errorf("an end %v ago: %q, want %q", ago, got, want)
		}
	}
	if onPostgres().asOf("1", now) != "" || onCockroach().asOf("", now) != "" {
		t.Error("a clause where none belongs")
	}
	for version, n := range map[string]int{"CockroachDB CCL v22.1.22 (x86_64)": 1, "CockroachDB CCL v25.2.0 (x86_64)": 1, "CockroachDB v21.2.1": 0} {
		if got := len(onCockroach().tuning(version)); got != n {
			t.Errorf("%s: %d statements, want %d", version, got, n)
		}
	}
}

func TestPausesAreBoundedHoweverOften(t *testing.T) {
	for n := 2; n < 200; n++ {
		if d := backoff(n); d < 0 || d >= lastBackoff {
			t.Errorf("pause %d is %v", n, d)
		}
	}
}
