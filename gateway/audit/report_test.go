package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

var formats = map[string]audit.Format{"csv": audit.CSV, "jsonl": audit.JSONL}

func export(t *testing.T, s *audit.Service, r audit.Report) (string, audit.Footer) {
	t.Helper()
	var out bytes.Buffer
	footer, err := s.Export(t.Context(), r, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), footer
}

// split cuts the footer off.
func split(t *testing.T, report string) (before, footer string) {
	t.Helper()
	body, ok := strings.CutSuffix(report, "\n")
	if !ok {
		t.Fatal("the report does not end with a line end")
	}
	cut := strings.LastIndex(body, "\n") + 1
	return report[:cut], body[cut:]
}

func TestExportCSV(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 2500)
	report, footer := export(t, open(t, store), audit.Report{Format: audit.CSV, Filter: ledger.Filter{Partner: "vtb", From: noon}})
	before, last := split(t, report)
	digest := sha256.Sum256([]byte(before))
	want := `#footer,"{""footer"":{""version"":2,""rows"":1250,""sha256"":""` + hex.EncodeToString(digest[:]) +
		`"",""from"":""2026-11-22T12:00:00.123456Z"",""to"":"""",""bank"":""vtb"",""outcome"":"""",""checkpoint"":""gateway.example/log\n2500\n`
	if !strings.HasPrefix(last, want) || footer.Rows != 1250 {
		t.Errorf("footer\n%s, want\n%s", last, want)
	}
	rows, err := csv.NewReader(strings.NewReader(before)).ReadAll()
	if err != nil || len(rows) != 1251 {
		t.Fatalf("%d lines, %v; want 1251", len(rows), err)
	}
	if got, want := strings.Join(rows[0], ","), "name,kind,bank,outcome,reasons,account,level_before,level_after,method,decide_time,policy,style,"+
		"certificate_serial,authentication_method,authenticate_time,dry_run,fields,withdrawn,detail,encoding,position,rest,leaf,block,gap"; got != want {
		t.Errorf("columns\n%s, want\n%s", got, want)
	}
	wanted := []string{
		"confirmations/00018000-0000-0000-0000-000000000000", "CONFIRMATION", "vtb", "ALREADY_CONFIRMED", "NAME_CLOSE;DOCUMENT_CLOSE",
		"accounts/09010000-0000-0000-0000-000000000000", "STANDARD", "CONFIRMED", "BANK", "2026-11-22T12:00:01.123456Z", "match/1", "native", "0af3",
		"SMS_CODE", "2026-11-22T11:59:00.123456Z", "false", "person.snils=EXACT;person.familyName=CLOSE;person.inn=NOT_COMPARED", "", "", "2", "1",
	}
	if got := strings.Join(rows[1][:21], "|"); got != strings.Join(wanted, "|") {
		t.Errorf("first row\n%s, want\n%s", got, strings.Join(wanted, "|"))
	}
}

func TestExportJSONL(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 1001)
	report, _ := export(t, open(t, store), audit.Report{Format: audit.JSONL})
	before, last := split(t, report)
	var footer struct{ Footer struct{ Rows int } }
	if err := json.Unmarshal([]byte(last), &footer); err != nil || footer.Footer.Rows != 1001 {
		t.Errorf("footer %s, %v", last, err)
	}
	lines := strings.Split(strings.TrimSuffix(before, "\n"), "\n")
	if len(lines) != 1001 {
		t.Fatalf("%d rows", len(lines))
	}
	want := `{"name":"confirmations/00018000-0000-0000-0000-000000000000","kind":"CONFIRMATION","bank":"vtb","outcome":"ALREADY_CONFIRMED",` +
		`"reasons":["NAME_CLOSE","DOCUMENT_CLOSE"],"account":"accounts/09010000-0000-0000-0000-000000000000","levelBefore":"STANDARD",` +
		`"levelAfter":"CONFIRMED","method":"BANK","decideTime":"2026-11-22T12:00:01.123456Z","policy":"match/1","style":"native",` +
		`"certificateSerial":"0af3","authenticationMethod":"SMS_CODE","authenticateTime":"2026-11-22T11:59:00.123456Z",` +
		`"fields":[{"field":"person.snils","comparison":"EXACT"},{"field":"person.familyName","comparison":"CLOSE"},` +
		`{"field":"person.inn","comparison":"NOT_COMPARED"}],"encoding":2,"position":1,"rest":"`
	if !strings.HasPrefix(lines[1], want) {
		t.Errorf("row\n%s, want\n%s", lines[1], want)
	}
}

func TestExportAgainIsTheSameToTheByteWhileOthersWrite(t *testing.T) {
	for name, format := range formats {
		t.Run(name, func(t *testing.T) {
			store := &ledgertest.Memory{}
			record(t, store, 0, 3000)
			s := open(t, store)
			first, footer := export(t, s, audit.Report{Format: format, Filter: ledger.Filter{Partner: "vtb"}})
			size := must(verify.Checkpoint([]byte(footer.Checkpoint), keys(t)))(t).Size
			var writer sync.WaitGroup
			writer.Go(func() {
				for n := 3000; n < 6000; n += 10 {
					record(t, store, n, n+10)
				}
			})
			for range 5 {
				again, _ := export(t, s, audit.Report{Format: format, Filter: ledger.Filter{Partner: "vtb"}, Size: size})
				if again != first {
					t.Error("the report differs")
				}
			}
			writer.Wait()
			settle(t, store)
			if again, _ := export(t, s, audit.Report{Format: format, Filter: ledger.Filter{Partner: "vtb"}, Size: size}); again != first {
				t.Error("the report differs once the log is longer")
			}
			if later, _ := export(t, s, audit.Report{Format: format, Filter: ledger.Filter{Partner: "vtb"}}); later == first {
				t.Error("a report up to the new head shows nothing new")
			}
		})
	}
}

func TestExportThatFailsHasNoFooter(t *testing.T) {
	for name, format := range formats {
		store := &ledgertest.Memory{}
		record(t, store, 0, 3000)
		settle(t, store)
		for good := range 3 {
			var out bytes.Buffer
			_, err := unsettled(t, &failing{Memory: store, good: good}, nil).Export(t.Context(), audit.Report{Format: format}, &out)
			if reason(err) != fault.LedgerUnavailable {
				t.Errorf("%s: error %v, want LEDGER_UNAVAILABLE", name, err)
			}
			if strings.Contains(out.String(), "footer") {
				t.Errorf("%s: a report that broke off after %d pages has a footer", name, good)
			}
			if _, err := audit.VerifyFooter(&out); !errors.Is(err, audit.ErrNotWhole) {
				t.Errorf("%s: verifying: %v", name, err)
			}
		}
		_, err := open(t, store).Export(t.Context(), audit.Report{Format: format}, &full{room: 100_000})
		if f := fault.Of(err); f.Reason != fault.Defect || !errors.Is(err, errFull) {
			t.Errorf("%s: error %v of a full disk", name, err)
		}
	}
}

// failing is a ledger that fails after some good pages.
type failing struct {
	*ledgertest.Memory
	good int
}

func (f *failing) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	if f.good == 0 {
		return nil, "", ledger.ErrUnavailable
	}
	f.good--
	return f.Memory.Entries(ctx, filter, page)
}

var errFull = errors.New("full")

// full is a writer without much room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestReportsAreFewAndLeaveTheirPlace(t *testing.T) {
	store := &blocking{entered: make(chan struct{}), release: make(chan struct{})}
	record(t, &store.Memory, 0, 3)
	settle(t, &store.Memory)
	s := unsettled(t, store, func(c *audit.Config) { c.Reports = 1 })
	done := make(chan error, 1)
	go func() {
		_, err := s.Export(t.Context(), audit.Report{Format: audit.CSV}, &bytes.Buffer{})
		done <- err
	}()
	<-store.entered
	_, err := s.Export(t.Context(), audit.Report{Format: audit.CSV}, &bytes.Buffer{})
	if f := fault.Of(err); f.Reason != fault.Overloaded || f.Kind != fault.Exhausted || f.RetryAfter <= 0 {
		t.Errorf("a second report: %+v, want OVERLOADED with advice", f)
	}
	close(store.release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	go func() { <-store.entered }()
	if _, err = s.Export(t.Context(), audit.Report{Format: audit.CSV}, &bytes.Buffer{}); err != nil {
		t.Errorf("after the first has left: %v", err)
	}
}

func TestExportRefuses(t *testing.T) {
	s := open(t, &ledgertest.Memory{})
	for name, r := range map[string]audit.Report{
		"no format": {}, "a bank that is none": {Format: audit.CSV, Filter: ledger.Filter{Partner: "a,b"}},
		"time turned round": {Format: audit.CSV, Filter: ledger.Filter{From: noon, To: noon.Add(-time.Hour)}},
	} {
		if _, err := s.Export(t.Context(), r, &bytes.Buffer{}); reason(err) != fault.FieldFormat {
			t.Errorf("%s: error %v, want FIELD_FORMAT", name, err)
		}
	}
}

func TestVerifyFooterFindsEveryChange(t *testing.T) {
	for name, format := range formats {
		store := &ledgertest.Memory{}
		record(t, store, 0, 20)
		report, footer := export(t, open(t, store), audit.Report{Format: format})
		if got, err := audit.VerifyFooter(strings.NewReader(report)); err != nil || got != footer {
			t.Fatalf("%s: %+v, %v; want %+v", name, got, err, footer)
		}
		before, last := split(t, report)
		for i := 0; i < len(before); i += 31 {
			changed := []byte(report)
			changed[i] ^= 1
			if _, err := audit.VerifyFooter(bytes.NewReader(changed)); !errors.Is(err, audit.ErrNotWhole) {
				t.Fatalf("%s: byte %d changed: %v", name, i, err)
			}
		}
		for cut := 0; cut < len(report); cut += 17 {
			if _, err := audit.VerifyFooter(strings.NewReader(report[:cut])); !errors.Is(err, audit.ErrNotWhole) {
				t.Fatalf("%s: cut after %d bytes: %v", name, cut, err)
			}
		}
		lines := strings.SplitAfter(before, "\n")
		for what, text := range map[string]string{
			"a row is missing":  strings.Join(lines[:5], "") + strings.Join(lines[6:], "") + last + "\n",
			"rows are swapped":  strings.Join(lines[:5], "") + lines[6] + lines[5] + strings.Join(lines[7:], "") + last + "\n",
			"something follows": report + "x\n",
			"a second footer":   report + last + "\n",
			"another count":     before + strings.NewReplacer(`"rows"":20`, `"rows"":21`, `"rows":20`, `"rows":21`).Replace(last) + "\n",
			"another version":   before + strings.NewReplacer(`"version"":2`, `"version"":1`, `"version":2`, `"version":1`).Replace(last) + "\n",
			"a line too long":   before + strings.Repeat("x", 2<<20) + "\n" + last + "\n",
		} {
			if _, err := audit.VerifyFooter(strings.NewReader(text)); !errors.Is(err, audit.ErrNotWhole) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, evil := range []string{
		`=HYPERLINK("http://e","x")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", " =1", "\n=1", "\u00a0=1",
	} {
		store := &ledgertest.Memory{}
		e := entry(1)
		e.Style, e.Serial = evil, "0af3"+evil
		put(t, store, e)
		report, _ := export(t, open(t, store), audit.Report{Format: audit.CSV})
		before, _ := split(t, report)
		rows, err := csv.NewReader(strings.NewReader(before)).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %d lines, %v", strconv.Quote(evil), len(rows), err)
		}
		if style := rows[1][11]; !strings.HasPrefix(style, "'") || strings.ContainsAny(style, "\t\r\n") {
			t.Errorf("%s: the cell is %s", strconv.Quote(evil), strconv.Quote(style))
		}
		if serial := rows[1][12]; !strings.HasPrefix(serial, "0af3") {
			t.Errorf("%s: the cell of harmless text begins %s", strconv.Quote(evil), strconv.Quote(serial))
		}
	}
}

func FuzzVerifyFooter(f *testing.F) {
	f.Add([]byte("name\n#footer,\"{\"\"footer\"\":{\"\"rows\"\":0}}\"\n"))
	f.Add([]byte(`{"footer":{"rows":0}}` + "\n"))
	f.Add([]byte("#footer,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		footer, err := audit.VerifyFooter(bytes.NewReader(data))
		if err == nil && (footer.Rows < 0 || len(footer.SHA256) != 64) {
			t.Fatalf("accepted %+v", footer)
		}
		if err != nil && !errors.Is(err, audit.ErrNotWhole) {
			t.Fatal(err)
		}
	})
}
