package group_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// BenchmarkDo is what the queue costs: the decisions neither read nor write. 64 callers for each core, in 8 lanes.
func BenchmarkDo(b *testing.B) {
	c, err := group.New(group.Config{Ledger: &ledgertest.Memory{}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(b.Context()) }()
	var callers atomic.Int64
	b.SetParallelism(64)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		lane := group.Lane(strconv.FormatInt(callers.Add(1)%8, 10))
		for p.Next() {
			if _, err := group.Do(b.Context(), c, lane, ledger.Keys{}, func(*ledger.View) (int, error) { return 0, nil }); err != nil {
				b.Error(err)
			}
		}
	})
}
