package order_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
)

func TestCreate(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "vtb")
		if o.Account != account || o.Bank != "vtb" || o.State != order.Pending || o.Progress != order.ProgressNone || o.NotChecked ||
			!o.CreatedAt.Equal(start) || !o.ExpiresAt.Equal(start.Add(order.Life)) || o.PollAfter != 2*time.Second || uuid.UUID(o.ID).Version() != 8 {
			t.Errorf("%+v", o)
		}
		if !regexp.MustCompile(`^[0-9A-Z]{5}-[0-9A-Z]{5}$`).MatchString(o.Code) || o.Link != "https://vtb.invalid/go?order="+o.ID.String()+"&code="+o.Code {
			t.Errorf("code %q, link %q", o.Code, o.Link)
		}
		e := b.entries()[0]
		if e.Kind != ledger.KindOrder || e.Partner != ledger.PortalID || e.Account != account || e.Outcome != ledger.OutcomeNone || e.Serial != "0af3" ||
			!e.DecidedAt.Equal(start) || e.Digest == [32]byte{} || e.Detail != "order="+o.ID.String()+" bank=vtb until=2026-11-22T09:05:00.250000Z" {
			t.Errorf("%+v", e)
		}
	})
}

func TestOneRequestMakesOneOrder(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account, other := b.put(1, maria()), b.put(2, oleg())
		c := order.Create{Account: account, Bank: "sberbank", RequestID: b.next()}
		first, err := b.Create(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		b.clock.add(time.Second)
		c.RequestID = strings.ToUpper(c.RequestID)
		if again, err := b.Create(t.Context(), c); err != nil || !reflect.DeepEqual(again, first) || len(b.entries()) != 1 {
			t.Errorf("the repeat gives %+v, %v; the first was %+v", again, err, first)
		}
		for _, changed := range []order.Create{{Account: other, Bank: c.Bank}, {Account: account, Bank: "vtb"}, {Account: account, Bank: "nobody"}} {
			changed.RequestID = c.RequestID
			_, err := b.Create(t.Context(), changed)
			refused(t, err, fault.RequestIDReused)
		}
		b.mustConfirm("sberbank", b.asks(first.ID.String(), maria()))
		b.clock.add(time.Hour)
		delete(b.banks, "sberbank") // what was made stays what it is
		if again, err := b.Create(t.Context(), c); err != nil || again.ID != first.ID || again.State != order.Decided || again.PollAfter != 0 {
			t.Errorf("after all is over the repeat gives %+v, %v", again, err)
		}
	})
}

func TestWhatCannotBeOrdered(t *testing.T) {
	b := newBench(t)
	level := func(l ledger.Level) func(*ledger.Account) {
		return func(a *ledger.Account) { a.Level, a.RegistryAt, a.SNILS = l, start.Add(-time.Minute), ledger.Index{} }
	}
	account := b.put(1, maria())
	for name, c := range map[string]struct {
		order.Create
		want fault.Reason
	}{
		"no bank":          {order.Create{Account: account, Bank: "nobody"}, fault.PartnerNotFound},
		"a suspended bank": {order.Create{Account: account, Bank: "away"}, fault.PartnerInactive},
		"no account":       {order.Create{Account: ledger.AccountID{9}, Bank: "vtb"}, fault.AccountNotFound},
		"erased":           {order.Create{Account: b.put(2, maria(), level(ledger.LevelErased)), Bank: "vtb"}, fault.AccountNotFound},
		"simplified":       {order.Create{Account: b.put(3, maria(), level(ledger.LevelSimplified)), Bank: "vtb"}, fault.OrderNotPossible},
		"verifying":        {order.Create{Account: b.put(4, maria(), level(ledger.LevelStandardVerifying)), Bank: "vtb"}, fault.OrderNotPossible},
		"locked":           {order.Create{Account: b.put(5, maria(), level(ledger.LevelLocked)), Bank: "vtb"}, fault.OrderNotPossible},
		"confirmed":        {order.Create{Account: b.put(6, maria(), level(ledger.LevelConfirmed)), Bank: "vtb"}, fault.OrderNotPossible},
		"not a UUID":       {order.Create{Account: account, Bank: "vtb", RequestID: "7b0c"}, fault.FieldFormat},
		"a UUID in brackets": {
			order.Create{Account: account, Bank: "vtb", RequestID: "{7b0c1e9e-6a5f-4a52-9f0c-000000000001}"}, fault.FieldFormat,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.RequestID == "" {
				c.RequestID = b.next()
			}
			_, err := b.Create(t.Context(), c.Create)
			refused(t, err, c.want)
		})
	}
	if n := len(b.entries()); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestOneOpenOrder(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account, other := b.put(1, maria()), b.put(2, oleg())
		o := b.create(account, "vtb")
		b.create(other, "vtb") // another account is another matter
		b.clock.add(100*time.Second + 500*time.Millisecond)
		again := func() error {
			_, err := b.Create(t.Context(), order.Create{Account: account, Bank: "sberbank", RequestID: b.next()})
			return err
		}
		if f := refused(t, again(), fault.OrderOpen); f.RetryAfter != 199*time.Second+500*time.Millisecond {
			t.Errorf("retry after %v", f.RetryAfter)
		}
		b.clock.add(199*time.Second + 499*time.Millisecond)
		refused(t, again(), fault.OrderOpen)
		b.clock.add(time.Millisecond)
		if err := again(); err != nil {
			t.Errorf("after the order's end: %v", err)
		}
		if got := b.get(o.ID); got.State != order.Expired {
			t.Errorf("the first is %+v", got)
		}
	})
}

func TestTenOrdersAnHour(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		for range 10 {
			o := b.create(account, "sberbank")
			b.clock.add(time.Minute)
			if _, err := b.Cancel(t.Context(), o.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		c := order.Create{Account: account, Bank: "sberbank", RequestID: b.next()}
		_, err := b.Create(t.Context(), c)
		f := refused(t, err, fault.RateLimit)
		if f.RetryAfter != 50*time.Minute-250*time.Millisecond { // times are counted in whole seconds
			t.Errorf("retry after %v", f.RetryAfter)
		}
		b.clock.add(f.RetryAfter)
		if _, err := b.Create(t.Context(), c); err != nil {
			t.Errorf("after that time: %v", err)
		}
	})
}

func TestABankConfirmsAnOrder(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.put(1, maria())
		o := b.create(account, "sberbank")
		b.clock.add(10 * time.Second)
		r := b.asks(strings.ToUpper(o.ID.String()), maria())
		e := b.mustConfirm("sberbank", r)
		if e.Outcome != ledger.OutcomeConfirmed || e.Account != account || e.Kind != ledger.KindConfirmation {
			t.Fatalf("%+v", e)
		}
		got := b.get(o.ID)
		if got.State != order.Decided || got.Confirmation.ID != e.ID || got.PollAfter != 0 || got.Progress != order.ProgressNone {
			t.Errorf("%+v", got)
		}
		_, err := b.Cancel(t.Context(), o.ID, "")
		refused(t, err, fault.OrderClosed)
		b.clock.add(time.Hour)
		if d, err := b.confirms("sberbank", r); err != nil || !d.Replayed || d.Entry.ID != e.ID {
			t.Errorf("the repeat after the order's end: %+v, %v", d, err)
		}
		r.SentAt = b.clock.Now()
		_, err = b.confirms("sberbank", r)
		refused(t, err, fault.RequestIDReused)
	})
}

// Every outcome decides the order, and lets the account have another.
func TestEveryOutcomeDecides(t *testing.T) {
	b := newBench(t)
	account := b.put(1, maria())
	typo := maria()
	typo.FamilyName = "Кузнецоваа"
	for _, c := range []struct {
		claim func() confirm.Request
		want  ledger.Outcome
	}{
		{func() confirm.Request { return b.asks("", typo) }, ledger.OutcomeCloseMatch},
		{func() confirm.Request { return b.asks("", oleg()) }, ledger.OutcomeNotMatched},
		{func() confirm.Request {
			return b.asks("", maria(), func(r *confirm.Request) { r.Consent.Given = false })
		}, ledger.OutcomeNotEligible},
		{func() confirm.Request { return b.asks("", maria()) }, ledger.OutcomeConfirmed},
	} {
		o := b.create(account, "sberbank")
		r := c.claim()
		r.ID = o.ID.String()
		if e := b.mustConfirm("sberbank", r); e.Outcome != c.want {
			t.Fatalf("%v, want %v", e.Outcome, c.want)
		}
		if got := b.get(o.ID); got.State != order.Decided || got.Confirmation.Outcome != c.want {
			t.Errorf("%v: %+v", c.want, got)
		}
	}
}

// Orders made under the older key are found, confirmed, cancelled and repeated by a gateway that has a newer one, code and all.
func TestOrdersOutliveARotation(t *testing.T) {
	b := newBench(t)
	account, other := b.put(1, maria()), b.put(2, oleg())
	c := order.Create{Account: account, Bank: "vtb", RequestID: b.next()}
	first, err := b.Create(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	second := b.create(other, "sberbank")
	next, _, err := b.ring.Rotate(seal.Request)
	if err != nil {
		t.Fatal(err)
	}
	b.gateway(next)
	if again, err := b.Create(t.Context(), c); err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("the repeat gives %+v, %v; it was %+v", again, err, first)
	}
	c.Bank = "sberbank"
	_, err = b.Create(t.Context(), c)
	refused(t, err, fault.RequestIDReused)
	_, err = b.Create(t.Context(), order.Create{Account: account, Bank: "vtb", RequestID: b.next()})
	refused(t, err, fault.OrderOpen)
	if e := b.mustConfirm("vtb", b.asks(first.ID.String(), maria())); e.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("%+v", e)
	}
	if got := b.get(first.ID); got.State != order.Decided {
		t.Errorf("%+v", got)
	}
	if got, err := b.Cancel(t.Context(), second.ID, ""); err != nil || got.State != order.Cancelled {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = b.confirms("sberbank", b.asks(second.ID.String(), oleg()))
	refused(t, err, fault.OrderClosed)
}

func TestWithoutALedger(t *testing.T) {
	b := newBench(t)
	account := b.put(1, maria())
	o := b.create(account, "sberbank")
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := b.Create(t.Context(), order.Create{Account: account, Bank: "sberbank", RequestID: b.next()})
	refused(t, err, fault.LedgerUnavailable)
	_, err = b.Get(t.Context(), o.ID)
	refused(t, err, fault.LedgerUnavailable)
	_, err = b.Cancel(t.Context(), o.ID, "")
	refused(t, err, fault.LedgerUnavailable)
	_, err = b.confirms("sberbank", b.asks(o.ID.String(), maria()))
	refused(t, err, fault.LedgerUnavailable)
}

func TestConfigIsWhole(t *testing.T) {
	if _, err := order.New(order.Config{}); err == nil {
		t.Error("an empty Config is taken")
	}
	if err := (&order.Unreachable{Cause: errors.New("secret")}).Error(); strings.Contains(err, "secret") {
		t.Error("the cause is told to everybody")
	}
	var _ order.Banks = bankList{}
	var _ partners.Directory = bankList{}
}
