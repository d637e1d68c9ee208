package tlog_test

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// BenchmarkIntegrator puts entries of a Memory into the log, as fast as it goes.
func BenchmarkIntegrator(b *testing.B) {
	const entries = 100_000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		s := w.scribe()
		for range entries / 50 {
			w.store(s, 50)
		}
		var size atomic.Int64
		done := make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		i := w.integrator(w.memory, func(c *tlog.IntegratorConfig) {
			c.Observe = func(a tlog.Advance) {
				if size.Store(a.Size); a.Size == entries {
					cancel()
				}
			}
		})
		b.StartTimer()
		go func() { _ = i.Run(ctx); close(done) }()
		<-done
	}
	b.ReportMetric(float64(b.N)*entries/b.Elapsed().Seconds(), "entries/s")
}

// wide is a log of a great many records, of which one is that of an entry.
type wide struct {
	ledger.Log // none
	head       ledger.LogHead
	tiles      map[ledger.TileID][]byte
	text       []byte
	position   int64
}

func (l *wide) LogHead(context.Context) (ledger.LogHead, error) { return l.head, nil }

func (l *wide) LogTiles(_ context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	tiles := make([]ledger.Tile, len(ids))
	for i, id := range ids {
		tiles[i] = ledger.Tile{TileID: id, Data: l.tiles[id]}
	}
	return tiles, nil
}

func (l *wide) LogBlocks(context.Context, []ledger.EntryID) ([]int64, error) {
	return []int64{l.position / ledger.BlockSize}, nil
}

func (l *wide) AddCheckpoint(_ context.Context, _ int64, _ [32]byte, text []byte) error {
	l.text = text
	return nil
}

func (l *wide) Checkpoint(context.Context, int64) ([]byte, error) {
	if l.text == nil {
		return nil, ledger.ErrNotFound
	}
	return l.text, nil
}

func (l *wide) AdvanceLog(_ context.Context, step ledger.LogStep) error {
	for _, t := range step.Tiles {
		l.tiles[t.TileID] = t.Data
	}
	l.head = step.To
	return nil
}

// source gives a wide log its entries, of version 1, so that they need no keys.
type source struct {
	*wide
	size int64
}

func (s *source) entryAt(n int64) ledger.Entry {
	e := ledger.Entry{Encoding: 1, DecidedAt: epoch}
	binary.BigEndian.PutUint64(e.ID[:], uint64(n))
	return e
}

func (s *source) Unlogged(_ context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	var out []ledger.Entry
	for n := head.Size; n < min(s.size, head.Size+int64(limit)); n++ {
		out = append(out, s.entryAt(n))
	}
	return out, "", nil
}

func newWide(b *testing.B, w *world, size int64) *source {
	b.Helper()
	s := &source{wide: &wide{tiles: map[ledger.TileID][]byte{}, position: size / 3}, size: size}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	i := w.integrator(s, func(c *tlog.IntegratorConfig) {
		c.Limit = 50_000
		c.Observe = func(a tlog.Advance) {
			if a.Size == size {
				cancel()
			}
		}
	})
	must(b, i.Run(ctx))
	must(b, w.signer(b.TempDir(), func(c *tlog.SignerConfig) { c.Log, c.Checkpoints = s, s }).Sign(context.Background()))
	return s
}

func BenchmarkProofs(b *testing.B) {
	const size = 1_000_000
	w := newWorld(b)
	l := newWide(b, w, size)
	p, err := tlog.NewProver(tlog.ProverConfig{Log: l, Checkpoints: l, Origin: origin, Keys: []*tlog.Key{w.key}})
	must(b, err)
	e := l.entryAt(l.position)
	b.Run("inclusion", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := p.Inclusion(context.Background(), e); err != nil || got.Position != l.position {
				b.Fatal(got.Position, err)
			}
		}
	})
	b.Run("consistency", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.Consistency(context.Background(), size/3, size-1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
