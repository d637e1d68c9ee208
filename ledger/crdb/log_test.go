package crdb

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// stepFrom is a step that begins a block with the entry of fullEntry(1).
func stepFrom(head ledger.LogHead) ledger.LogStep {
	return ledger.LogStep{
		From: head, To: ledger.LogHead{Size: head.Size + 1, Root: [32]byte{byte(head.Size), 1}, Epoch: head.Epoch + 1},
		Tiles:  []ledger.Tile{{TileID: ledger.TileID{Level: ledger.RecordLevel}, Data: []byte{byte(head.Size)}}},
		Starts: map[int64]ledger.EntryID{head.Epoch: fullEntry(1).ID},
	}
}

// isTaken checks that a step is there whole, or not at all.
func isTaken(t *testing.T, s *Store, step ledger.LogStep) bool {
	t.Helper()
	head, err := s.LogHead(t.Context())
	must(t, err)
	tiles, err := s.LogTiles(t.Context(), []ledger.TileID{step.Tiles[0].TileID})
	must(t, err)
	blocks, err := s.LogBlocks(t.Context(), []ledger.EntryID{fullEntry(1).ID})
	must(t, err)
	taken := head == step.To
	if string(tiles[0].Data) == string(step.Tiles[0].Data) != taken || (blocks[0] == step.From.Epoch) != taken || (!taken && head != step.From) {
		t.Errorf("head %+v, tile %x, block %d", head, tiles[0].Data, blocks[0])
	}
	return taken
}

func TestFaultsWhileTheLogAdvances(t *testing.T) {
	type fault = pgproxy.Fault
	for dialogue, d := range map[string]*dialect{"PostgreSQL": onPostgres(), "CockroachDB": asCockroach()} {
		decide := newStatements(d).commit.name
		if d.savepoints {
			decide = newStatements(d).release.name
		}
		for name, test := range map[string]struct {
			statement string
			fault     fault
			unknown   bool
			taken     bool
		}{
			"40001 at the head":                {"poruka_log_move", fault{Kind: pgproxy.Fail, Code: "40001"}, false, true},
			"40001 at the blocks":              {"poruka_log_begin", fault{Kind: pgproxy.Fail, Code: "40001"}, false, true},
			"40001 at the tiles":               {"poruka_log_put", fault{Kind: pgproxy.Fail, Code: "40001"}, false, true},
			"57P01 at the head":                {"poruka_log_move", fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, false, true},
			"57P01 at the tiles":               {"poruka_log_put", fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, false, true},
			"cut behind the head":              {"poruka_log_move", fault{Kind: pgproxy.CutAfter}, false, true},
			"cut at the tiles":                 {"poruka_log_put", fault{Kind: pgproxy.CutBefore}, true, false},
			"40001 at the decision":            {decide, fault{Kind: pgproxy.Fail, Code: "40001"}, false, true},
			"cut before the decision":          {decide, fault{Kind: pgproxy.CutBefore}, true, false},
			"cut behind the decision":          {decide, fault{Kind: pgproxy.CutAfter}, true, true},
			"57P01 at the decision, not there": {decide, fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, true, false},
		} {
			if d.savepoints && test.fault.Kind == pgproxy.CutAfter && test.statement == decide {
				continue // on PostgreSQL, COMMIT decides, and may be lost behind it
			}
			t.Run(dialogue+"/"+name, func(t *testing.T) {
				oneFault(t, d, pgproxy.Nth(test.statement, 1, test.fault), test.unknown, test.taken)
			})
		}
	}
}

func oneFault(t *testing.T, d *dialect, rule pgproxy.Rule, unknown, taken bool) {
	url := database(t)
	straight := openAt(t, url, nil)
	must(t, straight.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(fullEntry(1)); return nil }))
	p, err := pgproxy.Start(url)
	must(t, err)
	defer func() { must(t, p.Close()) }()
	s, err := connect(t.Context(), Config{URL: p.URL()}.withDefaults(), d)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	_, err = s.LogHead(t.Context())
	must(t, err)
	p.Apply(rule)
	step := stepFrom(ledger.LogHead{})
	if err = s.AdvanceLog(t.Context(), step); (err != nil) != unknown || (unknown && !errors.Is(err, ledger.ErrOutcomeUnknown)) {
		t.Errorf("error %v, unknown wanted: %v", err, unknown)
	}
	if taken { // what was cut behind may still be under way
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) && !isTaken(t, straight, step); {
		}
	}
	if isTaken(t, straight, step) != taken {
		t.Errorf("taken: %v, want %v", !taken, taken)
	}
	if !taken {
		must(t, s.AdvanceLog(t.Context(), step))
	}
	if err := s.AdvanceLog(t.Context(), step); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("the same step again: %v, want ErrConflict", err)
	}
	next := stepFrom(step.To)
	next.Starts = nil
	must(t, s.AdvanceLog(t.Context(), next))
}

// What stands behind a transaction that is under way is not listed: that one may still bring what stands before it.
func TestUnloggedEntriesEndBeforeTransactionsUnderWay(t *testing.T) {
	url := database(t)
	s := openAt(t, url, nil)
	add := func(n byte) {
		must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(fullEntry(n)); return nil }))
	}
	unlogged := func(after ledger.Cursor, want ...byte) ledger.Cursor {
		t.Helper()
		list, last, err := s.Unlogged(t.Context(), ledger.LogHead{After: after}, 10)
		must(t, err)
		var got []byte
		for _, e := range list {
			got = append(got, e.ID[0])
		}
		if string(got) != string(want) {
			t.Errorf("unlogged %v, want %v", got, want)
		}
		return last
	}
	add(1)
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), "BEGIN; SELECT pg_current_xact_id()")
	must(t, err)
	add(3)
	after := unlogged("", 1)
	if again := unlogged(after); again != after {
		t.Errorf("the place went from %q to %q without an entry", after, again)
	}
	_, err = conn.Exec(t.Context(), "INSERT INTO entry SELECT '02070000-0000-0000-0000-000000000000', kind, partner, digest, account, outcome, reasons, "+
		"fields, level_before, level_after, method, policy, style, certificate, means, authed_at, decided_at, dry, withdrawn, encoding, ledger_place(), 0 FROM entry LIMIT 1; COMMIT")
	must(t, err)
	unlogged(after, 2, 3)
	unlogged("", 1, 2, 3)
}

func TestEntriesFromBeforeThereWasALog(t *testing.T) {
	url := oldDatabase(t)
	execute(t, url, "INSERT INTO entry SELECT gen_random_uuid(), 1, 'a', decode(repeat('01', 32), 'hex'), NULL, 1, '', '', 0, 0, 0, '', '', '', 0, NULL, now(), false, NULL, 1, ledger_place(), 0")
	must(t, Migrate(t.Context(), url))
	s := openAt(t, url, nil)
	must(t, s.Ping(t.Context()))
	_, err := s.Head(t.Context()) // waits for transactions of the server's own
	must(t, err)
	list, _, err := s.Unlogged(t.Context(), ledger.LogHead{}, 5)
	must(t, err)
	if len(list) != 1 || list[0].Encoding != 1 || list[0].Detail != "" || list[0].Commitments != nil || list[0].Link != (ledger.Link{}) || list[0].Mark != [32]byte{} {
		t.Errorf("listed %+v, want one entry of version 1", list)
	}
}

// oldDatabase makes a database with version 1 of the schema.
func oldDatabase(t *testing.T) string {
	t.Helper()
	database(t) // skips without a server
	url := server.NewDatabase(t)
	m, err := newMigrator(url)
	must(t, err)
	defer m.db.Close()
	if _, err := m.goose.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return url
}

func TestTheLogIsNotMigratedOverEntriesThatCanBeChanged(t *testing.T) {
	url := oldDatabase(t)
	execute(t, url, "ALTER TABLE entry DISABLE TRIGGER entry_is_final")
	if err := Migrate(t.Context(), url); err == nil {
		t.Error("entries that can be changed were migrated")
	}
}

// fillLog gives the log tables as many rows as two million entries would.
func fillLog(t *testing.T, s *Store) {
	t.Helper()
	for _, text := range []string{
		"INSERT INTO log_block SELECT n, 1000 + n, 0 FROM generate_series(0, 7999) AS n",
		fmt.Sprintf("INSERT INTO log_tile SELECT l, n, '\\x00' FROM generate_series(%d, 0) AS l, generate_series(0, 7999) AS n", ledger.RecordLevel),
		"ANALYZE log_block", "ANALYZE log_tile",
	} {
		_, err := s.requests.Exec(t.Context(), text)
		must(t, err)
	}
}
