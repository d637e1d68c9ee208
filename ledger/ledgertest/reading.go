package ledgertest

import (
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func readYourWrites(t *testing.T, s suite) {
	e := s.fresh(t)
	together(8, func(worker int) {
		for n := range 10 {
			mine := entry(100*worker + n)
			err := transact(t, e, ledger.Keys{Entries: []ledger.EntryID{mine.ID}}, func(v *ledger.View) error { v.AddEntry(mine); return nil })
			if err != nil {
				t.Error(err)
				continue
			}
			if _, err := e.Entry(t.Context(), mine.ID); err != nil {
				t.Errorf("acknowledged and not found: %v", err)
			}
		}
	})
}

// concurrentOrder follows the list while writers append: no entry may appear before one that was listed already.
func concurrentOrder(t *testing.T, s suite) {
	e := s.fresh(t)
	const workers, each = 4, 50
	var writers sync.WaitGroup
	for worker := range workers {
		writers.Go(func() {
			for n := range each {
				mine := entry(1000*worker + n)
				err := transact(t, e, ledger.Keys{Entries: []ledger.EntryID{mine.ID}}, func(v *ledger.View) error { v.AddEntry(mine); return nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var followed []ledger.Entry
	var place ledger.Cursor
	for deadline := time.Now().Add(time.Minute); len(followed) < workers*each && time.Now().Before(deadline); {
		head, err := e.Head(t.Context())
		must(t, err)
		if head == "" || head == place {
			continue
		}
		followed = append(followed, listed(t, e, ledger.Filter{}, ledger.Page{After: place, Until: head, Limit: 7})...)
		place = head
	}
	writers.Wait()
	same(t, "what was followed and what is listed at the end", followed, all(t, e))
}

func reportsAside(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, nil, []ledger.Entry{entry(0)})
	together(6, func(worker int) {
		for n := range 20 {
			if worker%2 == 0 {
				mine := entry(1 + 100*worker + n)
				if err := transact(t, e, ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(mine); return nil }); err != nil {
					t.Error(err)
				}
				continue
			}
			counts, err := e.Summary(t.Context(), ledger.Filter{})
			if err != nil || len(counts) != 1 || counts[0].Entries < 1 {
				t.Errorf("summary %+v, %v", counts, err)
			}
		}
	})
	same(t, "entries", len(all(t, e)), 61)
}
