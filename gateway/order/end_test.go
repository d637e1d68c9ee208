package order_test

import (
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func TestExpiryToTheMicrosecond(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "sberbank")
		for _, step := range []struct {
			after, poll time.Duration
			want        order.State
		}{
			{0, 2 * time.Second, order.Pending},
			{20 * time.Second, 3 * time.Second, order.Pending},
			{time.Minute, 5 * time.Second, order.Pending},
			{298500 * time.Millisecond, 2 * time.Second, order.Pending},
			{order.Life - time.Microsecond, time.Second, order.Pending},
			{order.Life, 2 * time.Second, order.Expired}, // what began in time may still come
			{order.Life + 10*time.Second, 0, order.Expired},
		} {
			b.clock.now = start.Add(step.after)
			if got := b.get(o.ID); got.State != step.want || got.PollAfter != step.poll {
				t.Errorf("after %v: state %v, poll after %v", step.after, got.State, got.PollAfter)
			}
		}
		b.clock.now = start.Add(order.Life)
		_, err := b.confirms("sberbank", b.asks(o.ID.String(), maria()))
		refused(t, err, fault.OrderClosed)
		if got, err := b.Cancel(t.Context(), o.ID, ""); err != nil || got.State != order.Expired {
			t.Errorf("cancelled: %+v, %v", got, err)
		}
		if n := len(b.entries()); n != 1 {
			t.Errorf("%d entries", n)
		}
		b.clock.now = start.Add(order.Life - time.Microsecond)
		if e := b.mustConfirm("sberbank", b.asks(o.ID.String(), maria())); e.Outcome != ledger.OutcomeConfirmed {
			t.Errorf("in the last microsecond: %v", e.Outcome)
		}
	})
}

// What this gateway began in time and has not settled keeps the order from being called expired.
func TestExpiryWaitsForWhatIsUnderWay(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "sberbank")
	b.clock.add(order.Life - time.Second)
	memory, isMemory := b.store.(*ledgertest.Memory)
	if !isMemory {
		t.Fatal("only the ledger in memory can be broken")
	}
	memory.Fault = func(ledger.Writes) error { return ledger.ErrOutcomeUnknown }
	_, err := b.confirms("sberbank", b.asks(o.ID.String(), maria()))
	refused(t, err, fault.OutcomeUnknown)
	memory.Fault = nil
	b.clock.add(2 * time.Second)
	if got := b.get(o.ID); got.State != order.Pending || got.PollAfter != 2*time.Second {
		t.Errorf("while nobody knows: %+v", got)
	}
	b.clock.add(10 * time.Second)
	if got := b.get(o.ID); got.State != order.Expired || got.PollAfter != 0 {
		t.Errorf("when it can be known: %+v", got)
	}
}

func TestCancel(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "sberbank")
		b.clock.add(time.Second)
		for range 2 {
			if got, err := b.Cancel(t.Context(), o.ID, "0af3"); err != nil || got.State != order.Cancelled || got.PollAfter != 0 {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		entries := b.entries()
		if len(entries) != 2 || entries[1].Kind != ledger.KindOrderCancel || entries[1].Partner != ledger.PortalID || entries[1].Account != account ||
			entries[1].Detail != "order="+o.ID.String() || entries[1].Serial != "0af3" || entries[1].ID != b.ring.OrderCancelID(o.ID) {
			t.Fatalf("%+v", entries)
		}
		_, err := b.confirms("sberbank", b.asks(o.ID.String(), maria()))
		refused(t, err, fault.OrderClosed)
		if next := b.create(account, "vtb"); next.ID == o.ID {
			t.Error("the account has the same order again")
		}
		b.clock.add(time.Hour)
		if got := b.get(o.ID); got.State != order.Cancelled {
			t.Errorf("an hour later: %+v", got)
		}
	})
}

// Cancelling an order that has been replaced by another must not close that.
func TestAnOldOrderLeavesTheNextAlone(t *testing.T) {
	for name, end := range map[string]func(b *bench, old order.Order) error{
		"confirmed": func(b *bench, old order.Order) error {
			_, err := b.confirms("sberbank", b.asks(old.ID.String(), oleg()))
			return err
		},
		"cancelled": func(b *bench, old order.Order) error {
			got, err := b.Cancel(t.Context(), old.ID, "")
			if got.State != order.Cancelled {
				t.Errorf("%+v", got)
			}
			return err
		},
	} {
		b := newBench(t)
		account := b.put(1, maria())
		old := b.create(account, "sberbank")
		b.clock.add(order.Life)
		b.create(account, "sberbank")
		b.clock.now = start.Add(order.Life - time.Second) // a gateway whose clock is behind
		if err := end(b, old); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b.clock.now = start.Add(order.Life + time.Second)
		_, err := b.Create(t.Context(), order.Create{Account: account, Bank: "sberbank", RequestID: b.next()})
		refused(t, err, fault.OrderOpen)
	}
}
