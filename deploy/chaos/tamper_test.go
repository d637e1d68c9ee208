package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5" //nolint:depguard // the tests are the administrator of the database

	"github.com/poruka/poruka/deploy/chaos/stage"
)

// tampered makes a tour after whose first trials somebody does something to the database, and gives its report.
func tampered(t *testing.T, statements ...string) string {
	t.Helper()
	s := build(t, stage.Config{Engine: stage.Postgres})
	var out bytes.Buffer
	t.Setenv("TMPDIR", t.TempDir()) // for what is kept
	c := command{Engine: stage.Postgres}
	r := &tour{stage: s, clock: time.Now, seed: 1, runs: 2, every: time.Minute, out: &out, repeat: c.command}
	if err := r.run(t.Context()); err != nil || r.found > 0 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, statement := range append([]string{"DROP TRIGGER entry_is_final ON entry"}, statements...) {
		if result, err := conn.Exec(t.Context(), statement); err != nil || (result.RowsAffected() == 0 && !strings.HasPrefix(statement, "DROP")) {
			t.Fatalf("%s: %v, %v", statement, result, err)
		}
	}
	out.Reset()
	r.notary.Behind = 5 * time.Second // nothing will come
	r.runs, r.done = 1, 0
	if err := r.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if r.found == 0 {
		t.Errorf("nothing was found:\n%s", out.String())
	}
	return out.String()
}

func tells(t *testing.T, report string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not tell %q:\n%.3000s", want, report)
		}
	}
}

// first is an entry of a bank.
const first = "(SELECT id FROM entry WHERE kind = 1 ORDER BY place, ordinal LIMIT 1)"

// TestAnAlteredEntryIsFound: by the receipt that somebody holds of it, and by fsck.
func TestAnAlteredEntryIsFound(t *testing.T) {
	report := tampered(t, "UPDATE entry SET policy = 'match/9' WHERE id = "+first)
	tells(t, report, "the log FAILED after seeds 3 to 3", "has another record than was promised", "fsck: ALTERED at ", "--seed 3 --runs 1")
}

// TestAForeignEntryIsFound: it halts the log, and that is told although nobody asks.
func TestAForeignEntryIsFound(t *testing.T) {
	report := tampered(t, `INSERT INTO entry SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),
		'place', (SELECT max(place) FROM entry), 'ordinal', 9999))).* FROM entry e WHERE id = `+first)
	tells(t, report, "alarm: ", "the log is halted", "behind: ", "fsck: ")
}

// TestAnotherRootIsFound: the signer refuses it, and the log does not go on.
func TestAnotherRootIsFound(t *testing.T) {
	report := tampered(t, "UPDATE log_head SET root = decode(repeat('5a', 32), 'hex')")
	tells(t, report, "alarm: ", "behind: ")
}
