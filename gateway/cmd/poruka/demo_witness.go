package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
)

// told is one answer that a bank received.
type told struct {
	bank    string
	request string                 // id of the request; that of the confirmation taken back for a withdrawal
	account string                 // id of the account that the request was about; empty when nobody has one
	before  porukav1.Account_Level // of the account, before the banks began
	answer  *porukav1.Confirmation
}

// witness compares what banks were told with what the ledger holds. It asks as compliance and the portal do: nothing of the
// gateway's inside is believed.
type witness struct {
	audit  porukav1.AuditServiceClient
	portal porukav1.PortalServiceClient
}

// findings are what does not agree, and how much there is that does.
type findings struct {
	entries  int64
	receipts int
	proofs   int
	rows     int64 // of the report
	events   int   // that banks received
	problems []string
}

func (f *findings) addf(format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf(format, args...))
}

// verify reads everything back. The ledger must hold all that was told, once, and nothing else. answers are in the order in
// which they were received; those about one account in the order in which they were decided.
func (w *witness) verify(ctx context.Context, answers []told) (*findings, error) {
	answers = recorded(answers)
	records, err := w.records(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger back: %w", err)
	}
	f := &findings{entries: int64(len(records))}
	entries := f.sameAnswers(answers)
	f.sameRecords(entries, records)
	summary, err := w.audit.Summarize(ctx, &porukav1.SummarizeRequest{})
	if err != nil {
		return nil, fmt.Errorf("reading the ledger back: %w", client.Explain(err))
	}
	f.sameCounts(entries, summary)
	if err := w.sameAccounts(ctx, f, entries); err != nil {
		return nil, fmt.Errorf("reading the ledger back: %w", err)
	}
	return f, nil
}

// records reads the whole ledger as compliance.
func (w *witness) records(ctx context.Context) ([]*porukav1.Record, error) {
	var all []*porukav1.Record
	for token := ""; ; {
		page, err := w.audit.ListRecords(ctx, &porukav1.ListRecordsRequest{PageSize: 1000, PageToken: token})
		if err != nil {
			return nil, client.Explain(err)
		}
		all = append(all, page.GetRecords()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// sameAnswers finds that a request was answered in one way only, however often it was asked. It gives one answer for each.
func (f *findings) sameAnswers(answers []told) []told {
	type key struct{ bank, request, kind string }
	first := map[key]int{}
	var entries []told
	for _, a := range answers {
		k := key{a.bank, a.request, a.answer.GetKind().String()}
		i, known := first[k]
		if !known {
			first[k] = len(entries)
			entries = append(entries, a)
			continue
		}
		was, is := entries[i].answer, a.answer
		if was.GetName() != is.GetName() || was.GetOutcome() != is.GetOutcome() || !slices.Equal(codesOf(was), codesOf(is)) || !sameTime(was.GetDecideTime().AsTime(), is.GetDecideTime().AsTime()) {
			f.addf("%s was told %s of %s first, and later %s of %s", a.bank, was.GetOutcome(), was.GetName(), is.GetOutcome(), is.GetName())
		}
	}
	return entries
}

// sameRecords finds each answer in the ledger, once, and nothing beside them.
func (f *findings) sameRecords(entries []told, records []*porukav1.Record) {
	byName := make(map[string]*porukav1.Record, len(records))
	for _, r := range records {
		if byName[r.GetName()] != nil {
			f.addf("%s stands in the ledger twice", r.GetName())
		}
		byName[r.GetName()] = r
	}
	for _, e := range entries {
		name := e.answer.GetName()
		r := byName[name]
		delete(byName, name)
		if r == nil {
			f.addf("%s was told %s, which is not in the ledger", e.bank, name)
			continue
		}
		if differs := difference(e, r); differs != "" {
			f.addf("%s: the ledger holds another %s than %s was told", name, differs, e.bank)
		}
	}
	for name, r := range byName {
		if !isUntold(r.GetKind()) {
			f.addf("%s is in the ledger, and nobody was told", name)
		}
	}
}

// recorded are the answers of which there is a record: where nothing could be checked, nothing was decided.
func recorded(answers []told) []told {
	return slices.DeleteFunc(slices.Clone(answers), func(t told) bool { return t.answer.GetOutcome() == porukav1.Confirmation_NOT_CHECKED })
}

// isUntold reports whether records of this kind are no answers to a bank: they come when an hour ends, when compliance reads, and when
// the portal asks a bank or takes that back.
func isUntold(kind porukav1.Confirmation_Kind) bool {
	switch kind {
	case porukav1.Confirmation_SEAL, porukav1.Confirmation_ACCESS, porukav1.Confirmation_ORDER, porukav1.Confirmation_ORDER_CANCELLATION:
		return true
	default:
		return false
	}
}

// difference names the first fact that answer and record do not share; empty when there is none.
func difference(e told, r *porukav1.Record) string {
	a := e.answer
	reasons := r.GetReasons()
	switch {
	case r.GetBank() != e.bank || a.GetBank() != e.bank:
		return "bank"
	case r.GetKind() != a.GetKind():
		return "kind"
	case r.GetOutcome() != a.GetOutcome():
		return "outcome"
	case !slices.Equal(reasons, codesOf(a)):
		return "list of reasons"
	case r.GetDryRun() != a.GetDryRun():
		return "mark of dry runs"
	case !sameTime(a.GetDecideTime().AsTime(), r.GetDecideTime().AsTime()):
		return "time"
	case r.GetWithdrawn() != a.GetWithdrawn():
		return "confirmation taken back"
	case a.GetLevelBefore() != 0 && (r.GetLevelBefore() != a.GetLevelBefore() || r.GetLevelAfter() != a.GetLevelAfter()):
		return "pair of levels"
	case a.GetLevelBefore() != 0 && r.GetAccount() != "accounts/"+e.account:
		return "account"
	default:
		return ""
	}
}

// sameTime compares two times of which either may have come through a dialect, whose clock counts whole milliseconds or seconds.
func sameTime(a, b time.Time) bool {
	for _, tick := range []time.Duration{time.Microsecond, time.Millisecond, time.Second} {
		if a.Truncate(tick).Equal(b.Truncate(tick)) && (tick == time.Microsecond || a.Truncate(tick).Equal(a) || b.Truncate(tick).Equal(b)) {
			return true
		}
	}
	return false
}

func codesOf(c *porukav1.Confirmation) []porukav1.Reason_Code {
	var list []porukav1.Reason_Code
	for _, reason := range c.GetReasons() {
		list = append(list, reason.GetReason())
	}
	return list
}
