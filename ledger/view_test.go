package ledger_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger"
)

func index(b byte) ledger.Index         { return ledger.Index{b} }
func accountID(b byte) ledger.AccountID { return ledger.AccountID{b} }
func entryID(b byte) ledger.EntryID     { return ledger.EntryID{b} }
func key(b byte) ledger.AttemptKey      { return ledger.AttemptKey{Subject: index(b), Partner: "a"} }
func nothing(*ledger.View) error        { return nil }
func account(id, snils byte) ledger.Account {
	return ledger.Account{ID: accountID(id), SNILS: index(snils), Version: 1}
}

func TestViewKeepsNothingOfAFailedDecision(t *testing.T) {
	v := ledger.NewView(ledger.Loaded{Accounts: []ledger.Account{account(1, 1)}})
	broken := errors.New("broken")
	err := v.Try(func(v *ledger.View) error {
		v.AddEntry(ledger.Entry{ID: entryID(1)})
		v.PutAccount(account(1, 9))
		v.SetAttempts(key(1), ledger.Attempts{})
		if _, ok := v.Entry(entryID(1)); !ok {
			t.Error("a decision does not see its own entry")
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("error %v, want that of the decision", err)
	}
	if w := v.Writes(); !w.Empty() {
		t.Fatalf("writes of a failed decision remain: %+v", w)
	}
	if _, ok := v.AccountBySNILS(index(9)); ok {
		t.Error("the account's new SNILS remains")
	}
	if _, ok := v.AccountBySNILS(index(1)); !ok {
		t.Error("the account's old SNILS is lost")
	}
}

func TestViewShowsLaterDecisionsWhatEarlierOnesDid(t *testing.T) {
	v := ledger.NewView(ledger.Loaded{Accounts: []ledger.Account{account(1, 1)}})
	must(t, v.Try(func(v *ledger.View) error {
		v.PutAccount(account(1, 2)) // gives SNILS 1 up
		v.PutAccount(account(3, 1)) // and another takes it
		v.AddEntry(ledger.Entry{ID: entryID(7)})
		return nil
	}))
	must(t, v.Try(func(v *ledger.View) error {
		if a, ok := v.AccountBySNILS(index(1)); !ok || a.ID != accountID(3) {
			t.Errorf("SNILS 1 belongs to %v, want account 3", a.ID)
		}
		if a, ok := v.AccountBySNILS(index(2)); !ok || a.ID != accountID(1) {
			t.Errorf("SNILS 2 belongs to %v, want account 1", a.ID)
		}
		if _, ok := v.AccountBySNILS(ledger.Index{}); ok {
			t.Error("the zero index found an account")
		}
		if _, ok := v.Entry(entryID(7)); !ok {
			t.Error("the entry of the decision before is not seen")
		}
		v.PutAccount(account(3, 5))
		return nil
	}))
	w := v.Writes()
	if len(w.Entries) != 1 || len(w.Updated) != 1 || len(w.Created) != 1 {
		t.Fatalf("writes: %d entries, %d updated, %d created; want one each", len(w.Entries), len(w.Updated), len(w.Created))
	}
	if w.Created[0].SNILS != index(5) {
		t.Error("an account put twice is not stored in its last state")
	}
}

func TestViewFindsByVerifiedPhone(t *testing.T) {
	a := account(1, 1)
	a.Phone = index(8)
	v := ledger.NewView(ledger.Loaded{Accounts: []ledger.Account{a}})
	if found, ok := v.AccountByPhone(index(8)); !ok || found.ID != a.ID {
		t.Fatal("not found by phone")
	}
	must(t, v.Try(func(v *ledger.View) error { a.Phone = ledger.Index{}; v.PutAccount(a); return nil }))
	if _, ok := v.AccountByPhone(index(8)); ok {
		t.Error("found by a phone it no longer has")
	}
	must(t, v.Try(nothing))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestViewCountsAttempts(t *testing.T) {
	before := ledger.Attempts{Failures: seconds(1)}
	v := ledger.NewView(ledger.Loaded{
		Attempts: map[ledger.AttemptKey]ledger.Attempts{key(1): before}, Entries: []ledger.Entry{{ID: entryID(4)}},
	})
	if _, ok := v.Entry(entryID(4)); !ok {
		t.Error("a loaded entry is not found")
	}
	for n := range 3 {
		must(t, v.Try(func(v *ledger.View) error {
			a := v.Attempts(key(1))
			if len(a.Failures) != 1+n {
				t.Errorf("decision %d sees %d failures", n, len(a.Failures))
			}
			v.SetAttempts(key(1), ledger.Attempts{Failures: append(a.Failures, seconds(9)...)})
			return nil
		}))
	}
	if len(before.Failures) != 1 || len(v.Attempts(key(2)).Failures) != 0 {
		t.Error("a counter leaked")
	}
	if w := v.Writes(); len(w.Attempts) != 1 || len(w.Attempts[key(1)].Failures) != 4 || len(w.Entries) != 0 {
		t.Errorf("writes %+v, want the counter alone", w)
	}
}

func TestKeysAreJoined(t *testing.T) {
	one := ledger.Keys{
		Entries: []ledger.EntryID{entryID(1)}, Accounts: []ledger.AccountID{accountID(1)}, SNILS: []ledger.Index{index(1)},
		Phones: []ledger.Index{index(2)}, Attempts: []ledger.AttemptKey{key(1)},
	}
	var all ledger.Keys
	all.Add(one)
	all.Add(ledger.Keys{})
	all.Add(one)
	for name, n := range map[string]int{
		"entries": len(all.Entries), "accounts": len(all.Accounts), "SNILS": len(all.SNILS), "phones": len(all.Phones), "attempts": len(all.Attempts),
	} {
		if n != 2 {
			t.Errorf("%d %s, want 2", n, name)
		}
	}
}

func TestFinishAmendsWhatIsStaged(t *testing.T) {
	v := ledger.NewView(ledger.Loaded{Entries: []ledger.Entry{{ID: entryID(9)}}})
	for _, id := range []byte{2, 1} {
		must(t, v.Try(func(v *ledger.View) error {
			v.AddEntry(ledger.Entry{ID: entryID(id)})
			return nil
		}))
	}
	_ = v.Try(func(v *ledger.View) error {
		v.AddEntry(ledger.Entry{ID: entryID(3)})
		return errors.New("refused")
	})
	v.Finish(func(entries []ledger.Entry) {
		if len(entries) != 2 || entries[0].ID != entryID(2) || entries[1].ID != entryID(1) {
			t.Errorf("finishes %v, want the two that are staged, in order", entries)
		}
		for i := range entries {
			entries[i].Link.Index = uint16(i + 7)
		}
	})
	if w := v.Writes(); len(w.Entries) != 2 || w.Entries[0].Link.Index != 7 || w.Entries[1].Link.Index != 8 {
		t.Errorf("writes %+v", w.Entries)
	}
	if e, _ := v.Entry(entryID(1)); e.Link.Index != 8 {
		t.Error("a look-up does not show what was finished")
	}
}
