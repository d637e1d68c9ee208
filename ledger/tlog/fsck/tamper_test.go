package fsck_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/fsck"
)

// tamper is something that a database administrator may do, undone afterwards, and what must be named.
type tamper struct {
	what string
	do   []string
	want []fsck.Finding
}

func at(kind fsck.Kind, position int64) fsck.Finding {
	return fsck.Finding{Kind: kind, Position: position}
}

func of(kind fsck.Kind, n int) fsck.Finding {
	return fsck.Finding{Kind: kind, Position: int64(n), Entry: entryID(n)}
}

func on(n int) fsck.Finding {
	return fsck.Finding{Kind: fsck.BadAccount, Position: -1, Account: accountID(n)}
}

func tampers(h *house) []tamper {
	e := func(n int) string { return h.id(entryID(n)) }
	a := func(n int) string { return h.id(accountID(n)) }
	data := func(head, rest string) string { // the first bytes of a column replaced
		if h.name == "SQLite" {
			return fmt.Sprintf("cast(%s || substr(%s, %d) as blob)", h.bytes(head), rest, len(head)/2+1)
		}
		return fmt.Sprintf("overlay(%s placing %s::bytea from 1)", rest, h.bytes(head))
	}
	bad := strings.Repeat("5a", 32)
	seconds := "interval '10 s'"
	if h.name == "SQLite" {
		seconds = "10000000"
	}
	return []tamper{
		{"nothing", nil, nil},
		{"edit an entry", []string{"update {entry} set outcome = 1 where id = " + e(300)}, []fsck.Finding{of(fsck.Altered, 300)}},
		{
			"edit three entries in a row",
			[]string{"update {entry} set partner = 'x' where id in (" + e(300) + "," + e(301) + "," + e(302) + ")"},
			[]fsck.Finding{of(fsck.Altered, 300), of(fsck.Altered, 301), of(fsck.Altered, 302)},
		},
		{"edit the first entry", []string{"update {entry} set policy = '' where id = " + e(0)}, []fsck.Finding{of(fsck.Altered, 0)}},
		{"edit the last entry of the log", []string{"update {entry} set kind = 3 where id = " + e(logged-1)}, []fsck.Finding{of(fsck.Altered, logged-1)}},
		{"edit the first entry of a block", []string{"update {entry} set kind = 3 where id = " + e(512)}, []fsck.Finding{of(fsck.Altered, 512)}},
		{"edit a mark", []string{"update {entry} set mark = " + h.bytes(bad) + " where id = " + e(301)}, []fsck.Finding{of(fsck.Unmarked, 301)}},
		{"edit the link of an entry", []string{"update {entry} set link = " + data("5a5a", "link") + " where id = " + e(302)}, []fsck.Finding{of(fsck.Altered, 302)}},
		{"delete an entry", []string{"delete from {entry} where id = " + e(303)}, []fsck.Finding{at(fsck.Missing, 303)}},
		{"delete the first entry", []string{"delete from {entry} where id = " + e(0)}, []fsck.Finding{at(fsck.Missing, 0), on(0)}},
		{"delete the last entry of the log", []string{"delete from {entry} where id = " + e(logged-1)}, []fsck.Finding{at(fsck.Missing, logged-1)}},
		{"delete the first entry of a block", []string{"delete from {entry} where id = " + e(256)}, []fsck.Finding{at(fsck.Missing, 256)}},
		{"delete two apart", []string{"delete from {entry} where id in (" + e(20) + "," + e(400) + ")"}, []fsck.Finding{at(fsck.Missing, 20), at(fsck.Missing, 400)}},
		{"swap what two entries say", []string{
			"update {entry} set decided_at = decided_at + " + seconds + " where id = " + e(310), "update {entry} set decided_at = decided_at - " + seconds + " where id = " + e(320),
		}, []fsck.Finding{of(fsck.Altered, 310), of(fsck.Altered, 320)}},
		{"swap neighbours", swapped(h, 330, 331), []fsck.Finding{of(fsck.Moved, 331)}},
		{"swap in a block", swapped(h, 330, 340), []fsck.Finding{of(fsck.Moved, 330), of(fsck.Moved, 340)}},
		{"swap far apart", swapped(h, 30, 540), []fsck.Finding{at(fsck.Moved, 30), at(fsck.Moved, 540)}},
		{"edit an entry that waits", []string{"update {entry} set outcome = 1 where id = " + e(logged+15)}, []fsck.Finding{of(fsck.Unmarked, logged+15)}},
		{"delete an entry that waits", []string{"delete from {entry} where id = " + e(logged+15)}, []fsck.Finding{of(fsck.Unlinked, logged+10)}},
		{"delete a group that waits", []string{"delete from {entry} where id in (" + strings.Join([]string{
			e(logged + 10), e(logged + 11), e(logged + 12), e(logged + 13), e(logged + 14), e(logged + 15), e(logged + 16), e(logged + 17), e(logged + 18), e(logged + 19),
		}, ",") + ")"}, []fsck.Finding{{Kind: fsck.Unlinked, Position: logged + 10, Entry: entryID(logged + 20)}}},
		{"raise an account", []string{"update {account} set level = 4, method = 1 where id = " + a(15)}, []fsck.Finding{on(15)}},
		{"say that another bank confirmed it", []string{"update {account} set confirmed_by = 'sberbank' where id = " + a(3)}, []fsck.Finding{on(3)}},
		{"say that it was confirmed then", []string{"update {account} set confirmed_at = created_at, confirmation = " + e(4) + " where id = " + a(3)}, []fsck.Finding{on(3)}},
		{"give an account another's data", []string{"update {account} set box = (select box from {account} where id = " + a(16) + ") where id = " + a(15)}, []fsck.Finding{on(15)}},
		{"give an account another SNILS", []string{"update {account} set snils = " + h.bytes(bad) + " where id = " + a(5)}, []fsck.Finding{on(5)}},
		{"delete a confirmed account", []string{"delete from {account} where id = " + a(6)}, []fsck.Finding{on(6)}},
		{"erase an account without a word", []string{"update {account} set level = 8, snils = null, box = null, wrapped_key = null where id = " + a(17)}, []fsck.Finding{on(17)}},
		{"edit a record in a tile", []string{"update {tile} set data = " + data(bad, "data") + " where level = -1 and number = 1"}, []fsck.Finding{at(fsck.BadTile, 256)}},
		{"edit a hash in a tile", []string{"update {tile} set data = " + data(bad, "data") + " where level = 0 and number = 2"}, []fsck.Finding{at(fsck.BadTile, 512)}},
		{"edit an upper tile", []string{"update {tile} set data = " + data(bad, "data") + " where level = 1"}, []fsck.Finding{at(fsck.BadTile, 0)}},
		{"delete a tile", []string{"delete from {tile} where level = 0 and number = 1"}, []fsck.Finding{at(fsck.BadTile, 256), at(fsck.BadTile, 511)}},
		{"edit what is remembered of the writers", []string{"update {tile} set data = " + data("0101", "data") + " where level = -2"}, nil},
		{"edit a writer's next group", []string{"update {tile} set data = " + data(strings.Repeat("00", 40), "data") + " where level = -2"}, []fsck.Finding{at(fsck.BadState, logged)}},
		{"edit the root of the head", []string{"update {head} set root = " + h.bytes(bad)}, []fsck.Finding{at(fsck.BadHead, logged)}},
		{"edit the epoch of the head", []string{"update {head} set epoch = epoch + 1"}, []fsck.Finding{at(fsck.BadState, logged)}},
		{"cut the log off", []string{"update {head} set size = size - 1"}, []fsck.Finding{at(fsck.BadSigned, logged)}},
		{"edit a checkpoint", []string{"update {checkpoint} set note = " + data("676174656176", "note") + " where size = 300"}, []fsck.Finding{at(fsck.BadSigned, 300)}},
		{"keep a checkpoint under another size", []string{"update {checkpoint} set size = 299 where size = 300"}, []fsck.Finding{at(fsck.BadSigned, 299)}},
	}
}

// swapped swaps the places of two entries.
func swapped(h *house, n, m int) []string {
	if h.name == "SQLite" {
		return []string{
			fmt.Sprintf("update entries set position = -1 where id = %s", h.id(entryID(n))),
			fmt.Sprintf("update entries set position = %d where id = %s", n+1, h.id(entryID(m))),
			fmt.Sprintf("update entries set position = %d where id = %s", m+1, h.id(entryID(n))),
		}
	}
	return []string{fmt.Sprintf(`update entry as e set place = o.place, ordinal = o.ordinal from entry as o
  where (e.id = %[1]s and o.id = %[2]s) or (e.id = %[2]s and o.id = %[1]s)`, h.id(entryID(n)), h.id(entryID(m)))}
}

func TestTampering(t *testing.T) {
	for _, furnished := range []func(*testing.T) *house{onSQLite, onPostgreSQL} {
		h := furnished(t)
		t.Run(h.name, func(t *testing.T) {
			saved := h.save(t)
			for _, c := range tampers(h) {
				t.Run(c.what, func(t *testing.T) {
					defer saved()
					for i := range c.do {
						c.do[i] = h.names.Replace(c.do[i])
					}
					if len(c.do) > 0 {
						h.tamper(t, c.do)
					}
					found := h.check(t)
					for _, want := range c.want {
						if !has(found, want) {
							t.Errorf("%+v is not named", want)
						}
					}
					if (len(c.want) == 0) != (len(found) == 0) && len(c.do) == 0 || len(found) > 8 && c.what != "delete a tile" || t.Failed() {
						for i, f := range found {
							if i < 20 {
								t.Logf("found %s %d %v %v: %s", f.Kind, f.Position, f.Entry, f.Account, f.What)
							}
						}
						t.Errorf("%d findings", len(found))
					}
				})
			}
		})
	}
}

func TestInsertedOnPostgreSQL(t *testing.T) {
	h := onPostgreSQL(t)
	h.tamper(t, []string{fmt.Sprintf(`insert into entry select (jsonb_populate_record(e, jsonb_build_object('id', '%x', 'ordinal', 999))).* from entry as e where id = %s`,
		[16]byte(entryID(9000)), h.id(entryID(339)))})
	found := h.check(t)
	if want := (fsck.Finding{Kind: fsck.Foreign, Position: 340, Entry: entryID(9000)}); len(found) != 1 || !has(found, want) {
		t.Errorf("found %+v, want %+v", found, want)
	}
}

func TestAWholeLedger(t *testing.T) {
	store := &ledgertest.Memory{}
	furnish(t, store)
	found, sum := examine(t, store)
	if len(found) > 0 {
		t.Errorf("found %+v", found)
	}
	if sum.Entries != logged || sum.Waiting != waiting || sum.Accounts != accounts || sum.Checkpoints != 2 || sum.Size != logged {
		t.Errorf("gone through %+v", sum)
	}
	if found, sum = examine(t, &ledgertest.Memory{}); len(found) > 0 || sum.Size != 0 {
		t.Errorf("an empty ledger: %+v, %+v", found, sum)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fsck.Run(ctx, fsck.Config{Ledger: store, Report: func(fsck.Finding) {}}); err == nil {
		t.Error("a check that was cancelled came to its end")
	}
}

// BenchmarkRun checks a small ledger in memory.
func BenchmarkRun(b *testing.B) {
	store := &ledgertest.Memory{}
	furnish(b, store)
	begin := time.Now()
	runs := 0
	for b.Loop() {
		examine(b, store)
		runs++
	}
	b.ReportMetric(float64(runs)*(logged+waiting)/time.Since(begin).Seconds(), "entries/s")
}
