package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
)

func accesses(t *testing.T, store ledger.Engine) *audit.Accesses {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		t.Fatal(err)
	}
	committer, err := group.New(group.Config{Ledger: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = committer.Close(context.Background()) })
	a, err := audit.NewAccesses(audit.AccessConfig{
		Committer: committer, Log: store, Ring: ring, Clock: func() time.Time { return noon.Add(time.Nanosecond) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAccessesAreRecorded(t *testing.T) {
	store := &ledgertest.Memory{}
	a := accesses(t, store)
	for _, look := range []audit.Access{
		{Method: "ListRecords", Serial: "0af3", Filter: ledger.Filter{From: noon, To: noon.Add(time.Hour), Partner: "vtb", Outcome: ledger.OutcomeConfirmed}},
		{Method: "ExportReport", Serial: "0af3", Format: audit.CSV},
		{Method: "ExportReport", Serial: "0af3", Format: audit.CSV},
	} {
		if err := a.Record(t.Context(), look); err != nil {
			t.Fatal(err)
		}
	}
	entries, _, err := store.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 10})
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	first := entries[0]
	if first.Kind != ledger.KindAccess || first.Partner != ledger.StaffID || first.Serial != "0af3" || !first.DecidedAt.Equal(noon) || first.Outcome != 0 ||
		!first.Account.IsZero() || first.Encoding != ledger.EncodingVersion || first.Digest == [32]byte{} {
		t.Errorf("entry %+v", first)
	}
	const want = "method=ListRecords from=2026-11-22T12:00:00.123456Z to=2026-11-22T13:00:00.123456Z bank=vtb outcome=CONFIRMED head=0"
	if first.Detail != want {
		t.Errorf("detail %q, want %q", first.Detail, want)
	}
	if entries[1].Detail != "method=ExportReport format=csv head=0" || entries[1].ID == entries[2].ID {
		t.Errorf("the same look twice: %+v, %+v", entries[1], entries[2])
	}
}

func TestWhatIsNotRecordedIsNotShown(t *testing.T) {
	store := &ledgertest.Memory{}
	a := accesses(t, store)
	look := audit.Access{Method: "Summarize", Filter: ledger.Filter{Partner: "x bank=y"}}
	if err := a.Record(t.Context(), look); reason(err) != fault.FieldFormat {
		t.Errorf("a filter with a blank: %v", err)
	}
	store.Fault = func(ledger.Writes) error { return ledger.ErrUnavailable }
	if err := a.Record(t.Context(), audit.Access{Method: "Summarize"}); reason(err) != fault.LedgerUnavailable {
		t.Errorf("without a ledger: %v", err)
	}
	broken := accesses(t, headless{store})
	if err := broken.Record(t.Context(), audit.Access{Method: "Summarize"}); err == nil {
		t.Error("without a head of the log it was recorded")
	}
	if _, err := audit.NewAccesses(audit.AccessConfig{}); err == nil {
		t.Error("made of nothing")
	}
}

type headless struct{ *ledgertest.Memory }

func (headless) LogHead(context.Context) (ledger.LogHead, error) {
	return ledger.LogHead{}, errors.New("no head")
}
