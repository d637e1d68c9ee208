package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

// logState is all that can be read of a small log.
type logState struct {
	Head   ledger.LogHead
	Tiles  []ledger.Tile
	Blocks []int64
}

func stateOf(t *testing.T, e ledger.Engine) (s logState) {
	t.Helper()
	var err error
	s.Head, err = e.LogHead(t.Context())
	must(t, err)
	var ids []ledger.TileID
	for level := ledger.StateLevel; level < 3; level++ {
		ids = append(ids, ledger.TileID{Level: level}, ledger.TileID{Level: level, Index: 1})
	}
	s.Tiles, err = e.LogTiles(t.Context(), ids)
	must(t, err)
	s.Blocks, err = e.LogBlocks(t.Context(), []ledger.EntryID{entryID(1), entryID(2), entryID(3)})
	must(t, err)
	return s
}

func wholeStep(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, nil, []ledger.Entry{entry(1), entry(2), entry(3)})
	step, err := advance(t, e, 2, 2)
	must(t, err)
	got := stateOf(t, e)
	same(t, "head", got.Head, step.To)
	same(t, "blocks", got.Blocks, []int64{0, 0, 0})
	same(t, "logged", logged(t, e), []ledger.EntryID{entryID(1), entryID(2)})
	rest, last, err := unlogged(t, e, got.Head, 1, 10)
	must(t, err)
	same(t, "what is left", rest, []ledger.Entry{entry(3)})
	end, err := e.Head(t.Context())
	must(t, err)
	after, _, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{After: got.Head.After, Until: last, Limit: 5})
	must(t, err)
	same(t, "the places are those of the reports", after, rest)
	nothing, _, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{After: last, Until: end, Limit: 5})
	must(t, err)
	same(t, "behind them", len(nothing), 0)
	again := e.AdvanceLog(t.Context(), step)
	wantError(t, "the same step again", again, ledger.ErrConflict)
	same(t, "the log after it", stateOf(t, e), got)
}

func replacedTiles(t *testing.T, s suite) {
	e := s.fresh(t)
	long, short := bytes.Repeat([]byte{0xee}, 32*ledger.BlockSize), spread('t', 1)
	var head ledger.LogHead
	for _, data := range [][]byte{short, long, short} {
		step := ledger.LogStep{From: head, To: ledger.LogHead{Size: head.Size + 1, Root: root(head.Size), Epoch: head.Epoch + 1}}
		var ids []ledger.TileID
		for level := ledger.StateLevel; level <= 7; level++ {
			ids = append(ids, ledger.TileID{Level: level, Index: 1 << 40}, ledger.TileID{Level: level})
		}
		slices.Reverse(ids)
		for _, id := range ids {
			step.Tiles = append(step.Tiles, ledger.Tile{TileID: id, Data: append(slices.Clone(data), spread('t', id.Level+9+int(id.Index>>30))...)})
		}
		must(t, settled(t, e, step))
		head = step.To
		tiles, err := e.LogTiles(t.Context(), append(ids, ids[0], ledger.TileID{Level: 5, Index: 5}))
		must(t, err)
		same(t, "tiles", tiles, append(step.Tiles, step.Tiles[0], ledger.Tile{TileID: ledger.TileID{Level: 5, Index: 5}}))
	}
	must(t, settled(t, e, ledger.LogStep{From: head, To: ledger.LogHead{Size: 9}})) // without tiles
}

func stepFromElsewhere(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, nil, []ledger.Entry{entry(1), entry(2), entry(3)})
	_, err := advance(t, e, 1, 1)
	must(t, err)
	second, err := advance(t, e, 1, 1)
	must(t, err)
	want := stateOf(t, e)
	for name, change := range map[string]func(*ledger.LogHead){
		"size":           func(h *ledger.LogHead) { h.Size-- },
		"a later size":   func(h *ledger.LogHead) { h.Size++ },
		"root":           func(h *ledger.LogHead) { h.Root[31] ^= 1 },
		"no root":        func(h *ledger.LogHead) { h.Root = [32]byte{} },
		"epoch":          func(h *ledger.LogHead) { h.Epoch-- },
		"a later epoch":  func(h *ledger.LogHead) { h.Epoch++ },
		"place":          func(h *ledger.LogHead) { h.After = second.From.After },
		"no place":       func(h *ledger.LogHead) { h.After = "" },
		"the empty head": func(h *ledger.LogHead) { *h = ledger.LogHead{} },
	} {
		step := ledger.LogStep{
			From: want.Head, To: ledger.LogHead{Size: 3, Root: root(3), Epoch: 3, After: want.Head.After}, Starts: map[int64]ledger.EntryID{1: entryID(1)},
			Tiles: []ledger.Tile{{TileID: ledger.TileID{Level: ledger.RecordLevel}, Data: spread('r', 7)}, {TileID: ledger.TileID{Level: 2}, Data: spread('r', 7)}},
		}
		change(&step.From)
		wantError(t, name, e.AdvanceLog(t.Context(), step), ledger.ErrConflict)
		same(t, "the log after a wrong "+name, stateOf(t, e), want)
	}
	for _, step := range []ledger.LogStep{{From: ledger.LogHead{After: "x"}}, {From: want.Head, To: ledger.LogHead{After: "x"}}} {
		wantError(t, "a foreign cursor", e.AdvanceLog(t.Context(), step), ledger.ErrCursor)
	}
	same(t, "the log at the end", stateOf(t, e), want)
}

func blockWithoutEntry(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, nil, []ledger.Entry{entry(1)})
	step := firstStep()
	step.Starts = map[int64]ledger.EntryID{0: entryID(1), 1: entryID(2)}
	if err := e.AdvanceLog(t.Context(), step); err == nil {
		t.Error("a block begins with an entry that is not there")
	}
	same(t, "head", stateOf(t, e).Head, ledger.LogHead{})
	same(t, "blocks", stateOf(t, e).Blocks, []int64{-1, -1, -1})

	delete(step.Starts, 1)
	must(t, settled(t, e, step))
	want := stateOf(t, e)
	err := e.AdvanceLog(t.Context(), ledger.LogStep{From: step.To, To: ledger.LogHead{Size: 2, Epoch: 2}, Starts: step.Starts})
	if err == nil || errors.Is(err, ledger.ErrConflict) { // who is told of a conflict tries again
		t.Errorf("a block that begins twice: %v", err)
	}
	same(t, "the log after it", stateOf(t, e), want)
}

// racingIntegrators: every entry comes into the log once, in the order of the reports, and every step is the work of one.
func racingIntegrators(t *testing.T, s suite) {
	e := s.fresh(t)
	const writers, transactions, size = 2, 60, 5
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var unknown atomic.Int64
	var won epochs
	together(2*writers, func(worker int) {
		if worker >= writers {
			unknown.Add(integrate(ctx, t, e, writers*transactions*size, &won))
			return
		}
		for n := range transactions {
			var group []ledger.Entry
			for i := range size {
				group = append(group, entry(1000*worker+size*n+i))
			}
			err := transact(t, e, ledger.Keys{Entries: idsOf(group)}, func(v *ledger.View) error {
				for _, en := range group {
					v.AddEntry(en)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	head, err := e.LogHead(t.Context())
	must(t, err)
	if head.Size != writers*transactions*size || head.Epoch < won.count() || head.Epoch > won.count()+unknown.Load() {
		t.Errorf("head %+v after %d entries in %d steps, of %d more nobody knows", head, writers*transactions*size, won.count(), unknown.Load())
	}
	same(t, "the order of the log", logged(t, e), idsOf(all(t, e)))
}

// epochs are the steps that were made. Two integrators that made one and the same step, and of which one lost sight of it, both find
// that it was made.
type epochs struct {
	mu   sync.Mutex
	made map[int64]bool
}

func (e *epochs) add(epoch int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made == nil {
		e.made = map[int64]bool{}
	}
	e.made[epoch] = true
}

func (e *epochs) count() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return int64(len(e.made))
}

// integrate advances the log until it has all. It notes the steps that it made, and counts those that it may have made before another
// moved on.
func integrate(ctx context.Context, t *testing.T, e ledger.Engine, all int64, made *epochs) (unknown int64) {
	var once sync.Once
	for ctx.Err() == nil {
		head, err := e.LogHead(ctx)
		if err == nil && head.Size == all {
			return unknown
		}
		var step ledger.LogStep
		entries, _, errUnlogged := e.Unlogged(ctx, head, 1)
		if err = errors.Join(err, errUnlogged); err == nil && len(entries) == 0 {
			continue
		}
		if err == nil {
			step, err = advance(t, e, 0, 37)
		}
		switch {
		case err == nil:
			made.add(step.To.Epoch)
		case errors.Is(err, ledger.ErrOutcomeUnknown):
			unknown++
		case !errors.Is(err, ledger.ErrConflict):
			once.Do(func() { t.Errorf("advance: %v", err) })
		}
	}
	return unknown
}

func checkpoints(t *testing.T, s suite) {
	e := s.fresh(t)
	for _, size := range []int64{5, 1, 300, 1 << 40} {
		must(t, e.AddCheckpoint(t.Context(), size, root(size), []byte("note "+root2text(size))))
	}
	wantError(t, "another root", e.AddCheckpoint(t.Context(), 300, root(5), []byte("forged")), ledger.ErrConflict)
	must(t, e.AddCheckpoint(t.Context(), 5, root(5), []byte("a longer text, — with a witness\n\x00")))
	must(t, e.AddCheckpoint(t.Context(), 5, root(5), []byte("a longer text, — with a witness\n\x00")))
	for atMost, want := range map[int64]string{
		1: "note " + root2text(1), 4: "note " + root2text(1), 5: "a longer text, — with a witness\n\x00",
		299: "a longer text, — with a witness\n\x00", 300: "note " + root2text(300), 1<<62 + 1: "note " + root2text(1<<40),
	} {
		text, err := e.Checkpoint(t.Context(), atMost)
		must(t, err)
		same(t, "checkpoint", string(text), want)
	}
	for _, atMost := range []int64{0, -1} {
		_, err := e.Checkpoint(t.Context(), atMost)
		wantError(t, "below the smallest", err, ledger.ErrNotFound)
	}
}

func root2text(n int64) string { r := root(n); return string(r[:]) }

func logOutlives(t *testing.T, s suite) {
	dir := t.TempDir()
	e, err := s.open(dir)
	must(t, err)
	store(t, e, nil, []ledger.Entry{entry(1), entry(2), entry(3)})
	_, err = advance(t, e, 2, 2)
	must(t, err)
	must(t, e.AddCheckpoint(t.Context(), 2, root(2), []byte("two")))
	want := stateOf(t, e)
	must(t, e.Close())
	e = s.at(t, dir)
	same(t, "the log", stateOf(t, e), want)
	text, err := e.Checkpoint(t.Context(), 9)
	must(t, err)
	same(t, "checkpoint", string(text), "two")
	wantError(t, "another root", e.AddCheckpoint(t.Context(), 2, root(3), nil), ledger.ErrConflict)
	_, err = advance(t, e, 1, 2)
	must(t, err)
	same(t, "logged", logged(t, e), []ledger.EntryID{entryID(1), entryID(2), entryID(3)})
}

func noSharedTiles(t *testing.T, s suite) {
	e := s.fresh(t)
	step := firstStep()
	must(t, settled(t, e, step))
	note := []byte("a note")
	must(t, e.AddCheckpoint(t.Context(), 1, root(1), note))
	spoil := func() {
		tiles, err := e.LogTiles(t.Context(), []ledger.TileID{{}, {}})
		must(t, err)
		same(t, "tiles", tiles, []ledger.Tile{{Data: spread('t', 1)}, {Data: spread('t', 1)}})
		text, err := e.Checkpoint(t.Context(), 1)
		must(t, err)
		same(t, "checkpoint", string(text), "a note")
		tiles[0].Data[0] ^= 1
		same(t, "the other of two", tiles[1].Data, spread('t', 1))
		text[0], note[0], step.Tiles[0].Data[0] = 0, 0, 0
	}
	spoil()
	spoil()
}
