package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func logTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"an empty log":                          emptyLog,
		"pages of what is not logged":           unloggedPages,
		"a step is stored whole":                wholeStep,
		"tiles are replaced":                    replacedTiles,
		"a step from elsewhere stores nothing":  stepFromElsewhere,
		"a block begins with an entry":          blockWithoutEntry,
		"blocks of entries":                     blocksOfEntries,
		"two integrators and two writers":       racingIntegrators,
		"checkpoints":                           checkpoints,
		"the log outlives the engine":           logOutlives,
		"what is read of the log is the caller": noSharedTiles,
	}
}

// The engines do no arithmetic: the roots here are invented, and records are the ids of entries.

func root(n int64) (r [32]byte) { copy(r[:], spread('r', int(n))); return r }

func recordOf(id ledger.EntryID) []byte { return append(id[:], make([]byte, 16)...) }

func firstStep() ledger.LogStep {
	return ledger.LogStep{
		To:    ledger.LogHead{Size: 1, Root: root(1), Epoch: 1},
		Tiles: []ledger.Tile{{TileID: ledger.TileID{Level: 0}, Data: spread('t', 1)}},
	}
}

// unlogged reads until there are at least so many: an engine may hold back what an older transaction, of whoever uses the
// server, could still precede.
func unlogged(t *testing.T, e ledger.Engine, head ledger.LogHead, least, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		entries, last, err := e.Unlogged(t.Context(), head, limit)
		if err != nil || len(entries) >= least || time.Now().After(deadline) {
			return entries, last, err
		}
	}
}

// advance takes the next entries, at most limit, into the log, as an integrator does, and tells the step that it tried.
func advance(t *testing.T, e ledger.Engine, least, limit int) (ledger.LogStep, error) {
	t.Helper()
	step := ledger.LogStep{Starts: map[int64]ledger.EntryID{}}
	var err error
	if step.From, err = e.LogHead(t.Context()); err != nil {
		return step, err
	}
	entries, last, err := unlogged(t, e, step.From, least, limit)
	if err != nil {
		return step, err
	}
	step.To = step.From
	for _, en := range entries {
		id := ledger.TileID{Level: ledger.RecordLevel, Index: step.To.Size / ledger.BlockSize}
		if step.To.Size%ledger.BlockSize == 0 {
			step.Starts[id.Index] = en.ID
			step.Tiles = append(step.Tiles, ledger.Tile{TileID: id})
		} else if len(step.Tiles) == 0 {
			if step.Tiles, err = e.LogTiles(t.Context(), []ledger.TileID{id}); err != nil {
				return step, err
			}
		}
		tile := &step.Tiles[len(step.Tiles)-1]
		tile.Data = append(tile.Data, recordOf(en.ID)...)
		step.To.Size++
	}
	step.To.Epoch, step.To.Root, step.To.After = step.From.Epoch+1, root(step.To.Size), last
	return step, settled(t, e, step)
}

// settled takes a step, and tells by the head what became of one whose outcome is unknown.
func settled(t *testing.T, e ledger.Engine, step ledger.LogStep) error {
	t.Helper()
	wasUnknown := false
	for {
		err := e.AdvanceLog(t.Context(), step)
		isUnknown := errors.Is(err, ledger.ErrOutcomeUnknown)
		if !isUnknown && (!wasUnknown || !errors.Is(err, ledger.ErrConflict)) {
			return err
		}
		wasUnknown = true
		head, errHead := e.LogHead(t.Context())
		switch {
		case errHead != nil:
			return errHead
		case head == step.To:
			return nil
		case head != step.From: // others have gone on, from it or in its place
			return ledger.ErrOutcomeUnknown
		}
	}
}

// logged gives the ids in the log, in order.
func logged(t *testing.T, e ledger.Engine) []ledger.EntryID {
	t.Helper()
	head, err := e.LogHead(t.Context())
	must(t, err)
	var ids []ledger.TileID
	for block := int64(0); block*ledger.BlockSize < head.Size; block++ {
		ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: block})
	}
	tiles, err := e.LogTiles(t.Context(), ids)
	must(t, err)
	var out []ledger.EntryID
	for _, tile := range tiles {
		for record := range slices.Chunk(tile.Data, 32) {
			out = append(out, ledger.EntryID(record[:16]))
		}
	}
	return out
}

func idsOf(entries []ledger.Entry) []ledger.EntryID {
	ids := make([]ledger.EntryID, len(entries))
	for i := range entries {
		ids[i] = entries[i].ID
	}
	return ids
}

func emptyLog(t *testing.T, s suite) {
	e := s.fresh(t)
	head, err := e.LogHead(t.Context())
	must(t, err)
	same(t, "head", head, ledger.LogHead{})
	entries, last, err := e.Unlogged(t.Context(), head, 10)
	if len(entries) != 0 || last != "" || err != nil {
		t.Errorf("unlogged %v, %q, %v; want none", entries, last, err)
	}
	ids := []ledger.TileID{{Level: ledger.RecordLevel}, {}, {Level: 3, Index: 1 << 40}, {Level: ledger.StateLevel}}
	tiles, err := e.LogTiles(t.Context(), ids)
	must(t, err)
	for i, tile := range tiles {
		same(t, "a tile that does not exist", tile, ledger.Tile{TileID: ids[i]})
	}
	store(t, e, nil, []ledger.Entry{entry(1)})
	blocks, err := e.LogBlocks(t.Context(), []ledger.EntryID{entryID(1), entryID(2), {}})
	must(t, err)
	same(t, "blocks", blocks, []int64{-1, -1, -1})
	none, err := e.LogTiles(t.Context(), nil)
	same(t, "no tiles", len(none), 0)
	must(t, err)
	blocks, err = e.LogBlocks(t.Context(), nil)
	same(t, "no blocks", len(blocks), 0)
	must(t, err)
	_, err = e.Checkpoint(t.Context(), 1<<60)
	wantError(t, "checkpoint", err, ledger.ErrNotFound)
}

func unloggedPages(t *testing.T, s suite) {
	want := mixed(250)
	e := s.filled(t, want)
	for _, limit := range []int{1, 7, 249, 250, 251, 5000} {
		var got []ledger.Entry
		var head ledger.LogHead
		for len(got) < len(want) {
			entries, last, err := unlogged(t, e, head, 1, limit)
			must(t, err)
			if len(entries) == 0 || len(entries) > limit {
				t.Fatalf("a page of %d entries behind %d, limit %d", len(entries), len(got), limit)
			}
			got, head.After = append(got, entries...), last
		}
		same(t, fmt.Sprintf("pages of %d", limit), got, want)
		entries, last, err := e.Unlogged(t.Context(), head, limit)
		must(t, err)
		same(t, "behind the last", len(entries), 0)
		same(t, "the place where nothing follows", last, head.After)
	}
	end, err := e.Head(t.Context())
	must(t, err)
	rest, last, err := e.Unlogged(t.Context(), ledger.LogHead{After: end}, 5)
	if len(rest) != 0 || last != end || err != nil {
		t.Errorf("behind the head of the reports: %d entries, %q, %v", len(rest), last, err)
	}
	_, _, err = e.Unlogged(t.Context(), ledger.LogHead{After: "x"}, 5)
	wantError(t, "a foreign cursor", err, ledger.ErrCursor)
}

func blocksOfEntries(t *testing.T, s suite) {
	entries := mixed(600)
	e := s.filled(t, entries)
	for _, size := range []int{200, 100, 220} { // ends inside of blocks, and begins two in one step
		_, err := advance(t, e, size, size)
		must(t, err)
	}
	same(t, "logged", logged(t, e), idsOf(entries[:520]))
	var ids []ledger.EntryID
	var want []int64
	for _, n := range []int{0, 1, 255, 256, 257, 300, 511, 512, 519, 520, 599, 3, 511} { // those from 520 are behind the last begin
		ids, want = append(ids, entries[n].ID), append(want, min(int64(n)/ledger.BlockSize, 2))
	}
	ids, want = append(ids, entryID(7000), ledger.EntryID{}), append(want, -1, -1)
	blocks, err := e.LogBlocks(t.Context(), ids)
	must(t, err)
	same(t, "blocks", blocks, want)
	for block := range int64(3) {
		start, err := e.LogStart(t.Context(), block)
		must(t, err)
		page, _, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{After: start, Limit: 3})
		must(t, err)
		same(t, fmt.Sprintf("block %d begins", block), idsOf(page), idsOf(entries[block*ledger.BlockSize:][:3]))
	}
	for _, block := range []int64{-1, 3, 1 << 50} {
		_, err := e.LogStart(t.Context(), block)
		wantError(t, "a block that does not exist", err, ledger.ErrNotFound)
	}
}
