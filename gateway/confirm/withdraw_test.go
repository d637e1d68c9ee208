package confirm_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

func TestWithdrawPutsTheAccountBack(t *testing.T) { onEachLedger(t, withdrawPutsTheAccountBack) }

func withdrawPutsTheAccountBack(t *testing.T, b *bench) {
	t.Helper()
	id := b.put(mariasAccount())
	confirmed := b.must(bank("vtb"), b.ask(maria())).Entry
	b.clock.add(30*time.Minute - time.Microsecond)
	d, err := b.Withdraw(t.Context(), bank("vtb"), confirmed.ID)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Entry
	if e.Kind != ledger.KindWithdrawal || e.Withdrawn != confirmed.ID || e.Before != ledger.LevelConfirmed || e.After != ledger.LevelStandard ||
		e.Partner != "vtb" || e.Account != id || e.Serial != "0af3" || e.Style != "native" || d.Replayed {
		t.Errorf("the record is %+v", d)
	}
	a := b.account(id)
	if a.Level != ledger.LevelStandard || a.Method != ledger.MethodNone || a.ConfirmedBy != "" || !a.ConfirmedAt.IsZero() ||
		!a.Confirmation.IsZero() || a.Version != 3 {
		t.Errorf("the account is %+v", a)
	}
	if old, err := b.Get(t.Context(), "vtb", confirmed.ID); err != nil || old.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("the old record is %+v, %v", old, err)
	}
	if got, err := b.Get(t.Context(), "vtb", e.ID); err != nil || got.Kind != ledger.KindWithdrawal {
		t.Errorf("the new record reads as %+v, %v", got, err)
	}

	b.clock.add(time.Hour)
	again, err := b.Withdraw(t.Context(), bank("vtb"), confirmed.ID)
	if err != nil || !again.Replayed || again.Entry.ID != e.ID || !again.Entry.DecidedAt.Equal(e.DecidedAt) {
		t.Errorf("the repeat gives %+v, %v", again, err)
	}
	if len(b.entries()) != 2 || b.account(id).Version != 3 {
		t.Errorf("%d entries, version %d after the repeat", len(b.entries()), b.account(id).Version)
	}
	if d := b.must(bank("vtb"), b.ask(maria())); d.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("the account cannot be confirmed again: %v", d.Entry.Outcome)
	}
	if again, err = b.Withdraw(t.Context(), bank("vtb"), confirmed.ID); err != nil || !again.Replayed || b.account(id).Level != ledger.LevelConfirmed {
		t.Errorf("the repeat undid a later confirmation: %+v, %v", again, err)
	}
}

func TestWithdrawRefuses(t *testing.T) {
	type scene struct {
		*bench
		id        ledger.AccountID
		confirmed ledger.Entry
	}
	for name, c := range map[string]struct {
		prepare func(*scene) ledger.EntryID // gives what to withdraw
		caller  string
		want    fault.Reason
	}{
		"half an hour is over": {func(s *scene) ledger.EntryID {
			s.clock.add(30 * time.Minute)
			return s.confirmed.ID
		}, "vtb", fault.WithdrawWindowOver},
		"another bank's": {func(s *scene) ledger.EntryID { return s.confirmed.ID }, "sberbank", fault.ConfirmationNotFound},
		"nobody's":       {func(*scene) ledger.EntryID { return ledger.EntryID{1} }, "vtb", fault.ConfirmationNotFound},
		"one that raised nothing": {func(s *scene) ledger.EntryID {
			return s.must(bank("vtb"), s.ask(maria())).Entry.ID // ALREADY_CONFIRMED
		}, "vtb", fault.WithdrawNotInForce},
		"one that found nobody": {func(s *scene) ledger.EntryID {
			return s.must(bank("vtb"), s.ask(with(maria(), func(p *person.Raw) { p.SNILS = "087-654-303 00" }))).Entry.ID
		}, "vtb", fault.WithdrawNotInForce},
		"a withdrawal": {func(s *scene) ledger.EntryID {
			d, err := s.Withdraw(context.Background(), bank("vtb"), s.confirmed.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			return d.Entry.ID
		}, "vtb", fault.WithdrawNotInForce},
		"no longer in force": {func(s *scene) ledger.EntryID {
			s.change(func(v *ledger.View) {
				a, _ := v.Account(s.id)
				a.Level, a.Confirmation = ledger.LevelLocked, ledger.EntryID{}
				v.PutAccount(a)
			}, ledger.Keys{Accounts: []ledger.AccountID{s.id}})
			return s.confirmed.ID
		}, "vtb", fault.WithdrawNotInForce},
		"confirmed anew by another": {func(s *scene) ledger.EntryID {
			s.change(func(v *ledger.View) {
				a, _ := v.Account(s.id)
				a.Confirmation = ledger.EntryID{7}
				v.PutAccount(a)
			}, ledger.Keys{Accounts: []ledger.AccountID{s.id}})
			return s.confirmed.ID
		}, "vtb", fault.WithdrawNotInForce},
	} {
		s := &scene{bench: newBench(t)}
		s.id = s.put(mariasAccount())
		s.confirmed = s.must(bank("vtb"), s.ask(maria())).Entry
		what := c.prepare(s)
		entries, before := len(s.entries()), s.account(s.id)
		_, err := s.Withdraw(t.Context(), bank(partnerID(c.caller)), what)
		if f := fault.Of(err); err == nil || f.Reason != c.want || len(f.Metadata) > 0 {
			t.Errorf("%s: error %+v, want %v", name, f, c.want)
		}
		if after := s.account(s.id); len(s.entries()) != entries || after.Version != before.Version || after.Level != before.Level {
			t.Errorf("%s: something was changed", name)
		}
	}
}

func TestDryRunCannotBeWithdrawn(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	dry := b.must(bank("vtb"), b.ask(maria(), func(r *confirm.Request) { r.DryRun = true })).Entry
	if _, err := b.Withdraw(t.Context(), bank("vtb"), dry.ID); fault.Of(err).Reason != fault.WithdrawNotInForce {
		t.Errorf("error %v", err)
	}
}

func TestWithdrawalsAtOnceAreOneEntry(t *testing.T) { onEachLedger(t, withdrawalsAtOnceAreOneEntry) }

func withdrawalsAtOnceAreOneEntry(t *testing.T, b *bench) {
	t.Helper()
	id := b.put(mariasAccount())
	confirmed := b.must(bank("vtb"), b.ask(maria())).Entry
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if d, err := b.Withdraw(context.Background(), bank("vtb"), confirmed.ID); err != nil || d.Entry.Withdrawn != confirmed.ID {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
	callers.Wait()
	if len(b.entries()) != 2 || b.account(id).Version != 3 {
		t.Errorf("%d entries, version %d; want 2 and 3", len(b.entries()), b.account(id).Version)
	}
}
