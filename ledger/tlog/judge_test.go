package tlog_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	xtlog "golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

func textLogger(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }

// rootOf computes a root by transparency-dev/merkle.
func rootOf(t testing.TB, leaves []ledger.Record) [32]byte {
	t.Helper()
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	for i := range leaves {
		must(t, tree.Append(rfc6962.DefaultHasher.HashLeaf(leaves[i][:]), nil))
	}
	root, err := tree.GetRootHash(nil)
	must(t, err)
	if len(root) != 32 {
		return rfc6962Empty
	}
	return [32]byte(root)
}

var rfc6962Empty = [32]byte(rfc6962.DefaultHasher.EmptyRoot())

// verifyTiles compares every tile with those of the whole tree made at once by x/mod's tlog, and the blocks with the positions.
func (w *world) verifyTiles(entries []ledger.Entry) {
	w.Helper()
	ctx := context.Background()
	var all hashes
	var ids []ledger.TileID
	for i, r := range records(entries) {
		stored, err := xtlog.StoredHashes(int64(i), r[:], all)
		must(w, err)
		all = append(all, stored...)
	}
	tiles := xtlog.NewTiles(8, 0, int64(len(entries)))
	for _, t := range tiles {
		ids = append(ids, ledger.TileID{Level: t.L, Index: t.N})
	}
	kept, err := w.memory.LogTiles(ctx, ids)
	must(w, err)
	for i, t := range tiles {
		want, err := xtlog.ReadTileData(t, all)
		must(w, err)
		if string(kept[i].Data) != string(want) {
			w.Fatalf("tile %v has %d hashes, want %d, or others", ids[i], len(kept[i].Data)/32, len(want)/32)
		}
	}
	w.verifyBlocks(entries)
}

func (w *world) verifyBlocks(entries []ledger.Entry) {
	w.Helper()
	for i, e := range entries {
		if i%97 != 0 && i%256 > 1 && i%256 < 255 {
			continue
		}
		blocks, err := w.memory.LogBlocks(context.Background(), []ledger.EntryID{e.ID})
		must(w, err)
		if blocks[0] != int64(i/256) {
			w.Fatalf("entry %d is in block %d", i, blocks[0])
		}
		tiles, err := w.memory.LogTiles(context.Background(), []ledger.TileID{{Level: ledger.RecordLevel, Index: blocks[0]}})
		must(w, err)
		record := records([]ledger.Entry{e})[0]
		if at := i % 256 * 32; len(tiles[0].Data) < at+32 || string(tiles[0].Data[at:at+32]) != string(record[:]) {
			w.Fatalf("the record of entry %d is not in its place", i)
		}
	}
}

type hashes []xtlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]xtlog.Hash, error) {
	out := make([]xtlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = h[at]
	}
	return out, nil
}
