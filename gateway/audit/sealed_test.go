package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// TestSealsShowThatNothingIsLeftOut: the seal of the last hour is made after the period, and counts what the report must have.
func TestSealsShowThatNothingIsLeftOut(t *testing.T) {
	hour := canon.HourOf(noon)
	for name, c := range map[string]struct {
		count int64
		want  string
	}{"as many as there are": {5, ""}, "one more": {6, "rows are missing: 6 of vtb"}} {
		store := &ledgertest.Memory{}
		record(t, store, 0, 10) // five of each bank
		seal := entry(900)
		seal.Kind, seal.Partner, seal.Outcome, seal.DryRun = ledger.KindSeal, "vtb", ledger.OutcomeNone, false
		seal.DecidedAt = hour.Add(61 * time.Minute)
		seal.Detail = canon.Seal{Hour: hour, To: 10, Count: c.count}.Detail()
		put(t, store, seal)
		report, _ := export(t, open(t, store), audit.Report{Format: audit.CSV, Filter: ledger.Filter{Partner: "vtb", From: hour, To: hour.Add(time.Hour)}})
		v, err := verify.Report(strings.NewReader(report), keys(t), nil)
		switch {
		case c.want == "" && (err != nil || v.Rows != 6 || v.Seals != (verify.Seals{Hours: 1})):
			t.Errorf("%s: %+v, %v", name, v, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v", name, err)
		}
	}
}
