package ledgertest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func oneSNILS(t *testing.T, s suite) {
	e := s.fresh(t)
	var created atomic.Int64
	together(20, func(n int) {
		mine := account(n)
		mine.SNILS = index(1)
		keys := ledger.Keys{Accounts: []ledger.AccountID{mine.ID}, SNILS: []ledger.Index{mine.SNILS}, Phones: []ledger.Index{mine.Phone}}
		won := false
		err := transact(t, e, keys, func(v *ledger.View) error {
			_, held := v.AccountBySNILS(mine.SNILS)
			if won = !held; won {
				v.PutAccount(mine)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		} else if won {
			created.Add(1)
		}
	})
	same(t, "created", created.Load(), int64(1))
	if _, err := e.AccountBySNILS(t.Context(), index(1)); err != nil {
		t.Error(err)
	}
}

func onePhone(t *testing.T, s suite) {
	e := s.fresh(t)
	const claimants = 20
	for n := range claimants {
		a := account(n)
		a.Phone = ledger.Index{}
		store(t, e, []ledger.Account{a}, nil)
	}
	var claimed atomic.Int64
	together(claimants, func(n int) {
		won := false
		err := transact(t, e, ledger.Keys{Accounts: []ledger.AccountID{accountID(n)}, Phones: []ledger.Index{phone(1)}}, func(v *ledger.View) error {
			_, held := v.AccountByPhone(phone(1))
			if won = !held; won {
				a, _ := v.Account(accountID(n))
				a.Phone = phone(1)
				v.PutAccount(a)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		} else if won {
			claimed.Add(1)
		}
	})
	same(t, "claimed", claimed.Load(), int64(1))
	holders := 0
	for n := range claimants {
		a, err := e.Account(t.Context(), accountID(n))
		must(t, err)
		if a.Phone == phone(1) {
			holders++
		}
	}
	same(t, "holders", holders, 1)
}

func noLostAttempt(t *testing.T, s suite) {
	e := s.fresh(t)
	keys := []ledger.AttemptKey{{Subject: index(1), Partner: "bank-a"}, {Subject: index(1)}}
	together(20, func(worker int) {
		for n := range 10 {
			err := transact(t, e, ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
				for _, key := range keys {
					counter := v.Attempts(key)
					v.SetAttempts(key, ledger.Attempts{Failures: append(counter.Failures, moment(1000*(10*worker+n)))})
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	must(t, e.Transact(t.Context(), ledger.Keys{Attempts: keys}, func(v *ledger.View) error {
		for _, key := range keys {
			distinct := map[time.Time]bool{}
			for _, at := range v.Attempts(key).Failures {
				distinct[at] = true
			}
			same(t, "failures of "+string(key.Partner), [2]int{len(v.Attempts(key).Failures), len(distinct)}, [2]int{200, 200})
		}
		return nil
	}))
}

func noLostUpdate(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, nil)
	together(10, func(worker int) {
		for turn := range 10 {
			err := transact(t, e, ledger.Keys{SNILS: []ledger.Index{index(1)}}, func(v *ledger.View) error {
				a, _ := v.AccountBySNILS(index(1))
				a.Version++
				a.UpdatedAt = moment(1000*worker + turn) // tells this write from the same step of another worker
				v.PutAccount(a)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "version", a.Version, int64(101))
}
