package tlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
)

// forgetful stores nothing, so that the same hour can be sealed again and again.
type forgetful struct{}

func (forgetful) Transact(_ context.Context, _ ledger.Keys, decide func(*ledger.View) error) error {
	return ledger.NewView(ledger.Loaded{}).Try(decide)
}

// BenchmarkSealer seals an hour of many entries of many banks that are in the log of a Memory.
func BenchmarkSealer(b *testing.B) {
	const entries, banks = 100_000, 300
	w := newWorld(b)
	y := &yard{world: w, clock: &clock{epoch.Add(time.Hour + 2*time.Minute)}}
	s := w.scribe()
	for range entries / 50 {
		made := w.group(50)
		for i := range made {
			made[i].Partner = ledger.PartnerID(fmt.Sprintf("bank-%d", w.made*7919%banks+i))
			made[i].DecidedAt = epoch.Add(time.Duration(w.made) * 30 * time.Millisecond)
		}
		s.Finish(made)
		must(b, w.put(made))
		s.Stored(made)
	}
	y.grow()
	c, err := group.New(group.Config{Ledger: forgetful{}})
	must(b, err)
	sealed := 0
	b.ReportAllocs()
	for b.Loop() {
		sealer := y.sealer(func(cfg *tlog.SealerConfig) {
			cfg.Committer, cfg.Limit = c, 0
			cfg.Observe = func(s tlog.Sealing) { sealed += int(s.Entries) }
		})
		must(b, sealer.Seal(context.Background()))
	}
	if sealed != b.N*entries {
		b.Fatalf("%d entries were sealed in %d rounds", sealed, b.N)
	}
	b.ReportMetric(float64(sealed)/b.Elapsed().Seconds(), "entries/s")
	must(b, c.Close(context.Background()))
}
