package tlog_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func slicesOf(hashes [][32]byte) [][]byte {
	var out [][]byte
	for _, h := range hashes {
		out = append(out, h[:])
	}
	return out
}

func TestProofsAreAcceptedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s, signer, p := w.scribe(), w.signer(t.TempDir()), w.prover()
		var heads []verify.Signed
		for _, n := range []int{1, 1, 5, 249, 1, 600} {
			w.store(s, n)
			w.integrate(w.memory, 1e9)
			must(t, signer.Sign(t.Context()))
			heads = append(heads, w.published())
		}
		hasher, newest := rfc6962.DefaultHasher, heads[len(heads)-1]
		for i, e := range w.entries() {
			if i%41 != 0 && i%256 > 1 && i != 856 {
				continue
			}
			got, err := p.Inclusion(t.Context(), e)
			must(t, err)
			record := records([]ledger.Entry{e})[0]
			err = proof.VerifyInclusion(hasher, uint64(got.Position), uint64(got.Size), hasher.HashLeaf(record[:]), slicesOf(got.Proof), newest.Root[:])
			if err != nil || got.Position != int64(i) || got.Size != 857 {
				t.Fatalf("entry %d: position %d of %d, %v", i, got.Position, got.Size, err)
			}
			signed, err := verify.Checkpoint(got.Checkpoint, w.keys)
			must(t, err)
			must(t, verify.Inclusion(record, got.Position, signed, got.Proof))
			if verify.Inclusion(record, got.Position^1, signed, got.Proof) == nil || verify.Inclusion(ledger.Record{}, got.Position, signed, got.Proof) == nil {
				t.Error("the proof proves another thing as well")
			}
		}
		for _, older := range heads {
			for _, newer := range heads {
				w.checkConsistency(p, older, newer)
			}
		}
		for _, wrong := range [][2]int64{{-1, 3}, {3, 2}, {1, 858}} {
			if _, err := p.Consistency(t.Context(), wrong[0], wrong[1]); !errors.Is(err, tlog.ErrRange) {
				t.Errorf("from %d to %d: %v", wrong[0], wrong[1], err)
			}
		}
	})
}

func (w *world) checkConsistency(p *tlog.Prover, older, newer verify.Signed) {
	w.Helper()
	if older.Size > newer.Size {
		return
	}
	got, err := p.Consistency(context.Background(), older.Size, newer.Size)
	must(w, err)
	must(w, proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.Size), uint64(newer.Size), slicesOf(got), older.Root[:], newer.Root[:]))
	must(w, verify.Consistency(older, newer, got))
	older.Root[0] ^= 1
	if verify.Consistency(older, newer, got) == nil {
		w.Error("the proof proves another thing as well")
	}
}

func TestWhatCannotBeProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s, signer, p := w.scribe(), w.signer(t.TempDir()), w.prover()
		first := w.store(s, 1)[0]
		for what, ready := range map[string]func(){
			"not signed": func() { w.integrate(w.memory, 1e9) }, "not in the log": func() {},
		} {
			if _, err := p.Inclusion(t.Context(), first); !errors.Is(err, tlog.ErrNotYet) {
				t.Errorf("an entry %s: %v", what, err)
			}
			ready()
		}
		w.store(s, 255)
		w.integrate(w.memory, 1e9)
		must(t, signer.Sign(t.Context()))
		late := w.store(s, 1)[0] // behind a block that is just full
		if _, err := p.Inclusion(t.Context(), late); !errors.Is(err, tlog.ErrNotYet) {
			t.Errorf("an entry behind the log: %v", err)
		}
		w.integrate(w.memory, 1e9)
		if _, err := p.Inclusion(t.Context(), late); !errors.Is(err, tlog.ErrNotYet) {
			t.Errorf("an entry behind what is signed: %v", err)
		}
		altered := first
		altered.Outcome = ledger.OutcomeConfirmed
		if _, err := p.Inclusion(t.Context(), altered); !errors.Is(err, tlog.ErrAltered) {
			t.Errorf("an altered entry: %v", err)
		}
		positions, err := p.Positions(t.Context(), []ledger.Entry{late, first, w.entry(), first})
		if err != nil || len(positions) != 4 || positions[0] != 256 || positions[1] != 0 || positions[2] != -1 || positions[3] != 0 {
			t.Errorf("positions %v, %v", positions, err)
		}
		w.lieInTile(ledger.TileID{Level: 0})
		if _, err := p.Inclusion(t.Context(), first); !errors.Is(err, tlog.ErrBroken) {
			t.Errorf("with a tile that was changed: %v", err)
		}
	})
}

func (w *world) lieInTile(id ledger.TileID) {
	w.Helper()
	tiles, err := w.memory.LogTiles(context.Background(), []ledger.TileID{id})
	must(w, err)
	tiles[0].Data[33] ^= 1
	head := w.head()
	must(w, w.memory.AdvanceLog(context.Background(), ledger.LogStep{From: head, To: head, Tiles: tiles}))
}

func TestPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := tlog.NewPublisher(w.memory, w.memory)
		read := func(path string) (tlog.Published, error) {
			r, err := tlog.ParsePath(path)
			if err != nil {
				return tlog.Published{}, err
			}
			return p.Read(t.Context(), r)
		}
		if _, err := read("checkpoint"); !errors.Is(err, tlog.ErrNoPath) {
			t.Errorf("a checkpoint of nothing: %v", err)
		}
		w.grow(300)
		must(t, w.signer(t.TempDir()).Sign(t.Context()))
		for path, size := range map[string]int{
			"tile/0/000": 8192, "tile/0/001.p/44": 44 * 32, "tile/0/001.p/1": 32, "tile/1/000.p/1": 32,
			"tile/entries/000": 256 * 34, "tile/entries/001.p/44": 44 * 34,
		} {
			if got, err := read(path); err != nil || len(got.Content) != size || !got.Final {
				t.Errorf("%s: %d bytes, %v; want %d", path, len(got.Content), err, size)
			}
		}
		bundle, err := read("tile/entries/001.p/2")
		must(t, err)
		if want := records(w.entries()[256:258]); string(bundle.Content) != "\x00\x20"+string(want[0][:])+"\x00\x20"+string(want[1][:]) {
			t.Error("the bundle does not hold the records")
		}
		if got, err := read("checkpoint"); err != nil || got.Final || len(got.Content) == 0 {
			t.Errorf("checkpoint: %+v, %v", got, err)
		}
		for _, path := range []string{
			"", "/checkpoint", "checkpoint/", "tile", "tile/0/001", "tile/0/001.p/45", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/000.p/-1", "tile/2/000",
			"tile/0/0", "tile/0/x000/000", "tile/data/000", "tile/-1/000", "tile/-2/000", "tile/00/000", "tile/0/002", "tile/8/000/000", "tile/64/000", "tile/0/../0/000",
		} {
			if got, err := read(path); !errors.Is(err, tlog.ErrNoPath) {
				t.Errorf("%q: %d bytes, %v", path, len(got.Content), err)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, path := range []string{"checkpoint", "tile/0/000", "tile/5/x123/x456/789.p/255", "tile/entries/x001/234", "tile/entries/000.p/1", "tile/data/000"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := tlog.ParsePath(path)
		if err != nil {
			return
		}
		isSound := r.IsCheckpoint || (r.Tile.Level >= ledger.RecordLevel && r.Tile.Index >= 0 && r.Width >= 1 && r.Width <= 256)
		if r.Path() != path || !isSound {
			t.Errorf("%q is read as %+v, which is %q", path, r, r.Path())
		}
	})
}
