package crdb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/ledger"
)

// The plans are looked at with the settings of the server, not with those of the connections for requests, which leave it no
// choice; and as generic plans, which know no parameter.
func TestHotStatementsUseTheirIndexes(t *testing.T) {
	s := open(t, nil)
	fill(t, s, 20_000)
	fillLog(t, s)
	conn, err := pgx.Connect(t.Context(), s.cfg.URL)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan")
	must(t, err)
	st := s.statements
	for statement, want := range map[*statement]string{
		st.accountsByID: "account_pkey", st.accountsBySNILS: "account_snils", st.accountsByAny: "account_phone",
		st.entriesByID: "entry_pkey", st.entry: "entry_pkey", st.attemptsByKey: "attempt_pkey", st.vacate: "account_pkey", st.raise: "account_pkey", st.raiseOne: "account_pkey",
		st.replace: "account_pkey", st.account: "account_pkey", st.accountBySNILS: "account_snils",
		st.log.unlogged: "entry_place", st.log.tiles: "log_tile_pkey", st.log.places: "entry_pkey", st.log.block: "log_block_place",
	} {
		_, err := conn.Prepare(t.Context(), statement.name, statement.text)
		must(t, err)
		parameters := nulls(statement.text)
		checkPlan(t, conn, statement.name, "EXECUTE "+statement.name+"("+parameters+")", want)
	}
	page := ledger.Page{Limit: 100}
	for name, want := range map[string]string{"list": "entry_place", "list of a span": "entry_", "span": "entry_decided", "summary": "entry_decided", "account": "entry_account", "head": "entry_place"} {
		text := reportText(s, name, page)
		checkPlan(t, conn, name, text, want)
	}
}

// The server makes its plans from what it found when it last looked: at a table that was empty then, it must not go through all of it.
func TestTheFirstImportLooksUpByKey(t *testing.T) {
	s := open(t, nil)
	if s.dialect.engine != postgresEngine {
		t.Skip("about plans of PostgreSQL")
	}
	_, err := s.requests.Exec(t.Context(), "VACUUM ANALYZE account")
	must(t, err)
	conn, err := s.requests.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	for _, statement := range []*statement{s.statements.accountsByID, s.statements.accountsBySNILS, s.statements.accountsByAny} {
		_, err := conn.Exec(t.Context(), "PREPARE looked AS "+statement.text)
		must(t, err)
		arguments := nulls(statement.text)
		rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE looked("+arguments+")", pgx.QueryExecModeExec)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		for i, line := range lines {
			if strings.Contains(line, "Scan using") && !strings.Contains(lines[i+1], "Index Cond") {
				t.Errorf("%s goes through an index:\n%s", statement.name, strings.Join(lines, "\n"))
			}
		}
		_, err = conn.Exec(t.Context(), "DEALLOCATE looked")
		must(t, err)
	}
}

// reportText gives the SQL of a report with its parameters written out.
func reportText(s *Store, name string, page ledger.Page) string {
	where := " WHERE (place, ordinal) > ('1000'::TEXT::PLACE, '0'::INT8) AND (place, ordinal) <= ('1001000'::TEXT::PLACE, '0'::INT8)"
	const span = "decided_at >= '2026-11-22 10:00:00Z' AND decided_at < '2026-11-22 10:00:03Z'"
	where = strings.ReplaceAll(where, "PLACE", s.dialect.place)
	list := "SELECT " + entryColumns + ", place::TEXT, ordinal FROM entry"
	limit := fmt.Sprintf(" LIMIT %d", page.Limit)
	switch name {
	case "list":
		return list + where + " ORDER BY entry.place, entry.ordinal" + limit
	case "list of a span":
		return list + where + " AND " + span + " ORDER BY entry.place, entry.ordinal" + limit
	case "span":
		return "SELECT min(place)::TEXT, max(place)::TEXT FROM (SELECT place FROM entry WHERE " + span + " OFFSET 0) AS spanned"
	case "summary":
		return "SELECT partner, kind, outcome, count(*), count(*) FILTER (WHERE dry) FROM entry WHERE " + span + " GROUP BY partner, kind, outcome"
	case "account":
		return list + " WHERE account = '00000000-0000-0000-0000-000000000000'::UUID ORDER BY entry.place DESC, entry.ordinal DESC" + limit
	default:
		final := "true"
		if s.dialect.horizon != "" {
			final = "place < " + s.dialect.horizon
		}
		return "SELECT place::TEXT, ordinal, " + final + " FROM entry ORDER BY entry.place DESC, entry.ordinal DESC LIMIT 1"
	}
}

// nulls are as many arguments as a statement has parameters.
func nulls(text string) string {
	return strings.TrimSuffix(strings.Repeat("NULL, ", highestParameter(text)), ", ")
}

func highestParameter(text string) int {
	for n := 1; ; n++ {
		if !strings.Contains(text, fmt.Sprintf("$%d", n)) {
			return n - 1
		}
	}
}

func checkPlan(t *testing.T, conn *pgx.Conn, name, statement, index string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN "+statement, pgx.QueryExecModeExec)
	must(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	plan := strings.Join(lines, "\n")
	if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort Key: ((place)::text)") || !strings.Contains(plan, index) {
		t.Errorf("%s does not use %s:\n%s", name, index, plan)
	}
}

// fill stores accounts, an entry of each and a counter of each.
func fill(t testing.TB, s *Store, n int) {
	t.Helper()
	const step = 1000
	for from := 0; from < n; from += step {
		must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error {
			for i := from; i < from+step; i++ {
				a, e := fullAccount(0), randomEntry("sberbank")
				a.SNILS, a.Phone = benchSNILS(i), benchSNILS(-i-1)
				copy(a.ID[:], a.SNILS[16:])
				e.Account, e.DecidedAt = a.ID, moment.Add(time.Duration(i)*time.Millisecond)
				v.PutAccount(a)
				v.AddEntry(e)
				v.SetAttempts(ledger.AttemptKey{Subject: a.SNILS, Partner: "sberbank"}, ledger.Attempts{})
			}
			return nil
		}))
	}
	look := []string{"VACUUM ANALYZE"}
	if s.dialect.engine == cockroachEngine {
		look = []string{"ANALYZE account", "ANALYZE entry", "ANALYZE attempt"}
	}
	for _, text := range look {
		_, err := s.requests.Exec(t.Context(), text)
		must(t, err)
	}
}
