package crdb

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Names of engines, as in ledger.Status.
const (
	postgresEngine  = "postgres"
	cockroachEngine = "cockroach"
)

// dialect is everything in which the two servers differ, but for their schemas under migrations.
type dialect struct {
	engine string
	schema string // folder under migrations
	// versions is SQL that makes goose's table of versions, and may be repeated; empty when goose can.
	versions []string

	begin      string // begins a serialisable transaction
	savepoints bool   // a transaction is retried on its connection, by ROLLBACK TO SAVEPOINT
	lock       string // SQL that takes the locks $1, see lockKeys; empty when not needed

	accountsBySNILS string // SQL that locks and gives the accounts with the SNILS $1
	accountsByAny   string // SQL that locks and gives the accounts with the ids $1, the SNILS $2 and the phones $3, in the order of their ids
	attempts        string // SQL that gives the counters of the subjects $1 at the partners $2, pair by pair
	wholeSubjects   bool   // that SQL takes the subjects alone, and gives all their counters
	copyAccounts    string // SQL that copies accounts in the binary form; empty where an INSERT is as good

	place string // SQL type of entry.place
	// sharedPlaces: two transactions that touch nothing in common may commit at one place.
	sharedPlaces bool
	horizon      string // SQL of the place before which the order of entries is final; empty when it always is
	// misplaced is SQL that is true when new entries would stand before stored ones; empty when that cannot be.
	misplaced string

	estimate string // SQL of the estimated number of rows of table $1
	sweep    string // SQL that removes at most %d counters that expired before $1; empty when the server does it
}

const namedByAny = `SELECT id AS named FROM account WHERE id = ANY($1::UUID[])
  UNION SELECT id FROM account WHERE snils = ANY($2::BYTEA[])
  UNION SELECT id FROM account WHERE phone = ANY($3::BYTEA[])`

func onPostgres() *dialect {
	return &dialect{
		engine: postgresEngine, schema: "postgres",
		begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
		lock: "SELECT count((CASE k WHEN 0 THEN pg_advisory_xact_lock_shared(0) WHEN 1 THEN pg_advisory_xact_lock(0) " +
			"ELSE pg_advisory_xact_lock(k) END)::TEXT) FROM unnest($1::BIGINT[]) AS k",
		// The server plans by what it found when it last looked. Of a table that was empty then it would rather go through all accounts
		// than look some up, in the order of their ids or in a join, and the first import would get slower with every account. The
		// order of an expression and LATERAL with a lock of its own leave it no such choice.
		accountsBySNILS: "SELECT " + accountColumns + " FROM account WHERE snils = ANY($1::BYTEA[]) ORDER BY uuid_send(id) FOR UPDATE",
		accountsByAny: "SELECT a.* FROM (" + namedByAny + " ORDER BY named) AS n " +
			"CROSS JOIN LATERAL (SELECT " + accountColumns + " FROM account WHERE account.id = n.named FOR UPDATE) AS a",
		// Who reads a counter has locked its subject.
		attempts: "SELECT a.subject, a.partner, a.counter FROM unnest($1::BYTEA[], $2::TEXT[]) AS k(s, p) " +
			"JOIN attempt AS a ON a.subject = k.s AND a.partner = k.p",
		copyAccounts: "COPY account (" + accountColumns + ") FROM STDIN (FORMAT binary)",
		place:        "BIGINT", horizon: "ledger_horizon()",
		// No transaction that has been numbered is as high as the end of the snapshot.
		misplaced: "SELECT coalesce(max(place), 0) >= ledger_horizon() + pg_snapshot_xmax(pg_current_snapshot())::TEXT::BIGINT" +
			" - pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT FROM entry",
		estimate: "SELECT reltuples::BIGINT FROM pg_class WHERE oid = to_regclass($1::TEXT)",
		sweep: "DELETE FROM attempt WHERE ctid = ANY(ARRAY(SELECT ctid FROM attempt WHERE expires_at < $1::TIMESTAMPTZ " +
			"LIMIT %d FOR UPDATE SKIP LOCKED)) RETURNING true",
	}
}

func onCockroach() *dialect {
	return &dialect{
		engine: cockroachEngine, schema: "cockroach",
		// goose makes the table and writes to it in one transaction, with an identity column: version 22.1 waits for itself there.
		versions: []string{
			"CREATE TABLE IF NOT EXISTS goose_db_version (id INT8 PRIMARY KEY DEFAULT unique_rowid(), version_id INT8 NOT NULL, " +
				"is_applied BOOL NOT NULL, tstamp TIMESTAMP NOT NULL DEFAULT now())",
			"INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (0, 0, true) ON CONFLICT (id) DO NOTHING",
		},
		begin: "BEGIN ISOLATION LEVEL SERIALIZABLE", savepoints: true,
		// The key in the index is locked. Rows are looked up in a join and given in order, for what the server does side by side, early
		// versions do apart from the transaction: they leave the locks of it for 5 s after the commit.
		accountsBySNILS: "SELECT " + accountColumns + " FROM (SELECT id AS named FROM account WHERE snils = ANY($1::BYTEA[]) FOR UPDATE) AS n " +
			"INNER LOOKUP JOIN account ON id = named ORDER BY snils",
		// Locks where the server's version locks what it looks up; elsewhere, transactions that meet restart. LOOKUP: while the table is
		// young, the server would rather go through all of it.
		accountsByAny: "SELECT " + accountColumns + " FROM (" + namedByAny + ") AS n INNER LOOKUP JOIN account ON id = named ORDER BY id FOR UPDATE OF account",
		// Whoever reads a counter is going to write it: without a lock, all who have read it restart when the first one commits. The
		// server locks what it scans and nothing that it looks up in a join, so all counters of a subject are read.
		attempts:      "SELECT subject, partner, counter FROM attempt WHERE subject = ANY($1::BYTEA[]) ORDER BY subject, partner FOR UPDATE",
		wholeSubjects: true,
		place:         "DECIMAL", sharedPlaces: true,
		// Later versions do not let users look at the tables that this is made from.
		estimate: "SELECT max(estimated_row_count)::INT8 FROM [SHOW TABLES] WHERE table_name = $1::TEXT",
	}
}

// places gives the statements by which all further entries stand after offset.
func (d *dialect) places(offset int64) []string {
	return []string{
		fmt.Sprintf("CREATE OR REPLACE FUNCTION ledger_place() RETURNS BIGINT LANGUAGE sql VOLATILE "+
			"AS 'SELECT pg_current_xact_id()::TEXT::BIGINT + %d'", offset),
		fmt.Sprintf("CREATE OR REPLACE FUNCTION ledger_horizon() RETURNS BIGINT LANGUAGE sql STABLE "+
			"AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT + %d'", offset),
	}
}

// session sets parameters of connections.
func (d *dialect) session(purpose string, params map[string]string) {
	if d.engine == cockroachEngine {
		return
	}
	params["jit"] = "off"
	params["timezone"] = "UTC"
	if purpose == requests {
		// Decisions look up by key and nothing else. Without this, a plan made while the tables were small scans them later.
		for _, off := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
			params[off] = "off"
		}
		params["plan_cache_mode"] = "force_generic_plan"
	}
}

// isServer reports whether version() is that of the server that the dialect is of.
func (d *dialect) isServer(version string) bool {
	return strings.HasPrefix(version, "CockroachDB") == (d.engine == cockroachEngine)
}

// asOf is the clause by which a list that ends at place reads without standing in the way of decisions: a timestamp at which
// everything up to place is there. place is empty when the list has no end.
func (d *dialect) asOf(place string, now time.Time) string {
	if d.engine != cockroachEngine || place == "" {
		return ""
	}
	nanos, err := strconv.ParseInt(strings.SplitN(place, ".", 2)[0], 10, 64)
	if err != nil {
		return ""
	}
	switch age := now.Sub(time.Unix(0, nanos)); {
	case age < 10*time.Second: // a node whose clock is behind would take it for the future
		return ""
	case age < time.Hour:
		return " AS OF SYSTEM TIME " + place
	default: // versions may be gone; any later state has it too, and one that is old enough is on the nearest replica
		return " AS OF SYSTEM TIME '-10s'"
	}
}

// tuning gives the statements that make use of what a version of the server has, after its migrations. They may be repeated.
func (d *dialect) tuning(version string) []string {
	var major, minor int
	if d.engine != cockroachEngine {
		return nil
	}
	_, number, _ := strings.Cut(version, " v")
	if n, _ := fmt.Sscanf(number, "%d.%d", &major, &minor); n != 2 || major < 22 {
		return nil
	}
	if major == 22 && minor == 1 {
		// Counts from the last change, whatever the row holds; a day longer than vouches are remembered.
		return []string{"ALTER TABLE attempt SET (ttl_expire_after = '8784 hours')"}
	}
	return []string{"ALTER TABLE attempt SET (ttl_expiration_expression = 'expires_at', ttl_job_cron = '@hourly')"}
}

func (d *dialect) migrations() (fs.FS, error) { return fs.Sub(files, "migrations/"+d.schema) }
