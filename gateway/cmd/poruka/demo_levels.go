package main

import (
	"context"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
)

// tally is a count of summaries, as it should be.
type tally struct{ records, dryRuns int64 }

type tallyKey struct {
	bank    string
	kind    porukav1.Confirmation_Kind
	outcome porukav1.Confirmation_Outcome
}

func tallies(entries []told) map[tallyKey]tally {
	counts := map[tallyKey]tally{}
	for _, e := range entries {
		k := tallyKey{e.bank, e.answer.GetKind(), e.answer.GetOutcome()}
		count := counts[k]
		count.records++
		if e.answer.GetDryRun() {
			count.dryRuns++
		}
		counts[k] = count
	}
	return counts
}

// sameCounts finds that the summary counts what was told.
func (f *findings) sameCounts(entries []told, summary *porukav1.SummarizeResponse) {
	want := tallies(entries)
	total := summary.GetTotal()
	for _, c := range summary.GetCounts() {
		if isUntold(c.GetKind()) {
			total -= c.GetRecords()
			continue
		}
		k := tallyKey{c.GetBank(), c.GetKind(), c.GetOutcome()}
		if got := (tally{c.GetRecords(), c.GetDryRuns()}); got != want[k] {
			f.addf("the summary counts %d records and %d dry runs of %s %s for %s, who was told %d and %d",
				got.records, got.dryRuns, k.kind, k.outcome, k.bank, want[k].records, want[k].dryRuns)
		}
		delete(want, k)
	}
	for k := range want {
		f.addf("the summary does not count %s %s for %s", k.kind, k.outcome, k.bank)
	}
	if total != int64(len(entries)) {
		f.addf("the summary counts %d records in all, the banks were told %d", total, len(entries))
	}
}

// standing is what an account should be after all that banks were told.
type standing struct {
	level        porukav1.Account_Level
	confirmation string // name of the confirmation to which it owes its level; empty when not to a bank's of this run
	bank         string
}

// standings follows each account through the answers about it.
func standings(entries []told) map[string]standing {
	accounts := map[string]standing{}
	for _, e := range entries {
		if e.account == "" {
			continue
		}
		s, known := accounts[e.account]
		if !known {
			s.level = e.before
		}
		switch raised := e.answer.GetOutcome() == porukav1.Confirmation_CONFIRMED && !e.answer.GetDryRun(); {
		case e.answer.GetKind() == porukav1.Confirmation_WITHDRAWAL:
			s.level, s.confirmation, s.bank = porukav1.Account_STANDARD, "", ""
		case raised:
			s.level, s.confirmation, s.bank = porukav1.Account_CONFIRMED, e.answer.GetName(), e.bank
		}
		accounts[e.account] = s
	}
	return accounts
}

// sameAccounts finds every touched account as the answers left it.
func (w *witness) sameAccounts(ctx context.Context, f *findings, entries []told) error {
	for id, want := range standings(entries) {
		answer, err := w.portal.GetAccount(ctx, &porukav1.GetAccountRequest{Id: id})
		if err != nil {
			return client.Explain(err)
		}
		account := answer.GetAccount()
		if account.GetLevel() != want.level {
			f.addf("account %s is %s, by the answers it should be %s", id, account.GetLevel(), want.level)
		}
		if want.confirmation != "" && (account.GetConfirmation() != want.confirmation || account.GetBank() != want.bank) {
			f.addf("account %s owes its level to %s of %s, by the answers to %s of %s",
				id, orNothing(account.GetConfirmation()), account.GetBank(), want.confirmation, want.bank)
		}
	}
	return nil
}

func orNothing(name string) string {
	if strings.TrimSpace(name) == "" {
		return "nothing"
	}
	return name
}
