package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/partners/sandbox/people"
)

const (
	fillGroup    = 500
	fillAccounts = 20_000 // sealed accounts beside the entries, at most one for each
)

// fill stores entries as a gateway does, as fast as the engine goes: of those that name an account the first raises it.
func (l *logWorld) fill(ctx context.Context, store ledger.Engine) ([]ledger.Entry, error) {
	scribe := tlog.NewScribe(l.ring, nil)
	accounts := min(fillAccounts, l.LogRows/2)
	var invented []people.Account
	for _, p := range l.sealer.population.Range(0, uint64(accounts)) {
		invented = append(invented, p)
	}
	var known []ledger.AccountID
	var some []ledger.Entry
	for stored := 0; stored < l.LogRows; stored += fillGroup {
		var raisedNow []ledger.Account
		entries := make([]ledger.Entry, min(fillGroup, l.LogRows-stored))
		for i := range entries {
			if stored+i >= accounts {
				entries[i] = filled(known[rand.IntN(len(known))], ledger.OutcomeAlreadyConfirmed, ledger.LevelConfirmed)
				continue
			}
			a, err := l.sealer.account(ctx, invented[stored+i])
			if err != nil {
				return nil, err
			}
			known = append(known, a.ID)
			entries[i] = filled(a.ID, ledger.OutcomeAlreadyConfirmed, a.Level)
			if a.Level == ledger.LevelStandard {
				entries[i] = filled(a.ID, ledger.OutcomeConfirmed, a.Level)
				a.Level, a.Method, a.ConfirmedBy = ledger.LevelConfirmed, ledger.MethodBank, bank
				a.Confirmation, a.ConfirmedAt = entries[i].ID, entries[i].DecidedAt
			}
			raisedNow = append(raisedNow, a)
		}
		if err := put(ctx, store, scribe, raisedNow, entries); err != nil {
			return nil, err
		}
		some = append(some, entries[0], entries[len(entries)/2])
	}
	return some, nil
}

// put stores a group.
func put(ctx context.Context, store ledger.Transactor, scribe *tlog.Scribe, accounts []ledger.Account, entries []ledger.Entry) error {
	scribe.Finish(entries)
	err := store.Transact(ctx, ledger.Keys{}, func(v *ledger.View) error {
		for i := range accounts {
			v.PutAccount(accounts[i])
		}
		for i := range entries {
			v.AddEntry(entries[i])
		}
		return nil
	})
	if err == nil {
		scribe.Stored(entries)
	}
	return err
}

func filled(account ledger.AccountID, outcome ledger.Outcome, before ledger.Level) ledger.Entry {
	now := time.Now().UTC().Truncate(time.Microsecond)
	e := ledger.Entry{
		ID: ledger.EntryID(uuid.New()), Kind: ledger.KindConfirmation, Partner: bank, Account: account, Outcome: outcome, Fields: allExact(),
		Before: before, After: max(before, ledger.LevelConfirmed), Method: ledger.MethodBank, Policy: "match/1", Style: "native",
		Serial: "1f2e3d4c5b6a7980", Means: ledger.AuthenticatedBySMS, AuthedAt: now, DecidedAt: now, Commitments: someCommitments(),
	}
	if outcome != ledger.OutcomeConfirmed {
		e.After, e.Method = before, 0
	}
	return e
}

// allExact is the comparison of a claim that agrees in everything.
func allExact() (all []ledger.FieldResult) {
	for f := ledger.FieldSNILS; f <= ledger.FieldEmail; f++ {
		all = append(all, ledger.FieldResult{Field: f, Comparison: ledger.Exact})
	}
	return all
}
