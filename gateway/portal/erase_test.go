package portal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/seal"
)

func erasure(n int) portal.Erase {
	return portal.Erase{Account: id(1), RequestID: request(n), Ground: portal.PersonAsked, Serial: "0af3"}
}

func (b *bench) erase(e portal.Erase) portal.Act {
	b.t.Helper()
	act, err := b.Erase(b.t.Context(), e)
	if err != nil {
		b.t.Fatalf("%v (%v)", err, fault.Of(err).Unwrap())
	}
	return act
}

func (b *bench) refuses(e portal.Erase, want fault.Reason) {
	b.t.Helper()
	if act, err := b.Erase(b.t.Context(), e); err == nil || fault.Of(err).Reason != want {
		b.t.Errorf("%+v, %v; want %v", act, err, want)
	}
}

func TestErase(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	record, err := b.RecordConfirmation(t.Context(), portal.Record{Account: id(1), RequestID: request(1), Method: ledger.MethodPostalCode})
	if err != nil {
		t.Fatal(err)
	}
	held, before := b.account(1), canon.Record(record.Entry)
	b.pass(time.Hour)
	act := b.erase(erasure(2))
	e := act.Entry
	if act.Replayed || act.Kept != 2 || act.Ground != portal.PersonAsked || act.WrappingKey == "" || e.Kind != ledger.KindErasure ||
		e.Partner != ledger.PortalID || e.Account != id(1) || e.Before != ledger.LevelConfirmed || e.After != ledger.LevelErased ||
		e.Serial != "0af3" || e.Detail != "ground=PERSON_ASKED wrapping-key="+act.WrappingKey {
		t.Errorf("act %+v", act)
	}
	want := ledger.Account{
		ID: id(1), Level: ledger.LevelErased, Version: held.Version + 1, CreatedAt: held.CreatedAt, UpdatedAt: start.Add(time.Hour),
	}
	if a := b.account(1); a.ID != want.ID || a.Level != want.Level || a.Version != want.Version || !a.UpdatedAt.Equal(want.UpdatedAt) || !a.CreatedAt.Equal(want.CreatedAt) ||
		len(a.Profile.WrappedKey)+len(a.Profile.Box) != 0 || !a.SNILS.IsZero() || !a.INN.IsZero() || !a.Phone.IsZero() || a.Digest != [32]byte{} ||
		a.Method != 0 || a.ConfirmedBy != "" || !a.Confirmation.IsZero() || a.Registry != 0 || !a.RegistryAt.IsZero() {
		t.Errorf("the account holds %+v", a)
	}
	kept, err := b.store.Entry(t.Context(), record.Entry.ID)
	if err != nil || canon.Record(kept) != before {
		t.Errorf("the record before is not what it was, or %v", err)
	}
	if _, err := b.ring.Salt(id(1), b.account(1).Profile, kept.ID); !errors.Is(err, seal.ErrShredded) {
		t.Errorf("a salt is left: %v", err)
	}
}

func TestEraseIsOneActForARequest(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	first := b.erase(erasure(1))
	b.pass(time.Hour)
	if _, err := b.RecordConfirmation(t.Context(), portal.Record{Account: id(1), RequestID: request(9), Method: ledger.MethodPostalCode}); err != nil {
		t.Fatal(err)
	}
	again := b.erase(erasure(1))
	if !again.Replayed || again.Entry.ID != first.Entry.ID || again.WrappingKey != first.WrappingKey || again.Kept != first.Kept || again.Ground != first.Ground {
		t.Errorf("%+v, then %+v", first, again)
	}
	rotated, _, err := b.ring.Rotate(seal.Request)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = b.service(b.store, rotated)
	if again := b.erase(erasure(1)); !again.Replayed {
		t.Error("after the request key was rotated the act is another one")
	}
	other := erasure(1)
	other.Ground = portal.Ordered
	b.refuses(other, fault.RequestIDReused)
	b.refuses(erasure(2), fault.AccountNotFound)
}

func TestEraseRefuses(t *testing.T) {
	b := newBench(t)
	b.refuses(erasure(1), fault.AccountNotFound)
	b.must(b.standard(1))
	bad := erasure(1)
	bad.Ground = 0
	b.refuses(bad, fault.FieldFormat)
	bad = erasure(1)
	bad.RequestID = "1"
	b.refuses(bad, fault.FieldFormat)
	b.store.Fault = func(ledger.Writes) error { return ledger.ErrUnavailable }
	b.refuses(erasure(1), fault.LedgerUnavailable)
	b.store.Fault = nil
	busy := erasure(1)
	busy.IdleSince = start
	if _, err := b.Erase(t.Context(), busy); !errors.Is(err, portal.ErrNotIdle) {
		t.Errorf("an account changed a moment ago: %v", err)
	}
	if a := b.account(1); a.Level != ledger.LevelStandard || len(a.Profile.Box) == 0 {
		t.Errorf("a refusal changed the account: %+v", a)
	}
	busy.IdleSince = start.Add(time.Second)
	b.erase(busy)
}

// What identified the person is free for somebody new, and nothing that was known of the SNILS burdens them.
func TestWhatWasErasedIsFreeAgain(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	key := ledger.AttemptKey{Subject: b.ring.SNILS("11223344595")}
	counter := func(set *ledger.Attempts) (held ledger.Attempts) {
		err := b.store.Transact(t.Context(), ledger.Keys{Attempts: []ledger.AttemptKey{key}}, func(v *ledger.View) error {
			if held = v.Attempts(key); set != nil {
				v.SetAttempts(key, *set)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	counter(&ledger.Attempts{Failures: []time.Time{start}})
	b.erase(erasure(1))
	if left := counter(nil); len(left.Failures) != 0 {
		t.Errorf("left: %+v", left)
	}
	b.fails(b.standard(1), fault.AccountNotFound)
	heir := b.must(b.standard(2))
	if view, err := b.Lookup(t.Context(), "112-233-445 95"); err != nil || view.Account.ID != id(2) || heir.Result != portal.Created {
		t.Errorf("found %v, %v", view.Account.ID, err)
	}
	if view, err := b.Get(t.Context(), id(1), true); err != nil || view.Level != ledger.LevelErased || view.Profile != nil {
		t.Errorf("the erased account shows %+v, %v", view, err)
	}
}

// The account gets another SNILS after it was read and before it is decided on: the counters of both are not mixed up.
func TestEraseSeesAnotherSNILS(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	reader := &stale{Reader: b.store}
	reader.held = b.account(1)
	b.must(b.standard(1, func(r *portal.RawProfile) { r.Person.SNILS = "087-654-303 00" }))
	b.Service = b.serviceReading(reader)
	reader.times = 2
	b.erase(erasure(1))
	if reader.times != 0 {
		t.Errorf("%d old answers were not asked for", reader.times)
	}
}

// stale gives an old state of an account some times.
type stale struct {
	ledger.Reader
	held  ledger.Account
	times int
}

func (s *stale) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	if s.times > 0 {
		s.times--
		return s.held, nil
	}
	return s.Reader.Account(ctx, id)
}
