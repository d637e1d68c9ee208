package ledgertest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

// absent is one kind of thing that a decision can find missing: how to name it, to look for it and to make it.
type absent struct {
	keys func(n int) ledger.Keys
	has  func(v *ledger.View, n int) bool
	add  func(v *ledger.View, n int)
}

func absents() map[string]absent {
	counter := func(n int) ledger.AttemptKey { return ledger.AttemptKey{Subject: index(n), Partner: "bank-a"} }
	bare := func(n int) ledger.Account {
		a := account(n)
		a.SNILS, a.Phone = ledger.Index{}, ledger.Index{}
		return a
	}
	return map[string]absent{
		"entries": {
			keys: func(n int) ledger.Keys { return ledger.Keys{Entries: []ledger.EntryID{entryID(n)}} },
			has:  func(v *ledger.View, n int) bool { _, ok := v.Entry(entryID(n)); return ok },
			add:  func(v *ledger.View, n int) { v.AddEntry(entry(n)) },
		},
		"accounts": {
			keys: func(n int) ledger.Keys { return ledger.Keys{Accounts: []ledger.AccountID{accountID(n)}} },
			has:  func(v *ledger.View, n int) bool { _, ok := v.Account(accountID(n)); return ok },
			add:  func(v *ledger.View, n int) { v.PutAccount(bare(n)) },
		},
		"SNILS": {
			keys: func(n int) ledger.Keys { return ledger.Keys{SNILS: []ledger.Index{index(n)}} },
			has:  func(v *ledger.View, n int) bool { _, ok := v.AccountBySNILS(index(n)); return ok },
			add:  func(v *ledger.View, n int) { a := bare(n); a.SNILS = index(n); v.PutAccount(a) },
		},
		"phones": {
			keys: func(n int) ledger.Keys { return ledger.Keys{Phones: []ledger.Index{phone(n)}} },
			has:  func(v *ledger.View, n int) bool { _, ok := v.AccountByPhone(phone(n)); return ok },
			add:  func(v *ledger.View, n int) { a := bare(n); a.Phone = phone(n); v.PutAccount(a) },
		},
		"counters": {
			keys: func(n int) ledger.Keys { return ledger.Keys{Attempts: []ledger.AttemptKey{counter(n)}} },
			has:  func(v *ledger.View, n int) bool { return len(v.Attempts(counter(n)).Failures) > 0 },
			add: func(v *ledger.View, n int) {
				v.SetAttempts(counter(n), ledger.Attempts{Failures: []time.Time{moment(0)}})
			},
		},
	}
}

// writeSkew has two decisions look for the same two things, which are not there, and make one each: whoever is second must see
// what the first has made.
func writeSkew(t *testing.T, s suite) {
	e := s.fresh(t)
	const rounds = 15
	next := 0
	for name, kind := range absents() {
		for range rounds {
			pair := [2]int{next, next + 1}
			next += 2
			var alone atomic.Int64
			together(2, func(mine int) {
				keys := kind.keys(pair[0])
				keys.Add(kind.keys(pair[1]))
				isAlone := false
				err := transact(t, e, keys, func(v *ledger.View) error {
					isAlone = !kind.has(v, pair[0]) && !kind.has(v, pair[1])
					kind.add(v, pair[mine])
					return nil
				})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if isAlone {
					alone.Add(1)
				}
			})
			same(t, name+": decisions that saw neither", alone.Load(), int64(1))
		}
	}
}

// pagesUnderWriters lists again and again, in small pages, while two write groups of entries.
func pagesUnderWriters(t *testing.T, s suite) {
	e := s.fresh(t)
	const writers, groups, most = 2, 40, 3
	var writing sync.WaitGroup
	for writer := range writers {
		writing.Go(func() {
			for group := range groups {
				var numbers []int
				for n := range 1 + group%most {
					numbers = append(numbers, 10_000*writer+10*group+n)
				}
				err := transact(t, e, keysOf(numbers...), func(v *ledger.View) error {
					for _, n := range numbers {
						v.AddEntry(entry(n))
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { writing.Wait(); close(ended) }()
	watch := pageWatch{e: e, ended: map[ledger.Cursor][]ledger.Entry{}}
	for isOver := false; !isOver; {
		select {
		case <-ended:
			isOver = true // and a last look
		default:
		}
		watch.look(t)
	}
	same(t, "entries at the end", len(watch.listed), writers*(groups/most*(1+2+3)+1))
}

// pageWatch remembers what was listed.
type pageWatch struct {
	e      ledger.Engine
	listed []ledger.Entry
	ended  map[ledger.Cursor][]ledger.Entry // lists by the head at which they end
}

const mostHeads = 8

func (w *pageWatch) look(t *testing.T) {
	t.Helper()
	head, err := w.e.Head(t.Context())
	must(t, err)
	now := listed(t, w.e, ledger.Filter{}, ledger.Page{Limit: 5})
	if len(now) < len(w.listed) || !slices.EqualFunc(now[:len(w.listed)], w.listed, sameID) {
		t.Fatalf("%d entries were listed, and now these are not the first of %d", len(w.listed), len(now))
	}
	w.listed = now
	if _, known := w.ended[head]; !known && head != "" && len(w.ended) < mostHeads {
		w.ended[head] = listed(t, w.e, ledger.Filter{}, ledger.Page{Until: head, Limit: 4})
	}
	for head, before := range w.ended {
		again := listed(t, w.e, ledger.Filter{}, ledger.Page{Until: head, Limit: 6})
		if len(again) != len(before) || !slices.EqualFunc(again, before, sameID) {
			t.Fatalf("a list that ends at a head had %d entries, and now others or %d", len(before), len(again))
		}
	}
}

func sameID(a, b ledger.Entry) bool { return a.ID == b.ID }
