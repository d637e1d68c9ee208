package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// memory is a ledger that a witness can read.
type memory struct {
	porukav1.AuditServiceClient
	porukav1.PortalServiceClient
	records  []*porukav1.Record
	counts   []*porukav1.SummarizeResponse_Count
	total    int64
	accounts map[string]*porukav1.Account
}

func (m *memory) ListRecords(_ context.Context, r *porukav1.ListRecordsRequest, _ ...grpc.CallOption) (*porukav1.ListRecordsResponse, error) {
	from, _ := strconv.Atoi(r.GetPageToken())
	to := min(from+2, len(m.records)) // several pages
	next := strconv.Itoa(to)
	if to == len(m.records) {
		next = ""
	}
	return &porukav1.ListRecordsResponse{Records: m.records[from:to], NextPageToken: next}, nil
}

func (m *memory) Summarize(context.Context, *porukav1.SummarizeRequest, ...grpc.CallOption) (*porukav1.SummarizeResponse, error) {
	return &porukav1.SummarizeResponse{Counts: m.counts, Total: m.total}, nil
}

func (m *memory) GetAccount(_ context.Context, r *porukav1.GetAccountRequest, _ ...grpc.CallOption) (*porukav1.GetAccountResponse, error) {
	return &porukav1.GetAccountResponse{Account: m.accounts[r.GetId()]}, nil
}

// truth is five answers, and a ledger that agrees with them: account a was confirmed, b confirmed and taken back, c refused,
// d confirmed dry; a's answer was repeated.
func truth() ([]told, *memory) {
	answer := func(n int, bank string, outcome porukav1.Confirmation_Outcome, before, after porukav1.Account_Level) *porukav1.Confirmation {
		return &porukav1.Confirmation{
			Name: fmt.Sprintf("confirmations/%d", n), Bank: bank, Kind: porukav1.Confirmation_CONFIRMATION, Outcome: outcome,
			LevelBefore: before, LevelAfter: after, DecideTime: timestamppb.New(time.Unix(int64(n), 0)),
		}
	}
	const standard, confirmed = porukav1.Account_STANDARD, porukav1.Account_CONFIRMED
	a := answer(1, "vtb", porukav1.Confirmation_CONFIRMED, standard, confirmed)
	b := answer(2, "vtb", porukav1.Confirmation_CONFIRMED, standard, confirmed)
	back := answer(3, "vtb", porukav1.Confirmation_CONFIRMED, confirmed, standard)
	back.Kind, back.Withdrawn = porukav1.Confirmation_WITHDRAWAL, b.GetName()
	c := answer(4, "bspb", porukav1.Confirmation_NOT_MATCHED, 0, 0)
	c.Reasons = []*porukav1.Reason{{Reason: porukav1.Reason_NAME_DIFFERS}}
	d := answer(5, "bspb", porukav1.Confirmation_CONFIRMED, standard, standard)
	d.DryRun = true
	again, _ := proto.Clone(a).(*porukav1.Confirmation)
	again.Replayed = true
	answers := []told{
		{"vtb", "r1", "a", standard, a},
		{"vtb", "r2", "b", standard, b},
		{"vtb", "2", "b", standard, back},
		{"bspb", "r1", "c", standard, c},
		{"bspb", "r5", "d", standard, d},
		{"vtb", "r1", "a", standard, again},
	}
	m := &memory{total: 5, accounts: map[string]*porukav1.Account{
		"a": {Level: confirmed, Bank: "vtb", Confirmation: a.GetName()}, "b": {Level: standard}, "c": {Level: standard}, "d": {Level: standard},
	}, counts: []*porukav1.SummarizeResponse_Count{
		{Bank: "bspb", Kind: porukav1.Confirmation_CONFIRMATION, Outcome: porukav1.Confirmation_CONFIRMED, Records: 1, DryRuns: 1},
		{Bank: "bspb", Kind: porukav1.Confirmation_CONFIRMATION, Outcome: porukav1.Confirmation_NOT_MATCHED, Records: 1},
		{Bank: "vtb", Kind: porukav1.Confirmation_CONFIRMATION, Outcome: porukav1.Confirmation_CONFIRMED, Records: 2},
		{Bank: "vtb", Kind: porukav1.Confirmation_WITHDRAWAL, Outcome: porukav1.Confirmation_CONFIRMED, Records: 1},
	}}
	for _, e := range answers[:5] {
		m.records = append(m.records, &porukav1.Record{
			Name: e.answer.GetName(), Kind: e.answer.GetKind(), Bank: e.bank, Outcome: e.answer.GetOutcome(), Reasons: codesOf(e.answer),
			Account: "accounts/" + e.account, LevelBefore: e.answer.GetLevelBefore(), LevelAfter: e.answer.GetLevelAfter(),
			DecideTime: e.answer.GetDecideTime(), DryRun: e.answer.GetDryRun(), Withdrawn: e.answer.GetWithdrawn(),
		})
	}
	return answers, m
}

func TestTheWitnessSeesEveryDisagreement(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(answers []told, m *memory) []told
		want  string // part of a problem; empty: there is none
	}{
		"the truth":             {func(a []told, _ *memory) []told { return a }, ""},
		"an answer is not kept": {func(a []told, m *memory) []told { m.records = m.records[1:]; return a }, "vtb was told confirmations/1, which is not in the ledger"},
		"an entry too many": {func(a []told, m *memory) []told {
			m.records = append(m.records, &porukav1.Record{Name: "confirmations/9"})
			return a
		}, "confirmations/9 is in the ledger, and nobody was told"},
		"an entry twice": {func(a []told, m *memory) []told { m.records = append(m.records, m.records[0]); return a }, "confirmations/1 stands in the ledger twice"},
		"outcome": {func(a []told, m *memory) []told {
			m.records[3].Outcome = porukav1.Confirmation_CLOSE_MATCH
			return a
		}, "another outcome than bspb"},
		"reasons":       {func(a []told, m *memory) []told { m.records[3].Reasons = nil; return a }, "another list of reasons than bspb"},
		"bank":          {func(a []told, m *memory) []told { m.records[0].Bank = "bspb"; return a }, "another bank than vtb"},
		"kind":          {func(a []told, m *memory) []told { m.records[2].Kind = porukav1.Confirmation_CONFIRMATION; return a }, "another kind than vtb"},
		"dry run":       {func(a []told, m *memory) []told { m.records[4].DryRun = false; return a }, "another mark of dry runs"},
		"time":          {func(a []told, m *memory) []told { m.records[0].DecideTime = timestamppb.New(time.Unix(9, 0)); return a }, "another time"},
		"withdrawn":     {func(a []told, m *memory) []told { m.records[2].Withdrawn = "confirmations/1"; return a }, "another confirmation taken back"},
		"levels":        {func(a []told, m *memory) []told { m.records[0].LevelAfter = porukav1.Account_STANDARD; return a }, "another pair of levels"},
		"account":       {func(a []told, m *memory) []told { m.records[0].Account = "accounts/b"; return a }, "another account"},
		"total":         {func(a []told, m *memory) []told { m.total++; return a }, "counts 6 records in all"},
		"count":         {func(a []told, m *memory) []told { m.counts[2].Records++; return a }, "3 records and 0 dry runs of CONFIRMATION CONFIRMED for vtb"},
		"dry count":     {func(a []told, m *memory) []told { m.counts[0].DryRuns = 0; return a }, "1 records and 0 dry runs"},
		"no count":      {func(a []told, m *memory) []told { m.counts = m.counts[1:]; return a }, "does not count CONFIRMATION CONFIRMED for bspb"},
		"level":         {func(a []told, m *memory) []told { m.accounts["c"].Level = porukav1.Account_CONFIRMED; return a }, "account c is CONFIRMED, by the answers it should be STANDARD"},
		"dry raised":    {func(a []told, m *memory) []told { m.accounts["d"].Level = porukav1.Account_CONFIRMED; return a }, "account d is CONFIRMED"},
		"not withdrawn": {func(a []told, m *memory) []told { m.accounts["b"].Level = porukav1.Account_CONFIRMED; return a }, "account b is CONFIRMED"},
		"other bank":    {func(a []told, m *memory) []told { m.accounts["a"].Bank = "bspb"; return a }, "owes its level to confirmations/1 of bspb"},
		"other cause":   {func(a []told, m *memory) []told { m.accounts["a"].Confirmation = ""; return a }, "owes its level to nothing of vtb"},
		"other replay":  {func(a []told, _ *memory) []told { a[5].answer.Outcome = porukav1.Confirmation_NOT_MATCHED; return a }, "vtb was told CONFIRMED of confirmations/1 first, and later NOT_MATCHED"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, m := truth()
			answers = test.spoil(answers, m)
			f, err := (&witness{m, m}).verify(t.Context(), answers)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(f.problems, "\n")
			if test.want == "" && all != "" || !strings.Contains(all, test.want) {
				t.Errorf("%q, want %q", all, test.want)
			}
			if f.entries != int64(len(m.records)) {
				t.Errorf("%d entries", f.entries)
			}
		})
	}
}
