package tlog_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog"
)

// verifyLog compares the log with the entries, by arithmetic that is not ours.
func (w *world) verifyLog() {
	w.Helper()
	entries := w.entries()
	head := w.head()
	if head.Size != int64(len(entries)) {
		w.Fatalf("the log has %d entries of %d", head.Size, len(entries))
	}
	if root := rootOf(w, records(entries)); head.Size > 0 && root != head.Root {
		w.Fatalf("root %x, want %x", head.Root, root)
	}
	w.verifyTiles(entries)
}

func (w *world) entries() []ledger.Entry {
	w.Helper()
	entries, _, err := w.memory.Unlogged(context.Background(), ledger.LogHead{}, 1<<30)
	must(w, err)
	return entries
}

func TestTheLogHoldsTheEntriesInTheirOrder(t *testing.T) {
	for _, sizes := range [][]int{{1}, {255}, {256}, {257}, {64, 64, 64, 64}, {1, 2, 3, 700, 1, 65, 2047}, {3000}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			s, other := w.scribe(), w.scribe()
			for _, n := range sizes {
				w.store(s, n)
				w.store(other, 1)
				w.integrate(w.memory, time.Second)
				w.verifyLog()
			}
		})
	}
}

func TestEntriesFromBeforeTheLogComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		old := w.group(3)
		for i := range old {
			old[i].Encoding = 1
		}
		must(t, w.put(old))
		w.integrate(w.memory, time.Second)
		must(t, w.put([]ledger.Entry{func() ledger.Entry { e := w.entry(); e.Encoding = 1; return e }()}))
		w.store(w.scribe(), 2)
		w.integrate(w.memory, time.Second)
		w.verifyLog()

		late := w.entry()
		late.Encoding = 1
		must(t, w.put([]ledger.Entry{late}))
		i := w.integrate(w.memory, time.Minute) // a new one: it was told so by the log
		if f := i.Halted(); f == nil || f.Entry != late.ID || f.Position != 6 {
			t.Errorf("an entry of version 1 behind one of version 2: %v", f)
		}
	})
}

// scene is what a test tampers with.
type scene struct {
	*world
	s      *tlog.Scribe
	groups [][]ledger.Entry // finished, not stored
}

// relink changes the links of a group as only somebody with our keys could.
func (sc *scene) relink(group int, change func(*ledger.Link)) {
	for i, e := range sc.groups[group] {
		sc.groups[group][i] = sc.remarked(e, change)
	}
}

func (sc *scene) remarked(e ledger.Entry, change func(*ledger.Link)) ledger.Entry {
	change(&e.Link)
	e.Mark = sc.ring.Mark(canon.Record(e))
	return e
}

// What must stop the log, and at which position.
func TestTamperingBeforeIntegrationHalts(t *testing.T) {
	storeAll := func(sc *scene) []ledger.Entry { return slices.Concat(sc.groups...) }
	tests := map[string]struct {
		tamper   func(*scene) []ledger.Entry // what is in the ledger in the end
		position int64                       // behind those that are in the log already
	}{
		"altered":         {func(sc *scene) []ledger.Entry { sc.groups[1][1].Outcome = 1; return storeAll(sc) }, 3},
		"mark altered":    {func(sc *scene) []ledger.Entry { sc.groups[1][1].Mark[31] ^= 1; return storeAll(sc) }, 3},
		"link altered":    {func(sc *scene) []ledger.Entry { sc.groups[1][0].Link.Size = 1; return storeAll(sc) }, 2},
		"account altered": {func(sc *scene) []ledger.Entry { sc.groups[2][1].Account[0] = 1; return storeAll(sc) }, 5},
		"added":           {func(sc *scene) []ledger.Entry { e := sc.groups[0][0]; e.ID[0]++; return append(storeAll(sc), e) }, 6},
		"another before it": {func(sc *scene) []ledger.Entry {
			sc.relink(1, func(l *ledger.Link) { l.Previous[0] ^= 1 })
			return storeAll(sc)
		}, 3},
		"number given twice": {func(sc *scene) []ledger.Entry {
			sc.relink(1, func(l *ledger.Link) { l.Sequence--; l.Previous = [32]byte{} })
			return storeAll(sc)
		}, 2},
		"place taken twice": {func(sc *scene) []ledger.Entry {
			sc.relink(1, func(l *ledger.Link) { l.Index = 0 })
			return storeAll(sc)
		}, 3},
		"outside its group": {func(sc *scene) []ledger.Entry {
			sc.relink(1, func(l *ledger.Link) { l.Index += 2 })
			return storeAll(sc)
		}, 2},
		"of another group": {func(sc *scene) []ledger.Entry {
			sc.relink(1, func(l *ledger.Link) { l.Size++ })
			sc.groups[1][0] = sc.remarked(sc.groups[1][0], func(l *ledger.Link) { l.Size-- })
			return storeAll(sc)
		}, 3},
		"added, unmarked": {func(sc *scene) []ledger.Entry {
			return append(storeAll(sc), ledger.Entry{ID: ledger.EntryID{1}, Encoding: 2})
		}, 6},
		"unknown version": {func(sc *scene) []ledger.Entry {
			return append(storeAll(sc), ledger.Entry{ID: ledger.EntryID{1}, Encoding: 3})
		}, 6},
		"one taken away":    {func(sc *scene) []ledger.Entry { return slices.Delete(storeAll(sc), 3, 4) }, 2},
		"group taken away":  {func(sc *scene) []ledger.Entry { return slices.Delete(storeAll(sc), 2, 4) }, 2},
		"first taken away":  {func(sc *scene) []ledger.Entry { return storeAll(sc)[2:] }, 0},
		"end of group gone": {func(sc *scene) []ledger.Entry { return storeAll(sc)[:5] }, 4},
		"swapped":           {func(sc *scene) []ledger.Entry { a := storeAll(sc); a[0].ID, a[1].ID = a[1].ID, a[0].ID; return a }, 0},
	}
	for name, test := range tests {
		for _, before := range []int{0, 300} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					sc := &scene{world: w, s: w.scribe()}
					if before > 0 {
						w.store(sc.s, before)
						w.integrate(w.memory, time.Second)
					}
					for range 3 {
						g := w.group(2)
						sc.s.Finish(g)
						sc.s.Stored(g)
						sc.groups = append(sc.groups, g)
					}
					must(t, w.put(test.tamper(sc)))
					var told strings.Builder
					i := w.integrate(w.memory, time.Minute, logTo(&told))
					f, want := i.Halted(), int64(before)+test.position
					if f == nil || f.Position != want || w.head().Size > want {
						t.Fatalf("halted by %v with %d in the log, want position %d", f, w.head().Size, want)
					}
					if !strings.Contains(told.String(), f.Entry.String()) || strings.Count(told.String(), "level=ERROR") != 1 {
						t.Errorf("the log file says %q", told.String())
					}
					size := w.head().Size
					w.store(w.scribe(), 5)
					if w.integrate(w.memory, time.Minute); w.head().Size != size {
						t.Error("the log went on")
					}
				})
			})
		}
	}
}

func TestWhatIsKeptOfTheLogIsBelievedOnlyWhenItLeadsToTheRoot(t *testing.T) {
	for name, tile := range map[string]ledger.TileID{
		"hashes": {Level: 0, Index: 1}, "upper hashes": {Level: 1}, "records": {Level: ledger.RecordLevel, Index: 1}, "state": {Level: ledger.StateLevel},
	} {
		for _, change := range []func([]byte) []byte{
			func(d []byte) []byte { d[0] ^= 1; return d },
			func(d []byte) []byte { return d[:len(d)-32] },
			func([]byte) []byte { return nil },
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.store(w.scribe(), 300)
					w.integrate(w.memory, time.Second)
					head := w.head()
					tiles, err := w.memory.LogTiles(t.Context(), []ledger.TileID{tile})
					must(t, err)
					tiles[0].Data = change(tiles[0].Data)
					must(t, w.memory.AdvanceLog(t.Context(), ledger.LogStep{From: head, To: head, Tiles: tiles}))
					w.store(w.scribe(), 3)
					var failed error
					w.integrate(w.memory, time.Minute, func(c *tlog.IntegratorConfig) {
						c.Observe = func(a tlog.Advance) { failed = a.Err }
					})
					if w.head() != head || !errors.Is(failed, tlog.ErrBroken) {
						t.Errorf("advanced to %d: %v", w.head().Size, failed)
					}
				})
			})
		}
	}
}

func TestManyWritersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stays := w.scribe()
		w.store(stays, 2)
		for range 300 { // more than the log remembers
			w.store(w.scribe(), 1)
		}
		w.integrate(w.memory, time.Second)
		w.store(stays, 2) // forgotten meanwhile, and taken up again
		w.integrate(w.memory, time.Second)
		w.verifyLog()
		gone := w.group(1)
		stays.Finish(gone)
		stays.Stored(gone)
		w.store(stays, 1)
		if i := w.integrate(w.memory, time.Minute); i.Halted() == nil {
			t.Error("a group that was taken away is not missed")
		}
	})
}

// The group of a slow writer may be read in pieces, and in any order within what is listed.
func TestGroupsThatComeInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := w.scribe(), w.scribe()
		var groups [][]ledger.Entry
		for range 40 {
			for _, s := range []*tlog.Scribe{a, b} {
				g := w.group(3)
				s.Finish(g)
				s.Stored(g)
				groups = append(groups, g)
			}
		}
		for at := 0; at < len(groups); at += 4 { // a0 b0 a1 b1, as if their order were drawn
			mixed := slices.Concat(groups[at : at+4]...)
			slices.SortFunc(mixed, func(x, y ledger.Entry) int { return int(x.ID[3]) - int(y.ID[3]) })
			must(t, w.put(mixed[:5]))
			w.integrate(w.memory, 2*time.Second, func(c *tlog.IntegratorConfig) { c.Limit = 3 })
			must(t, w.put(mixed[5:]))
			w.integrate(w.memory, 2*time.Second, func(c *tlog.IntegratorConfig) { c.Limit = 3 })
			w.verifyLog()
		}
	})
}

func logTo(to *strings.Builder) func(*tlog.IntegratorConfig) {
	return func(c *tlog.IntegratorConfig) { c.Logger = textLogger(to) }
}

var _ ledger.Log = (*ledgertest.Memory)(nil)

func TestIntegratorConfigIsChecked(t *testing.T) {
	w := newWorld(t)
	for _, change := range []func(*tlog.IntegratorConfig){
		func(c *tlog.IntegratorConfig) { c.Log = nil }, func(c *tlog.IntegratorConfig) { c.Marks = nil },
		func(c *tlog.IntegratorConfig) { c.Clock = nil }, func(c *tlog.IntegratorConfig) { c.Logger = nil },
		func(c *tlog.IntegratorConfig) { c.Limit = -1 },
	} {
		cfg := tlog.IntegratorConfig{Log: w.memory, Marks: w.ring, Clock: time.Now, Logger: textLogger(&strings.Builder{})}
		change(&cfg)
		if _, err := tlog.NewIntegrator(cfg); err == nil {
			t.Errorf("accepted %+v", cfg)
		}
	}
}
