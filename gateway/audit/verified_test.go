package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// TestReportsAreVerified: whatever the filter chooses and however long the log is, what is exported is what verify accepts.
func TestReportsAreVerified(t *testing.T) {
	for _, size := range []int{0, 1, 2, 5, 255, 256, 257, 511, 512, 1300, 70_000} {
		if size > 2000 && isSlow {
			continue
		}
		store := &ledgertest.Memory{}
		for at := 0; at < size; at += 3000 {
			record(t, store, at, min(size, at+3000))
		}
		s := open(t, store)
		filters := map[string]ledger.Filter{
			"all": {}, "bank": {Partner: "vtb"}, "outcome": {Outcome: ledger.OutcomeCloseMatch}, "nobody": {Partner: "nobody"},
			"late":   {From: noon.Add(time.Duration(size-2) * time.Second)},
			"middle": {From: noon.Add(time.Duration(size/3) * time.Second), To: noon.Add(time.Duration(size/2) * time.Second)},
			"third":  {Partner: "vtb", Outcome: ledger.OutcomeConfirmed},
		}
		if size > 2000 {
			filters = map[string]ledger.Filter{"nobody": filters["nobody"], "middle": filters["middle"]}
		}
		for name, filter := range filters {
			for form, format := range formats {
				report, footer := export(t, s, audit.Report{Filter: filter, Format: format})
				v, err := verify.Report(strings.NewReader(report), keys(t), nil)
				if err != nil {
					t.Fatalf("%d entries, %s, %s: %v\n%.2000s", size, name, form, err, report)
				}
				if v.Rows != footer.Rows || v.Log.Size != int64(size) || v.Filter != filter {
					t.Errorf("%d entries, %s, %s: %+v", size, name, form, v)
				}
			}
		}
	}
}

func TestOddTextsAreReadBack(t *testing.T) {
	for _, odd := range []string{"'", "''x", "=1", "\t=1", `\`, `\u0041`, `a\nb`, "a\nb\r\u2028", `"`, `a,"b"`, "＝1", " = 1", "\u00a0=", "плюс", "a'b", "-", "a;b=c"} {
		store := &ledgertest.Memory{}
		e := entry(1)
		e.Style, e.Serial, e.Detail, e.Policy = odd, "x"+odd, odd+odd, " "+odd
		put(t, store, e)
		s := open(t, store)
		for form, format := range formats {
			report, _ := export(t, s, audit.Report{Format: format})
			if _, err := verify.Report(strings.NewReader(report), keys(t), nil); err != nil {
				t.Errorf("%s: %q: %v", form, odd, err)
			}
		}
	}
}

func TestExportRefusesALedgerThatWasAltered(t *testing.T) {
	for _, at := range []int{0, 100, 255, 256, 299} {
		store := &ledgertest.Memory{}
		record(t, store, 0, 300)
		settle(t, store)
		s := unsettled(t, &altered{Memory: store, id: entry(at).ID}, func(c *audit.Config) { c.Patience = time.Millisecond })
		for form, format := range formats {
			var out bytes.Buffer
			_, err := s.Export(t.Context(), audit.Report{Format: format}, &out)
			if err == nil || strings.Contains(out.String(), "footer") {
				t.Errorf("%s: entry %d was altered: %v", form, at, err)
			}
		}
	}
}

// altered is a ledger of which somebody has changed an entry.
type altered struct {
	*ledgertest.Memory
	id ledger.EntryID
}

func (a *altered) Entries(ctx context.Context, f ledger.Filter, p ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	entries, next, err := a.Memory.Entries(ctx, f, p)
	for i := range entries {
		if entries[i].ID == a.id {
			entries[i].Outcome++
		}
	}
	return entries, next, err
}

func TestReportWaitsForTheLog(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 3)
	s := unsettled(t, store, func(c *audit.Config) { c.Patience = 20 * time.Millisecond })
	if _, err := s.Export(t.Context(), audit.Report{Format: audit.CSV}, &bytes.Buffer{}); reason(err) != "NOT_IN_LOG_YET" {
		t.Errorf("nothing is signed: %v", err)
	}
	settle(t, store)
	record(t, store, 3, 5)
	report, _ := export(t, s, audit.Report{Format: audit.CSV})
	if v, err := verify.Report(strings.NewReader(report), keys(t), nil); err != nil || v.Rows != 3 {
		t.Errorf("a log that stands still: %d rows, %v", v.Rows, err)
	}
	patient := unsettled(t, store, nil)
	done := make(chan int64, 1)
	go func() {
		footer, err := patient.Export(t.Context(), audit.Report{Format: audit.CSV}, &bytes.Buffer{})
		if err != nil {
			t.Error(err)
		}
		done <- footer.Rows
	}()
	settle(t, store)
	if rows := <-done; rows != 5 {
		t.Errorf("a log that catches up: %d rows", rows)
	}
	if _, err := s.Export(t.Context(), audit.Report{Format: audit.CSV, Size: 4}, &bytes.Buffer{}); reason(err) != "NOT_IN_LOG_YET" {
		t.Errorf("a size that is not signed: %v", err)
	}
}

// BenchmarkExport: rows that are there already, so that only the work of the exporter counts.
func BenchmarkExport(b *testing.B) {
	store := &ledgertest.Memory{}
	const rows = 10_000
	for at := 0; at < rows; at += 1000 {
		record(b, store, at, at+1000)
	}
	s := open(b, store)
	for name, format := range formats {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Export(b.Context(), audit.Report{Format: format}, discard{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkVerify checks a report that is in memory.
func BenchmarkVerify(b *testing.B) {
	store := &ledgertest.Memory{}
	const rows = 10_000
	for at := 0; at < rows; at += 1000 {
		record(b, store, at, at+1000)
	}
	s := open(b, store)
	for name, format := range formats {
		for what, filter := range map[string]ledger.Filter{"all": {}, "half": {Partner: "vtb"}} {
			var out bytes.Buffer
			footer, err := s.Export(b.Context(), audit.Report{Format: format, Filter: filter}, &out)
			if err != nil {
				b.Fatal(err)
			}
			trusted := keys(b)
			b.Run(fmt.Sprintf("%s/%s", name, what), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := verify.Report(bytes.NewReader(out.Bytes()), trusted, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(footer.Rows)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
