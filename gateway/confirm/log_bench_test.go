package confirm_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
)

// BenchmarkLog measures what the log costs a confirmation: with links and marks, and with a receipt in each answer besides, on the
// embedded ledger under load. Run it several times: the disk decides.
func BenchmarkLog(b *testing.B) {
	for _, kind := range []string{"none", "scribe", "receipts"} {
		b.Run(kind, func(b *testing.B) { benchmarkLog(b, kind) })
	}
}

func benchmarkLog(b *testing.B, kind string) {
	ring := newRing(b)
	store := openSQLite(b, filepath.Join(b.TempDir(), "ledger.db"))
	key, err := tlog.NewKey("dev.poruka/ledger", ring)
	if err != nil {
		b.Fatal(err)
	}
	receipts, err := tlog.NewReceipts(tlog.ReceiptsConfig{Key: key, Marks: ring})
	if err != nil {
		b.Fatal(err)
	}
	cfg := group.Config{Ledger: store}
	if kind != "none" {
		cfg.Scribe = func() group.Scribe { return tlog.NewScribe(ring, receipts) }
	}
	receipt := func(ledger.Entry) string { return "" }
	if kind == "receipts" {
		receipt = receipts.Of
	}
	rig := benchOn(b, store, ring)
	account := mariasAccount()
	account.level, account.method = ledger.LevelConfirmed, ledger.MethodBank
	rig.put(account)
	committer, err := group.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = committer.Close(context.Background()) })
	service, err := confirm.New(confirm.Config{Committer: committer, Reader: store, Ring: ring, Clock: rig.clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	requests := make(chan confirm.Request, b.N)
	for range b.N {
		requests <- rig.ask(maria())
	}
	close(requests)
	b.ResetTimer()
	var banks sync.WaitGroup
	for range 128 {
		banks.Go(func() {
			for r := range requests {
				d, err := service.Confirm(context.Background(), bank("vtb"), r)
				if err != nil || (receipt(d.Entry) == "") == (kind == "receipts") {
					b.Errorf("%v", err)
					return
				}
			}
		})
	}
	banks.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "confirmations/s")
}
