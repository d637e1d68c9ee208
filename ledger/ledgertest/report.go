package ledgertest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func reportTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"an empty ledger":                             emptyLedger,
		"pages of any size give the same list":        pages,
		"a list that ends at the head stays the same": headBounded,
		"filters":                       filters,
		"summaries equal a recount":     summaries,
		"entries of an account":         entriesOfAccount,
		"foreign cursors are refused":   foreignCursors,
		"clocks that jump":              jumpingClocks,
		"a filter between microseconds": betweenMicroseconds,
		"a census of the accounts":      census,
	}
}

// mixed gives entries of several partners, outcomes, kinds and days, in groups as they might be decided.
func mixed(n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		e := entry(i)
		e.Partner = ledger.PartnerID(fmt.Sprintf("bank-%c", 'a'+i%3))
		e.Account = accountID(i % 10)
		e.Outcome = ledger.Outcome(1 + i%5)
		e.DryRun = i%7 == 0
		if i%11 == 0 {
			e.Kind, e.Partner = ledger.KindPortalRecord, ledger.PortalID
		}
		e.DecidedAt = moment(0).Add(time.Duration(i) * time.Minute)
		entries[i] = e
	}
	return entries
}

func (s suite) filled(t *testing.T, entries []ledger.Entry) ledger.Engine {
	t.Helper()
	e := s.fresh(t)
	for part := range slices.Chunk(entries, 300) {
		store(t, e, nil, part)
	}
	return e
}

func emptyLedger(t *testing.T, s suite) {
	e := s.fresh(t)
	head, err := e.Head(t.Context())
	must(t, err)
	same(t, "head", head, ledger.Cursor(""))
	same(t, "entries", len(all(t, e)), 0)
	counts, err := e.Summary(t.Context(), ledger.Filter{})
	must(t, err)
	same(t, "counts", len(counts), 0)
}

func pages(t *testing.T, s suite) {
	want := mixed(250)
	e := s.filled(t, want)
	for _, limit := range []int{1, 2, 7, 100, 249, 250, 251, 5000} {
		same(t, fmt.Sprintf("pages of %d", limit), listed(t, e, ledger.Filter{}, ledger.Page{Limit: limit}), want)
	}
	entries, next, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 250})
	if len(entries) != 250 || next != "" || err != nil {
		t.Errorf("a page that ends with the list: %d entries, next %q, %v", len(entries), next, err)
	}
	again, _, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{}) // a limit below 1 counts as 1
	must(t, err)
	same(t, "no limit", again, want[:1])
}

func headBounded(t *testing.T, s suite) {
	want := mixed(60)
	e := s.filled(t, want)
	head, err := e.Head(t.Context())
	must(t, err)
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		for n := 1000; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := e.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error { v.AddEntry(entry(n)); return nil }); err != nil {
				done <- err
				return
			}
		}
	}()
	for range 10 {
		same(t, "list to the head", listed(t, e, ledger.Filter{}, ledger.Page{Until: head, Limit: 9}), want)
	}
	close(stop)
	must(t, <-done)
	same(t, "list to the head", listed(t, e, ledger.Filter{}, ledger.Page{Until: head, Limit: 100}), want)
	newer := listed(t, e, ledger.Filter{}, ledger.Page{After: head, Limit: 100})
	same(t, "all", all(t, e), append(want, newer...))
	nothing, next, err := e.Entries(t.Context(), ledger.Filter{}, ledger.Page{After: head, Until: head, Limit: 5})
	if len(nothing) != 0 || next != "" || err != nil {
		t.Errorf("an empty stretch: %v, %q, %v", nothing, next, err)
	}
}

func someFilters() map[string]ledger.Filter {
	middle := moment(0).Add(100 * time.Minute)
	return map[string]ledger.Filter{
		"all":              {},
		"from":             {From: middle},
		"to":               {To: middle},
		"one instant":      {From: middle, To: middle},
		"one entry":        {From: middle, To: middle.Add(time.Microsecond)},
		"from and to":      {From: middle, To: middle.Add(time.Hour)},
		"before all":       {To: moment(0)},
		"after all":        {From: moment(0).Add(10_000 * time.Hour)},
		"partner":          {Partner: "bank-b"},
		"the portal":       {Partner: ledger.PortalID},
		"unknown partner":  {Partner: "bank"},
		"outcome":          {Outcome: ledger.OutcomeNotMatched},
		"outcome not used": {Outcome: ledger.OutcomeNotChecked},
		"everything":       {From: middle, To: middle.Add(24 * time.Hour), Partner: "bank-a", Outcome: ledger.OutcomeConfirmed},
	}
}

func chosen(entries []ledger.Entry, f ledger.Filter) []ledger.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e ledger.Entry) bool { return !filterFunc(f)(e) })
}

func filters(t *testing.T, s suite) {
	entries := mixed(1300)
	e := s.filled(t, entries)
	for name, filter := range someFilters() {
		want := chosen(entries, filter)
		for _, limit := range []int{3000, 83} {
			got := listed(t, e, filter, ledger.Page{Limit: limit})
			if len(got) != len(want) {
				t.Errorf("%s, pages of %d: %d entries, want %d", name, limit, len(got), len(want))
			} else if len(want) > 0 {
				same(t, name, got, want)
			}
		}
	}
}

func summaries(t *testing.T, s suite) {
	entries := mixed(1300)
	e := s.filled(t, entries)
	for name, filter := range someFilters() {
		got, err := e.Summary(t.Context(), filter)
		must(t, err)
		want := Recount(chosen(entries, filter))
		if len(got)+len(want) > 0 {
			same(t, name, got, want)
		}
	}
}

func entriesOfAccount(t *testing.T, s suite) {
	entries := mixed(95)
	e := s.filled(t, entries)
	want := slices.DeleteFunc(slices.Clone(entries), func(e ledger.Entry) bool { return e.Account != accountID(3) })
	slices.Reverse(want)
	for _, limit := range []int{1, 4, 10, 100} {
		var got []ledger.Entry
		for page := (ledger.Page{Limit: limit}); ; {
			part, next, err := e.EntriesOfAccount(t.Context(), accountID(3), page)
			must(t, err)
			if got = append(got, part...); next == "" {
				break
			}
			page.After = next
		}
		same(t, fmt.Sprintf("pages of %d", limit), got, want)
	}
}

func foreignCursors(t *testing.T, s suite) {
	e := s.filled(t, mixed(3))
	head, err := e.Head(t.Context())
	must(t, err)
	for _, cursor := range []ledger.Cursor{"x", "0", "-1", "99999999999999999999", "' or 1=1 --", head + "0", head[:len(head)-1], "\x00", " "} {
		for name, page := range map[string]ledger.Page{"after": {After: cursor, Limit: 1}, "until": {Until: cursor, Limit: 1}} {
			_, _, err := e.Entries(t.Context(), ledger.Filter{}, page)
			wantError(t, fmt.Sprintf("Entries %s %q", name, cursor), err, ledger.ErrCursor)
			_, _, err = e.EntriesOfAccount(t.Context(), accountID(1), page)
			wantError(t, fmt.Sprintf("EntriesOfAccount %s %q", name, cursor), err, ledger.ErrCursor)
		}
	}
}

func jumpingClocks(t *testing.T, s suite) {
	entries := mixed(1300)
	for i := range entries { // the clock is set back, and forth, and stands still
		entries[i].DecidedAt = moment(0).Add(time.Duration(i*7919%1300) * time.Minute)
		if i%50 == 0 {
			entries[i].DecidedAt = time.Time{}
		}
	}
	e := s.filled(t, entries)
	for name, filter := range someFilters() {
		want := chosen(entries, filter)
		got := listed(t, e, filter, ledger.Page{Limit: 100})
		if len(got) != len(want) {
			t.Errorf("%s: %d entries, want %d", name, len(got), len(want))
		} else if len(want) > 0 {
			same(t, name, got, want)
		}
		counts, err := e.Summary(t.Context(), filter)
		must(t, err)
		if recount := Recount(want); len(counts)+len(recount) > 0 {
			same(t, name, counts, recount)
		}
	}
}

func betweenMicroseconds(t *testing.T, s suite) {
	e := s.filled(t, []ledger.Entry{entry(0)})
	at := entry(0).DecidedAt
	for name, test := range map[string]struct {
		filter ledger.Filter
		want   int
	}{
		"from it":         {ledger.Filter{From: at}, 1},
		"from just after": {ledger.Filter{From: at.Add(1)}, 0},
		"to it":           {ledger.Filter{To: at}, 0},
		"to just after":   {ledger.Filter{To: at.Add(1)}, 1},
	} {
		same(t, name, len(listed(t, e, test.filter, ledger.Page{Limit: 5})), test.want)
		counts, err := e.Summary(t.Context(), test.filter)
		must(t, err)
		same(t, name+", counted", len(counts), test.want)
	}
}

func census(t *testing.T, s suite) {
	e := s.fresh(t)
	none, err := e.Accounts(t.Context(), ledger.AccountID{}, 10)
	if len(none) != 0 || err != nil {
		t.Errorf("an empty ledger: %v, %v", none, err)
	}
	var want []ledger.Account
	for n := range 57 {
		want = append(want, account(n))
	}
	store(t, e, want, nil)
	slices.SortFunc(want, func(a, b ledger.Account) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, limit := range []int{0, 1, 10, 56, 57, 100} {
		var got []ledger.Account
		for after := (ledger.AccountID{}); ; after = got[len(got)-1].ID {
			page, err := e.Accounts(t.Context(), after, limit)
			must(t, err)
			if len(page) > max(limit, 1) {
				t.Fatalf("a page of %d accounts, limit %d", len(page), limit)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		same(t, fmt.Sprintf("pages of %d", limit), got, want)
	}
}
