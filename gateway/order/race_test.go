package order_test

import (
	"sync"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
)

// TestFiftyCreatesAtOnce makes orders about one account from everywhere: one is made, and who asks for it again gets it.
func TestFiftyCreatesAtOnce(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		shared := b.next()
		var all sync.WaitGroup
		var mu sync.Mutex
		made := map[ledger.OrderID]int{}
		for i := range 50 {
			c := order.Create{Account: account, Bank: partners.ID([]string{"vtb", "sberbank"}[i%2]), RequestID: b.next()}
			if i%5 == 0 {
				c.Bank, c.RequestID = "vtb", shared
			}
			all.Go(func() {
				o, err := b.Create(t.Context(), c)
				if err != nil {
					refused(t, err, fault.OrderOpen)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				made[o.ID]++
			})
		}
		all.Wait()
		if len(made) != 1 || len(b.entries()) != 1 {
			t.Errorf("%v were made, and %d are stored", made, len(b.entries()))
		}
	})
}

// TestCancelAgainstConfirm lets the portal cancel while the bank confirms, 200 times: exactly one of them wins.
func TestCancelAgainstConfirm(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		const rounds = 200
		wins := map[order.State]int{}
		for n := range rounds {
			account := b.put(1, maria(), func(a *ledger.Account) { a.Version = int64(n + 1) }) // back at STANDARD
			b.clock.add(ledger.OrderMemory)
			o := b.create(account, "sberbank")
			r := b.asks(o.ID.String(), maria())
			var decision confirm.Decision
			var confirming, cancelling error
			var cancelled order.Order
			var both sync.WaitGroup
			both.Go(func() { decision, confirming = b.confirms("sberbank", r) })
			both.Go(func() { cancelled, cancelling = b.Cancel(t.Context(), o.ID, "") })
			both.Wait()
			got := b.get(o.ID)
			wins[got.State]++
			switch {
			case confirming == nil && cancelling != nil:
				refused(t, cancelling, fault.OrderClosed)
				if got.State != order.Decided || got.Confirmation.ID != decision.Entry.ID {
					t.Fatalf("confirmed, and then it is %+v", got)
				}
			case confirming != nil && cancelling == nil:
				refused(t, confirming, fault.OrderClosed)
				if got.State != order.Cancelled || cancelled.State != order.Cancelled {
					t.Fatalf("cancelled, and then it is %+v", got)
				}
			default:
				t.Fatalf("confirming: %v; cancelling: %v", confirming, cancelling)
			}
			if a, err := b.store.Account(t.Context(), account); err != nil || (a.Level == ledger.LevelConfirmed) != (got.State == order.Decided) {
				t.Fatalf("the order is %v and the account %v, %v", got.State, a.Level, err)
			}
		}
		t.Logf("confirmed %d, cancelled %d", wins[order.Decided], wins[order.Cancelled])
		if n := len(b.entries()); n != 2*rounds {
			t.Errorf("%d entries", n)
		}
	})
}
