package order_test

import (
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
)

func TestWhatIsNoOrder(t *testing.T) {
	b := newBench(t)
	account := b.put(1, maria())
	o := b.create(account, "vtb")
	other := o.ID
	other[15] ^= 1 // the same name with another tag
	for _, id := range []ledger.OrderID{{}, {1}, other, ledger.OrderID(b.entries()[0].ID)} {
		_, err := b.Get(t.Context(), id)
		refused(t, err, fault.OrderNotFound)
		_, err = b.Cancel(t.Context(), id, "")
		refused(t, err, fault.OrderNotFound)
	}
}

// The order of one bank is an unknown id like any other for the next one.
func TestAnotherBankUsesTheID(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "sberbank")
		b.clock.add(order.Life) // which would matter for an order
		if e := b.mustConfirm("vtb", b.asks(o.ID.String(), maria(), func(r *confirm.Request) { r.DryRun = true })); e.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("a dry run of another bank under the order's id: %v", e.Outcome)
		}
		if got := b.get(o.ID); got.State != order.Expired {
			t.Errorf("the order: %+v", got)
		}
		next := b.create(account, "sberbank")
		if e := b.mustConfirm("vtb", b.asks(next.ID.String(), maria())); e.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("another bank under the order's id: %v", e.Outcome)
		}
		if got := b.get(next.ID); got.State != order.Pending {
			t.Errorf("the order: %+v", got)
		}
	})
}

func TestAnotherPersonsData(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account, other := b.put(1, maria()), b.put(2, oleg())
		o := b.create(account, "sberbank")
		e := b.mustConfirm("sberbank", b.asks(o.ID.String(), oleg()))
		if e.Outcome != ledger.OutcomeNotMatched || len(e.Reasons) != 1 || e.Reasons[0] != ledger.ReasonNoMatchingAccount || !e.Account.IsZero() ||
			len(e.Fields)+len(e.Commitments) != 0 || e.Before != ledger.LevelNone {
			t.Errorf("%+v", e)
		}
		if n := b.failures(oleg()); n != 1 {
			t.Errorf("%d failures are counted", n)
		}
		if a, err := b.store.Account(t.Context(), other); err != nil || a.Level != ledger.LevelStandard {
			t.Errorf("the other's account: %+v, %v", a, err)
		}
		if got := b.get(o.ID); got.State != order.Decided || got.Confirmation.ID != e.ID {
			t.Errorf("%+v", got)
		}
	})
}

func TestNoDryRunOfAnOrder(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "sberbank")
	_, err := b.confirms("sberbank", b.asks(o.ID.String(), maria(), func(r *confirm.Request) { r.DryRun = true }))
	if f := refused(t, err, fault.FieldFormat); f.Kind != fault.Invalid || len(f.Violations) != 1 || f.Violations[0].Field != "dryRun" {
		t.Errorf("%+v", f)
	}
	if got := b.get(o.ID); got.State != order.Pending {
		t.Errorf("%+v", got)
	}
}
