package order_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/style"
)

// says makes the bank answer always the same.
func (b *bench) says(in style.Request, err error) {
	b.puller.answers(func(context.Context, string) (style.Request, error) { return in, err })
}

func TestPulledDataAreDecided(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "vtb")
		if b.puller.called() != 0 {
			t.Error("the bank is asked before anybody asks for the order")
		}
		b.says(style.Request{}, order.ErrWaiting)
		if got := b.get(o.ID); got.State != order.Pending || got.Progress != order.WaitingForCustomer || got.NotChecked || got.PollAfter != 2*time.Second {
			t.Errorf("while the customer has not agreed: %+v", got)
		}
		b.clock.add(2 * time.Second)
		b.says(b.pulled(o.ID.String(), maria()), nil)
		got := b.get(o.ID)
		e := got.Confirmation
		if got.State != order.Decided || got.Progress != order.ProgressNone || got.PollAfter != 0 || e.Outcome != ledger.OutcomeConfirmed || e.Partner != "vtb" ||
			e.Account != account || e.Style != "vtb" || e.Serial != "" || e.Means != ledger.AuthenticatedByApp || e.Kind != ledger.KindConfirmation {
			t.Fatalf("%+v", got)
		}
		if state, found, err := b.confirm.Find(t.Context(), "vtb", o.ID.String()); state != confirm.Decided || found.ID != e.ID || err != nil {
			t.Errorf("the bank finds %v, %v", state, err)
		}
		b.clock.add(2 * time.Second)
		if again := b.get(o.ID); again.Confirmation.ID != e.ID || b.puller.called() != 2 {
			t.Errorf("a decided order is pulled again: %d calls", b.puller.called())
		}
		if len(b.decided) != 1 || b.decided[0] != "vtb CONFIRMED" || len(b.failed) != 0 {
			t.Errorf("told: %v, %v", b.decided, b.failed)
		}
	})
}

// What a bank sends when it is asked is the same claim as when it calls.
func TestAPulledClaimIsLikeACalledOne(t *testing.T) {
	b := newBench(t)
	account := b.put(1, maria())
	pulled := b.create(account, "vtb")
	in := b.pulled(pulled.ID.String(), oleg())
	in.SentAt = b.clock.Now()
	b.says(in, nil)
	e := b.get(pulled.ID).Confirmation
	r := b.asks(pulled.ID.String(), oleg(), func(r *confirm.Request) {
		r.Authentication.Means, r.SentAt = ledger.AuthenticatedByApp, in.SentAt
	})
	if d, err := b.confirms("vtb", r); err != nil || !d.Replayed || d.Entry.ID != e.ID {
		t.Errorf("the same claim by a call: %+v, %v", d, err)
	}
}

// Whatever goes wrong at the bank leaves the order open, stores nothing and tells when to ask again.
func TestABankThatCannotBeAsked(t *testing.T) {
	broken := maria()
	broken.SNILS = "112-233-445 96"
	for name, c := range map[string]struct {
		answer func(b *bench, o order.Order) (style.Request, error)
		free   time.Duration
	}{
		"nobody answers": {answer: func(*bench, order.Order) (style.Request, error) { return style.Request{}, &orderUnreachable }},
		"breaker open": {func(*bench, order.Order) (style.Request, error) {
			return style.Request{}, &order.Unreachable{RetryAfter: 20 * time.Second}
		}, 20 * time.Second},
		"any error": {answer: func(*bench, order.Order) (style.Request, error) { return style.Request{}, errors.New("?") }},
		"its own time is over": {answer: func(*bench, order.Order) (style.Request, error) {
			return style.Request{}, context.DeadlineExceeded
		}},
		"another order's data": {answer: func(b *bench, _ order.Order) (style.Request, error) { return b.pulled(b.next(), maria()), nil }},
		"no id":                {answer: func(b *bench, _ order.Order) (style.Request, error) { return b.pulled("", maria()), nil }},
		"a person with a flaw": {answer: func(b *bench, o order.Order) (style.Request, error) { return b.pulled(o.ID.String(), broken), nil }},
		"no person": {answer: func(b *bench, o order.Order) (style.Request, error) {
			return b.pulled(o.ID.String(), person.Raw{}), nil
		}},
		"a dry run": {answer: func(b *bench, o order.Order) (style.Request, error) {
			in := b.pulled(o.ID.String(), maria())
			in.DryRun = true
			return in, nil
		}},
		"unknown means": {answer: func(b *bench, o order.Order) (style.Request, error) {
			in := b.pulled(o.ID.String(), maria())
			in.Means = "TELEPATHY"
			return in, nil
		}},
		"from the future": {answer: func(b *bench, o order.Order) (style.Request, error) {
			in := b.pulled(o.ID.String(), maria())
			in.SentAt = b.clock.Now().Add(time.Hour)
			return in, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			o := b.create(b.put(1, maria()), "vtb")
			in, err := c.answer(b, o)
			b.says(in, err)
			got := b.get(o.ID)
			if got.State != order.Pending || got.Progress != order.WaitingForBank || !got.NotChecked || got.RetryAfter != c.free || got.PollAfter == 0 {
				t.Errorf("%+v", got)
			}
			if len(b.failed) != 1 || len(b.entries()) != 1 {
				t.Errorf("told %v, stored %d entries", b.failed, len(b.entries()))
			}
			b.clock.add(2 * time.Second)
			b.says(b.pulled(o.ID.String(), maria()), nil)
			if got = b.get(o.ID); got.State != order.Decided || got.Confirmation.Outcome != ledger.OutcomeConfirmed {
				t.Errorf("when the bank is well again: %+v", got)
			}
		})
	}
}

func TestAttemptsAreCountedForPullsToo(t *testing.T) {
	b := newBench(t)
	account := b.put(1, maria())
	for range 5 {
		o := b.create(account, "vtb")
		in := b.pulled(o.ID.String(), oleg())
		b.says(in, nil)
		if got := b.get(o.ID); got.Confirmation.Outcome != ledger.OutcomeNotMatched {
			t.Fatalf("%+v", got)
		}
	}
	o := b.create(account, "vtb")
	b.says(b.pulled(o.ID.String(), oleg()), nil)
	if got := b.get(o.ID); !got.NotChecked || got.RetryAfter < 59*time.Minute || got.RetryAfter > time.Hour {
		t.Errorf("%+v", got)
	}
}

func TestTheCustomerRefuses(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "vtb")
		b.says(style.Request{}, order.ErrRefused)
		if got := b.get(o.ID); got.State != order.Cancelled || got.PollAfter != 0 {
			t.Fatalf("%+v", got)
		}
		e := b.entries()[1]
		if e.Kind != ledger.KindOrderCancel || e.Partner != "vtb" || e.Style != "vtb" || e.Account != account {
			t.Errorf("%+v", e)
		}
		_, err := b.confirms("vtb", b.asks(o.ID.String(), maria()))
		refused(t, err, fault.OrderClosed)
		b.create(account, "vtb")
	})
}

// While the bank is being asked the customer's data may come by a call, or the portal may cancel: the order is what the ledger says.
func TestTheOrderEndsWhileItIsPulled(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(b *bench, o order.Order)
		answer    error
		want      order.State
	}{
		"called":              {func(b *bench, o order.Order) { b.mustConfirm("vtb", b.asks(o.ID.String(), maria())) }, nil, order.Decided},
		"called, and refused": {func(b *bench, o order.Order) { b.mustConfirm("vtb", b.asks(o.ID.String(), maria())) }, order.ErrRefused, order.Decided},
		"cancelled":           {func(b *bench, o order.Order) { _, _ = b.Cancel(b.t.Context(), o.ID, "") }, nil, order.Cancelled},
		"cancelled by both":   {func(b *bench, o order.Order) { _, _ = b.Cancel(b.t.Context(), o.ID, "") }, order.ErrRefused, order.Cancelled},
		"expired":             {func(b *bench, _ order.Order) { b.clock.add(order.Life) }, nil, order.Expired},
		"expired, refused":    {func(b *bench, _ order.Order) { b.clock.add(order.Life) }, order.ErrRefused, order.Expired},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			o := b.create(b.put(1, maria()), "vtb")
			in := b.pulled(o.ID.String(), maria())
			b.puller.answers(func(context.Context, string) (style.Request, error) {
				c.meanwhile(b, o)
				return in, c.answer
			})
			if got := b.get(o.ID); got.State != c.want {
				t.Errorf("%+v", got)
			}
			if n := len(b.entries()); n > 2 || len(b.failed) != 0 {
				t.Errorf("%d entries, told %v", n, b.failed)
			}
		})
	}
}

func TestBanksThatAreNotAsked(t *testing.T) {
	b := newBench(t)
	called := b.create(b.put(1, maria()), "sberbank")
	if got := b.get(called.ID); got.State != order.Pending || got.Progress != order.ProgressNone || b.puller.called() != 0 {
		t.Errorf("a bank without an address: %+v, %d calls", got, b.puller.called())
	}
	o := b.create(b.put(2, oleg()), "vtb")
	b.banks["away"], b.banks["vtb"] = b.banks["vtb"], b.banks["away"]
	delete(b.banks, "vtb") // it has left the roster
	if got := b.get(o.ID); got.State != order.Pending || b.puller.called() != 0 {
		t.Errorf("a bank that may not call: %+v, %d calls", got, b.puller.called())
	}
}

// A ledger that fails is not taken for a bank that does, and the order is decided when it is asked for again.
func TestTheLedgerFailsWhileADecisionIsStored(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "vtb")
	b.says(b.pulled(o.ID.String(), maria()), nil)
	memory, isMemory := b.store.(*ledgertest.Memory)
	if !isMemory {
		t.Fatal("only the ledger in memory can be broken")
	}
	memory.Fault = func(ledger.Writes) error { return ledger.ErrOutcomeUnknown }
	_, err := b.Get(t.Context(), o.ID)
	refused(t, err, fault.OutcomeUnknown)
	memory.Fault = nil
	b.clock.add(2 * time.Second)
	if got := b.get(o.ID); got.State != order.Decided || len(b.failed) != 0 {
		t.Errorf("%+v, told %v", got, b.failed)
	}
}

// A puller that panics must not keep the order from being pulled for ever.
func TestAPullThatPanics(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "vtb")
	b.puller.answers(func(context.Context, string) (style.Request, error) { panic("a defect") })
	func() {
		defer func() { _ = recover() }()
		_, _ = b.Get(t.Context(), o.ID)
	}()
	b.clock.add(2 * time.Second)
	b.says(style.Request{}, order.ErrWaiting)
	if got := b.get(o.ID); got.Progress != order.WaitingForCustomer {
		t.Errorf("%+v", got)
	}
}

// What is remembered of pulls is forgotten with the orders.
func TestPullsAreForgotten(t *testing.T) {
	b := newBench(t)
	b.says(style.Request{}, order.ErrWaiting)
	for n := range 3000 {
		id := ledger.AccountID{0xad, byte(n >> 8), byte(n)}
		change := func(v *ledger.View) error {
			v.PutAccount(ledger.Account{ID: id, Level: ledger.LevelStandard, Version: 1, CreatedAt: start, UpdatedAt: start})
			return nil
		}
		if err := b.store.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{id}}, change); err != nil {
			t.Fatal(err)
		}
		b.get(b.create(id, "vtb").ID)
		b.clock.add(time.Second)
	}
	if n := b.Remembered(); n > 2048 {
		t.Errorf("%d orders are remembered, and 300 are open", n)
	}
}
