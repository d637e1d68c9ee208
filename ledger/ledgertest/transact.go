package ledgertest

import (
	"reflect"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func transactTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"what is stored is found by every key":             foundByEveryKey,
		"what is not there is not found":                   notFound,
		"an error of decide stores nothing":                refusalStoresNothing,
		"a panic of decide stores nothing":                 panicStoresNothing,
		"one of a group fails alone":                       failsAlone,
		"later decisions of a group see earlier ones":      laterSeeEarlier,
		"a decision without writes is no change":           readOnly,
		"an entry id is inserted once":                     insertedOnce,
		"unique keys are kept":                             uniqueKeys,
		"an account is replaced by id":                     replaced,
		"accounts may swap what is unique":                 swapped,
		"a given up SNILS and phone may be taken":          givenUp,
		"a counter is replaced":                            counterReplaced,
		"a large group with repeated and unknown keys":     largeGroup,
		"an account is raised together with its entry":     raisedWithEntry,
		"a refused transaction leaves no part of the rest": refusedWhole,
	}
}

func foundByEveryKey(t *testing.T, s suite) {
	e := s.fresh(t)
	a, en := account(1), entry(1)
	key := ledger.AttemptKey{Subject: index(1), Partner: "bank-a"}
	counter := ledger.Attempts{Failures: []time.Time{moment(0).Truncate(time.Second)}, Closes: []time.Time{moment(1000).Truncate(time.Second)}}
	must(t, transact(t, e, keysOf(1), func(v *ledger.View) error {
		v.PutAccount(a)
		v.AddEntry(en)
		v.SetAttempts(key, counter)
		return nil
	}))

	got, err := e.Account(t.Context(), a.ID)
	must(t, err)
	same(t, "Account", got, a)
	got, err = e.AccountBySNILS(t.Context(), a.SNILS)
	must(t, err)
	same(t, "AccountBySNILS", got, a)
	gotEntry, err := e.Entry(t.Context(), en.ID)
	must(t, err)
	same(t, "Entry", gotEntry, en)
	ofAccount, next, err := e.EntriesOfAccount(t.Context(), a.ID, ledger.Page{Limit: 5})
	must(t, err)
	same(t, "EntriesOfAccount", ofAccount, []ledger.Entry{en})
	same(t, "its cursor", next, ledger.Cursor(""))

	for name, keys := range map[string]ledger.Keys{
		"id":    {Accounts: []ledger.AccountID{a.ID}},
		"SNILS": {SNILS: []ledger.Index{a.SNILS}},
		"phone": {Phones: []ledger.Index{a.Phone}},
		"all":   keysOf(1),
	} {
		must(t, e.Transact(t.Context(), keys, func(v *ledger.View) error {
			got, ok := v.Account(a.ID)
			same(t, "found by "+name, got, a)
			_, bySNILS := v.AccountBySNILS(a.SNILS)
			_, byPhone := v.AccountByPhone(a.Phone)
			same(t, "found by "+name+" by all keys", [3]bool{ok, bySNILS, byPhone}, [3]bool{true, true, true})
			return nil
		}))
	}
	must(t, e.Transact(t.Context(), ledger.Keys{Entries: []ledger.EntryID{en.ID}, Attempts: []ledger.AttemptKey{key}}, func(v *ledger.View) error {
		got, _ := v.Entry(en.ID)
		same(t, "the entry in a view", got, en)
		same(t, "the counter in a view", v.Attempts(key), counter)
		return nil
	}))
}

func notFound(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	_, err := e.Account(t.Context(), accountID(2))
	wantError(t, "Account", err, ledger.ErrNotFound)
	_, err = e.AccountBySNILS(t.Context(), index(2))
	wantError(t, "AccountBySNILS", err, ledger.ErrNotFound)
	_, err = e.AccountBySNILS(t.Context(), ledger.Index{})
	wantError(t, "AccountBySNILS of none", err, ledger.ErrNotFound)
	_, err = e.Entry(t.Context(), entryID(2))
	wantError(t, "Entry", err, ledger.ErrNotFound)
	entries, next, err := e.EntriesOfAccount(t.Context(), accountID(2), ledger.Page{Limit: 5})
	if len(entries) != 0 || next != "" || err != nil {
		t.Errorf("EntriesOfAccount: %v, %q, %v; want an empty list", entries, next, err)
	}
	keys := keysOf(2)
	keys.Attempts = []ledger.AttemptKey{{Subject: index(1), Partner: "bank-a"}}
	must(t, e.Transact(t.Context(), keys, func(v *ledger.View) error {
		_, byID := v.Account(accountID(2))
		_, bySNILS := v.AccountBySNILS(index(2))
		_, byPhone := v.AccountByPhone(phone(2))
		_, byEntry := v.Entry(entryID(2))
		same(t, "found", [4]bool{byID, bySNILS, byPhone, byEntry}, [4]bool{})
		same(t, "counter", v.Attempts(keys.Attempts[0]), ledger.Attempts{})
		return nil
	}))
}

func laterSeeEarlier(t *testing.T, s suite) {
	e := s.fresh(t)
	must(t, transact(t, e, keysOf(1), func(v *ledger.View) error {
		for range 3 {
			err := v.Try(func(v *ledger.View) error {
				a, ok := v.AccountBySNILS(index(1))
				if !ok {
					a = account(1)
				}
				a.Version++
				v.PutAccount(a)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "version", a.Version, int64(4))
}

func readOnly(t *testing.T, s suite) {
	e := s.fresh(t)
	must(t, e.Transact(t.Context(), keysOf(1), func(*ledger.View) error { return nil }))
	must(t, e.Transact(t.Context(), ledger.Keys{}, func(*ledger.View) error { return nil }))
	head, err := e.Head(t.Context())
	must(t, err)
	same(t, "head", head, ledger.Cursor(""))
}

func counterReplaced(t *testing.T, s suite) {
	e := s.fresh(t)
	keys := []ledger.AttemptKey{{Subject: index(1)}, {Subject: index(1), Partner: "bank-a"}, {Subject: index(2), Partner: "bank-a"}}
	var many ledger.Attempts
	for n := range 25 {
		many.Failures = append(many.Failures, moment(n*1000))
	}
	vouches := []ledger.Vouch{{Partner: "bank-a", At: many.Failures[0], Groups: ledger.Vouched{0: {1}, 5: {2}}}, {Partner: "b", At: many.Failures[1]}}
	for _, counter := range []ledger.Attempts{
		{Closes: many.Failures[:3]},
		many,
		{Vouches: vouches},
		{Failures: many.Failures, Closes: many.Failures[:2], Vouches: vouches},
		{Orders: many.Failures[:3], Open: ledger.OpenOrder{ID: ledger.OrderID{1, 15: 2}, Until: moment(1)}},
		{Orders: many.Failures[:1]},
		{},
	} {
		must(t, transact(t, e, ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
			v.SetAttempts(keys[0], counter)
			v.SetAttempts(keys[1], ledger.Attempts{Failures: many.Failures[:1]})
			return nil
		}))
		must(t, e.Transact(t.Context(), ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
			same(t, "the counter", v.Attempts(keys[0]), counter)
			same(t, "that of one partner", v.Attempts(keys[1]), ledger.Attempts{Failures: many.Failures[:1]})
			same(t, "that of another subject", v.Attempts(keys[2]), ledger.Attempts{})
			return nil
		}))
	}
}

func largeGroup(t *testing.T, s suite) {
	e := s.fresh(t)
	const size = 700
	var keys ledger.Keys
	var attempts []ledger.AttemptKey
	for n := range size {
		keys.Add(keysOf(n, n/2, n+size))
		attempts = append(attempts, ledger.AttemptKey{Subject: index(n), Partner: "bank-a"}, ledger.AttemptKey{Subject: index(n / 3)})
	}
	keys.Add(ledger.Keys{
		Entries: []ledger.EntryID{{}}, Accounts: []ledger.AccountID{{}}, SNILS: []ledger.Index{{}}, Phones: []ledger.Index{{}},
		Attempts: append(attempts, ledger.AttemptKey{}),
	})
	must(t, transact(t, e, keys, func(v *ledger.View) error {
		for n := range size {
			v.PutAccount(account(n))
			v.AddEntry(entry(n))
			v.SetAttempts(attempts[2*n], ledger.Attempts{Failures: []time.Time{moment(n * 1000)}})
		}
		return nil
	}))
	must(t, e.Transact(t.Context(), keys, func(v *ledger.View) error {
		for n := range size {
			a, _ := v.AccountByPhone(phone(n))
			same(t, "account", a, account(n))
			en, _ := v.Entry(entryID(n))
			same(t, "entry", en, entry(n))
			same(t, "counter", v.Attempts(attempts[2*n]), ledger.Attempts{Failures: []time.Time{moment(n * 1000)}})
		}
		if _, ok := v.Account(accountID(size)); ok {
			t.Error("an account that was never stored is found")
		}
		return nil
	}))
	if got := all(t, e); len(got) != size || got[0].ID != entryID(0) || got[size-1].ID != entryID(size-1) {
		t.Errorf("%d entries, want %d in the order of the decisions", len(got), size)
	}
}

func raisedWithEntry(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(7)})
	err := e.Transact(t.Context(), ledger.Keys{SNILS: []ledger.Index{index(1)}}, func(v *ledger.View) error {
		a, _ := v.AccountBySNILS(index(1))
		a.Level, a.Confirmation = ledger.LevelConfirmed, entryID(7)
		v.PutAccount(a)
		v.AddEntry(entry(7)) // was not asked for, and is there
		return nil
	})
	wantError(t, "an entry that exists", err, ledger.ErrConflict)
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "account", a, account(1))
}

func refusedWhole(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	clash := account(3)
	clash.SNILS = index(1)
	err := e.Transact(t.Context(), keysOf(2), func(v *ledger.View) error {
		writeAll(v)
		v.PutAccount(clash)
		return nil
	})
	wantError(t, "a clash", err, ledger.ErrConflict)
	nothingOfTwo(t, e)
	same(t, "entries", all(t, e), []ledger.Entry{entry(1)})
	store(t, e, nil, []ledger.Entry{entry(2)})
	same(t, "entries after it", all(t, e), []ledger.Entry{entry(1), entry(2)})
}

// same compares what was stored with what was wanted; it does not end the test, so that it may be called inside a decision.
func same[T any](t interface {
	Helper()
	Errorf(format string, args ...any)
}, what string, got, want T,
) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
