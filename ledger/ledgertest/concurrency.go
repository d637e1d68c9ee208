package ledgertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/poruka/poruka/ledger"
)

func concurrencyTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"one entry id, a hundred at once":               oneEntryID,
		"one account, two partners":                     oneAccountTwoPartners,
		"one SNILS, many creators":                      oneSNILS,
		"one phone, many claimants":                     onePhone,
		"no increment of a counter is lost":             noLostAttempt,
		"no update of an account is lost":               noLostUpdate,
		"readers see whole transactions":                wholeTransactions,
		"crossed groups do not deadlock":                crossedGroups,
		"what Transact acknowledged is read at once":    readYourWrites,
		"entries of concurrent writers keep an order":   concurrentOrder,
		"reports and decisions do not disturb each one": reportsAside,
		"of two that found nothing one was first":       writeSkew,
		"pages while others write":                      pagesUnderWriters,
	}
}

// together runs n at once and waits for all.
func together(n int, run func(n int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func oneEntryID(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, nil)
	var winners atomic.Int64
	together(100, func(n int) {
		won := false
		mine := entry(1)
		copy(mine.Digest[:], spread('d', n))
		err := transact(t, e, keysOf(1), func(v *ledger.View) error {
			if _, won = v.Entry(mine.ID); won {
				won = false
				return nil
			}
			won = true
			v.AddEntry(mine)
			a, _ := v.Account(accountID(1))
			a.Version++
			v.PutAccount(a)
			return nil
		})
		if err != nil {
			t.Errorf("writer %d: %v", n, err)
		} else if won {
			winners.Add(1)
		}
	})
	if winners.Load() != 1 || len(all(t, e)) != 1 {
		t.Errorf("%d writers inserted and %d entries are there, want one", winners.Load(), len(all(t, e)))
	}
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "version", a.Version, int64(2))
}

func oneAccountTwoPartners(t *testing.T, s suite) {
	e := s.fresh(t)
	const rounds = 20
	for round := range rounds {
		store(t, e, []ledger.Account{account(round)}, nil)
		var confirmed atomic.Int64
		together(2, func(partner int) {
			mine := entry(1000 + 2*round + partner)
			mine.Account, mine.Partner = accountID(round), ledger.PartnerID(fmt.Sprintf("bank-%d", partner))
			keys := ledger.Keys{Entries: []ledger.EntryID{mine.ID}, SNILS: []ledger.Index{index(round)}}
			err := transact(t, e, keys, func(v *ledger.View) error {
				a, _ := v.AccountBySNILS(index(round))
				mine.Outcome = ledger.OutcomeAlreadyConfirmed
				if a.Level == ledger.LevelStandard {
					a.Level, a.ConfirmedBy, a.Confirmation, a.Version = ledger.LevelConfirmed, mine.Partner, mine.ID, a.Version+1
					mine.Outcome = ledger.OutcomeConfirmed
					v.PutAccount(a)
				}
				v.AddEntry(mine)
				return nil
			})
			if err != nil {
				t.Error(err)
			} else if mine.Outcome == ledger.OutcomeConfirmed {
				confirmed.Add(1)
			}
		})
		a, err := e.Account(t.Context(), accountID(round))
		must(t, err)
		raised, err := e.Entry(t.Context(), a.Confirmation)
		must(t, err)
		if confirmed.Load() != 1 || raised.Outcome != ledger.OutcomeConfirmed || raised.Partner != a.ConfirmedBy || a.Version != 2 {
			t.Fatalf("%d confirmations; account %+v; entry %+v", confirmed.Load(), a, raised)
		}
	}
	same(t, "entries", len(all(t, e)), 2*rounds)
}

func wholeTransactions(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, nil)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := e.Account(t.Context(), accountID(1))
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if a.Confirmation.IsZero() {
					continue
				}
				if _, err := e.Entry(t.Context(), a.Confirmation); err != nil {
					t.Errorf("the account names an entry that is not there: %v", err)
					return
				}
			}
		})
	}
	for n := range 100 {
		must(t, transact(t, e, keysOf(1, 100+n), func(v *ledger.View) error {
			a, _ := v.Account(accountID(1))
			a.Confirmation = entryID(100 + n)
			v.PutAccount(a)
			v.AddEntry(entry(100 + n))
			return nil
		}))
	}
	close(stop)
	readers.Wait()
}

func crossedGroups(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1), account(2)}, nil)
	together(8, func(worker int) {
		order := []int{1, 2}
		if worker%2 == 1 {
			order = []int{2, 1}
		}
		for turn := range 10 {
			err := transact(t, e, keysOf(order...), func(v *ledger.View) error {
				for _, n := range order {
					a, _ := v.Account(accountID(n))
					a.Version++
					a.UpdatedAt = moment(1000*worker + turn) // tells this write from the same step of another worker
					v.PutAccount(a)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	for _, n := range []int{1, 2} {
		a, err := e.Account(t.Context(), accountID(n))
		must(t, err)
		same(t, "version", a.Version, int64(81))
	}
}
