package confirm_test

import (
	"context"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
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

// BenchmarkWrongClaim measures a wrong claim of an account and of none. The two must not be told apart.
func BenchmarkWrongClaim(b *testing.B) {
	for name, known := range map[string]bool{"known": true, "unknown": false} {
		b.Run(name, func(b *testing.B) {
			w := newBench(b)
			account := mariasAccount()
			account.owner.Citizenship = "KAZ" // whose passport does not grow old, however many days pass
			if known {
				w.put(account)
			}
			claim := with(account.owner, func(p *person.Raw) { p.BirthDate = "1990-04-22" })
			requests := make([]confirm.Request, 0, b.N)
			for range b.N {
				requests = append(requests, w.ask(claim))
			}
			b.ResetTimer()
			for i, r := range requests {
				if i%5 == 0 { // another day, another budget
					w.clock.add(25 * time.Hour)
				}
				r.Authentication.At = w.clock.Now()
				if d, err := w.Confirm(context.Background(), bank("vtb"), r); err != nil || d.Entry.Outcome != ledger.OutcomeNotMatched {
					b.Fatal(d, err)
				}
			}
		})
	}
}
