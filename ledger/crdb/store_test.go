package crdb

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

var moment = time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC)

func fullAccount(n byte) ledger.Account {
	return ledger.Account{
		ID: ledger.AccountID{n, 1}, Level: ledger.LevelStandard, Method: ledger.MethodNone, Version: 1,
		Registry: ledger.RegistryVerified, RegistryAt: moment.Add(-time.Hour),
		Profile: ledger.Sealed{WrappedKey: []byte{1, 2, 3, n}, Box: []byte{4, 5, 6, 7, n}}, Digest: [32]byte{n, 9},
		SNILS: ledger.Index{n, 2}, INN: ledger.Index{n, 3}, Phone: ledger.Index{n, 4},
		CreatedAt: moment, UpdatedAt: moment,
	}
}

func fullEntry(n byte) ledger.Entry {
	return ledger.Entry{
		ID: ledger.EntryID{n, 7}, Kind: ledger.KindConfirmation, Partner: "sberbank", Digest: [32]byte{n}, Account: ledger.AccountID{n, 1},
		Outcome: ledger.OutcomeConfirmed, Reasons: []ledger.Reason{"A_B", "C"},
		Fields: []ledger.FieldResult{{Field: ledger.FieldSNILS, Comparison: ledger.Exact}, {Field: ledger.FieldSex, Comparison: ledger.Missing}},
		Before: ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank, Policy: "match/1", Style: "native",
		Serial: "0a0b", Means: ledger.AuthenticatedByApp, AuthedAt: moment.Add(-time.Minute), DecidedAt: moment, DryRun: true,
		Withdrawn: ledger.EntryID{n, 8}, Encoding: ledger.EncodingVersion, Detail: "radar=1",
		Commitments: []ledger.Commitment{{Group: ledger.GroupName, Digest: [16]byte{n}}, {Group: ledger.GroupContact, Digest: [16]byte{15: n}}},
		Link:        ledger.Link{Writer: [8]byte{n, 10}, Sequence: 1 << 63, Index: 1, Size: 65535, Previous: [32]byte{n, 11}}, Mark: [32]byte{n, 12},
	}
}

func TestATransactionTakesTwoRoundTrips(t *testing.T) {
	var told []Transaction
	s := open(t, func(c *Config) { c.Observe = func(x Transaction) { told = append(told, x) } })
	a := fullAccount(1)
	must(t, s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}, SNILS: []ledger.Index{a.SNILS}, Phones: []ledger.Index{a.Phone}},
		func(v *ledger.View) error { v.PutAccount(a); return nil }))
	e := fullEntry(1)
	keys := ledger.Keys{SNILS: []ledger.Index{a.SNILS}, Entries: []ledger.EntryID{e.ID}, Attempts: []ledger.AttemptKey{{Subject: a.SNILS, Partner: "sberbank"}, {Subject: a.SNILS}}}
	must(t, s.Transact(t.Context(), keys, func(v *ledger.View) error {
		got, ok := v.AccountBySNILS(a.SNILS)
		if !ok {
			t.Error("account not found")
		}
		got.Level, got.Version = ledger.LevelConfirmed, 2
		v.PutAccount(got)
		v.AddEntry(e)
		v.SetAttempts(keys.Attempts[0], ledger.Attempts{Failures: []time.Time{moment}})
		return nil
	}))
	if len(told) != 2 || told[1].RoundTrips != 2 || told[1].Attempts != 1 || told[1].Entries != 1 {
		t.Errorf("told %+v, want two round trips in one attempt", told)
	}
	got, err := s.Entry(t.Context(), e.ID)
	must(t, err)
	if !sameEntry(e, got) {
		t.Errorf("read back %+v\nwant %+v", got, e)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
