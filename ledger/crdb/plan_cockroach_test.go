package crdb

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
)

// Here plans are made with the parameters, so they are given: two of each that differ.
func TestHotStatementsUseTheirIndexesOnCockroachDB(t *testing.T) {
	url := cockroach.Start(t).NewDatabase(t)
	must(t, Migrate(t.Context(), url))
	s := openAt(t, url, nil)
	fill(t, s, 2000)
	fillLog(t, s)
	_, address, _ := dialectOf(url)
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	st := s.statements
	for statement, want := range map[*statement]string{
		st.accountsByID: "account@account_pkey", st.accountsBySNILS: "account@account_snils", st.accountsByAny: "account@account_phone",
		st.entriesByID: "entry@entry_pkey", st.entry: "entry@entry_pkey", st.attemptsByKey: "attempt@attempt_pkey",
		st.vacate: "account@account_pkey", st.raise: "account@account_pkey", st.raiseOne: "account@account_pkey",
		st.replace: "account@account_pkey", st.account: "account@account_pkey", st.accountBySNILS: "account@account_snils",
		st.record: "into: entry(", st.recordOne: "into: entry(", st.create: "into: account(", st.count: "attempt@attempt_pkey",
		st.log.head: "", st.log.move: "", st.log.begin: "entry@entry_pkey", st.log.put: "log_tile@log_tile_pkey",
		st.log.unlogged: "entry@entry_place", st.log.tiles: "log_tile@log_tile_pkey", st.log.places: "entry@entry_pkey", st.log.block: "log_block@log_block_place",
	} {
		plan := planOnCockroach(t, conn, withSamples(statement.text))
		if want == "" { // a table of one row
			continue
		}
		if strings.Contains(plan, "FULL SCAN") || !strings.Contains(plan, want) {
			t.Errorf("%s does not use %s:\n%s", statement.name, want, plan)
		}
		if locks := statement == st.accountsByID || statement == st.accountsBySNILS || statement == st.attemptsByKey; locks && !strings.Contains(plan, "locking strength: for update") {
			t.Errorf("%s does not lock what it reads:\n%s", statement.name, plan)
		}
		// Early versions keep the locks of what is read on the side for seconds after the commit.
		if strings.Contains(plan, "locking strength") && strings.Contains(plan, "index join") {
			t.Errorf("%s locks an index and goes on to the rows by itself:\n%s", statement.name, plan)
		}
	}
	for name, want := range map[string]string{"list": "entry@entry_place", "list of a span": "entry@entry_", "span": "entry@entry_decided", "summary": "entry@entry_decided", "account": "entry@entry_account", "head": "entry@entry_place"} {
		plan := planOnCockroach(t, conn, reportText(s, name, ledger.Page{Limit: 100}))
		if strings.Contains(plan, "FULL SCAN") || !strings.Contains(plan, want) {
			t.Errorf("%s does not use %s:\n%s", name, want, plan)
		}
	}
}

func planOnCockroach(t *testing.T, conn *pgx.Conn, statement string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN "+statement, pgx.QueryExecModeExec)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return strings.Join(lines, "\n")
}

var parameter = regexp.MustCompile(`\$[0-9]+::([A-Z0-9]+)(\[\])?`)

// withSamples writes parameters of the right types into a statement.
func withSamples(text string) string {
	return parameter.ReplaceAllStringFunc(text, func(p string) string {
		found := parameter.FindStringSubmatch(p)
		if found[2] == "" {
			return sample(found[1], 1)
		}
		return "ARRAY[" + sample(found[1], 1) + ", " + sample(found[1], 2) + "]"
	})
}

func sample(kind string, n int) string {
	switch kind {
	case "UUID":
		return fmt.Sprintf("'00000000-0000-0000-0000-00000000000%d'::UUID", n)
	case "BYTEA":
		return fmt.Sprintf("'\\x0%d'::BYTEA", n)
	case "TIMESTAMPTZ":
		return fmt.Sprintf("'2026-11-22 10:00:0%dZ'::TIMESTAMPTZ", n)
	case "BOOL":
		return fmt.Sprint(n == 1)
	case "TEXT":
		return fmt.Sprintf("'%d'", n)
	}
	return fmt.Sprintf("%d::%s", n, kind)
}
