package ledgertest

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func insertedOnce(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, nil, []ledger.Entry{entry(1)})
	second := entry(1)
	second.Partner = "bank-b"
	err := e.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(second); return nil })
	wantError(t, "an id that exists, not asked for", err, ledger.ErrConflict)
	err = e.Transact(t.Context(), keysOf(2), func(v *ledger.View) error { v.AddEntry(entry(2)); v.AddEntry(entry(2)); return nil })
	wantError(t, "an id twice in one transaction", err, ledger.ErrConflict)
	same(t, "entries", all(t, e), []ledger.Entry{entry(1)})
}

func uniqueKeys(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1), account(3)}, nil)
	sameID, sameSNILS, samePhone, moved := account(2), account(2), account(2), account(3)
	sameID.ID, sameSNILS.SNILS, samePhone.Phone, moved.SNILS = accountID(1), index(1), phone(1), index(1)
	for name, a := range map[string]ledger.Account{"id": sameID, "SNILS": sameSNILS, "phone": samePhone, "SNILS of an update": moved} {
		err := e.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{accountID(3)}}, func(v *ledger.View) error {
			v.PutAccount(a)
			return nil
		})
		wantError(t, "same "+name+", not asked for", err, ledger.ErrConflict)
	}
	for _, n := range []int{1, 3} {
		got, err := e.Account(t.Context(), accountID(n))
		must(t, err)
		same(t, "account", got, account(n))
	}
	nothingOfTwo(t, e)

	bare := []ledger.Account{account(4), account(5)} // without a key, many may be
	for i := range bare {
		bare[i].SNILS, bare[i].Phone = ledger.Index{}, ledger.Index{}
	}
	store(t, e, bare, nil)
}

func replaced(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1), account(2)}, nil)
	changed := account(9) // everything differs but the id
	changed.ID, changed.Version, changed.Level, changed.Method = accountID(1), 7, ledger.LevelConfirmed, ledger.MethodBank
	changed.ConfirmedBy, changed.ConfirmedAt, changed.Confirmation = "bank-a", moment(5), entryID(5)
	changed.Registry, changed.RegistryAt = ledger.RegistryNone, time.Time{}
	changed.INN, changed.Digest = index(77), index(78)
	store(t, e, []ledger.Account{changed}, nil)
	got, err := e.AccountBySNILS(t.Context(), index(9))
	must(t, err)
	same(t, "changed", got, changed)
	_, err = e.AccountBySNILS(t.Context(), index(1))
	wantError(t, "its old SNILS", err, ledger.ErrNotFound)

	bare := ledger.Account{ID: accountID(1), Version: 8}
	store(t, e, []ledger.Account{bare}, nil)
	got, err = e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "emptied", got, bare)
	got, err = e.Account(t.Context(), accountID(2))
	must(t, err)
	same(t, "its neighbour", got, account(2))
}

func swapped(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1), account(2)}, nil)
	one, two := account(1), account(2)
	one.SNILS, two.SNILS = two.SNILS, one.SNILS
	one.Phone, two.Phone = two.Phone, one.Phone
	store(t, e, []ledger.Account{one, two}, nil)
	for n, want := range map[int]ledger.Account{2: one, 1: two} {
		got, err := e.AccountBySNILS(t.Context(), index(n))
		must(t, err)
		same(t, "account", got, want)
	}
}

func givenUp(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, nil)
	erased, heir := account(1), account(2)
	erased.SNILS, erased.Phone = ledger.Index{}, ledger.Index{}
	heir.SNILS, heir.Phone = index(1), phone(1)
	must(t, transact(t, e, keysOf(1, 2), func(v *ledger.View) error {
		v.PutAccount(heir) // staged before the other lets go: only the end counts
		v.PutAccount(erased)
		return nil
	}))
	got, err := e.AccountBySNILS(t.Context(), index(1))
	must(t, err)
	same(t, "heir", got, heir)
}
