package confirm_test

import (
	"context"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
)

// BenchmarkConfirm measures what the use case adds to the ledger: one caller, an account that is confirmed already.
func BenchmarkConfirm(b *testing.B) {
	w := newBench(b)
	w.put(mariasAccount())
	requests := make([]confirm.Request, 0, b.N)
	for range b.N {
		requests = append(requests, w.ask(maria()))
	}
	w.must(bank("vtb"), w.ask(maria()))
	b.ReportAllocs()
	b.ResetTimer()
	for _, r := range requests {
		if d, err := w.Confirm(context.Background(), bank("vtb"), r); err != nil || d.Entry.Outcome != ledger.OutcomeAlreadyConfirmed {
			b.Fatal(d, err)
		}
	}
}

// BenchmarkParse measures the way from words to a person.
func BenchmarkParse(b *testing.B) {
	w := newBench(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := w.Parse(maria(), partnersNone()); err != nil {
			b.Fatal(err)
		}
	}
}
