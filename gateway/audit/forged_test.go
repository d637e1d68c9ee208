package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// forgery is a report that somebody edits: CSV, all of a bank, 300 rows of 600 entries.
type forgery struct {
	header string
	rows   []string
	footer string
}

func forge(t *testing.T) (*forgery, *audit.Service) {
	t.Helper()
	store := &ledgertest.Memory{}
	record(t, store, 0, 600)
	s := open(t, store)
	report, _ := export(t, s, audit.Report{Format: audit.CSV, Filter: ledger.Filter{Partner: "vtb"}})
	lines := strings.SplitAfter(report, "\n")
	return &forgery{lines[0], lines[1 : len(lines)-2], lines[len(lines)-2]}, s
}

// String repairs the number of rows and the digest in the footer: nothing but its signature is wrong.
func (f *forgery) String() string {
	body := f.header + strings.Join(f.rows, "")
	sum := sha256.Sum256([]byte(body))
	at := strings.Index(f.footer, `""sha256"":""`) + len(`""sha256"":""`)
	footer := f.footer[:at] + hex.EncodeToString(sum[:]) + f.footer[at+64:]
	rows := strings.Index(footer, `""rows"":`)
	end := strings.Index(footer[rows:], ",") + rows
	return body + footer[:rows] + fmt.Sprintf(`""rows"":%d`, len(f.rows)) + footer[end:]
}

// edited changes the outcome of a row, and repairs its leaf: who holds a report has all that it takes.
func edited(t *testing.T, row string, entry int) string {
	t.Helper()
	cells := strings.Split(strings.TrimSuffix(row, "\n"), ",")
	rest, err := hex.DecodeString(cells[21])
	if err != nil {
		t.Fatal(err)
	}
	e := entryNumber(entry)
	e.Method = ledger.MethodESignature
	record := canon.RecordOf(canon.Facts(e), [32]byte(rest))
	leaf := tlog.RecordHash(record[:])
	cells[8], cells[22] = e.Method.String(), hex.EncodeToString(leaf[:])
	return strings.Join(cells, ",") + "\n"
}

func TestForgeriesAreNamed(t *testing.T) {
	trusted := keys(t)
	const at = 150 // row 151, entry and position 301
	for name, c := range map[string]struct {
		forge    func(f *forgery)
		row      int64
		last     int64 // when it cannot be said which row it is
		position int64
		what     string
	}{
		"a cell edited":             {func(f *forgery) { f.rows[at] = strings.Replace(f.rows[at], "BANK", "E_SIGNATURE", 1) }, at + 1, 0, 301, "altered"},
		"a cell that is none":       {func(f *forgery) { f.rows[at] = strings.Replace(f.rows[at], "BANK", "BONK", 1) }, at + 1, 0, -1, "method is malformed"},
		"edited, its leaf repaired": {func(f *forgery) { f.rows[at] = edited(t, f.rows[at], 301) }, 129, 256, 257, "altered"},
		"a row taken away":          {func(f *forgery) { f.rows = append(f.rows[:at:at], f.rows[at+1:]...) }, at + 1, 0, 303, "missing"},
		"the first row taken away":  {func(f *forgery) { f.rows = f.rows[1:] }, 1, 0, 3, "missing"},
		"the last row taken away":   {func(f *forgery) { f.rows = f.rows[:len(f.rows)-1] }, 0, 0, -1, "missing"},
		"the last of a block away":  {func(f *forgery) { f.rows = append(f.rows[:127:127], f.rows[128:]...) }, 128, 0, 257, "missing"},
		"a whole block taken away":  {func(f *forgery) { f.rows = append(f.rows[:128:128], f.rows[256:]...) }, 129, 0, 513, "missing"},
		"a row twice":               {func(f *forgery) { f.rows = append(f.rows[:at+1:at+1], f.rows[at:]...) }, at + 2, 0, 301, "twice"},
		"two rows swapped":          {func(f *forgery) { f.rows[at], f.rows[at+1] = f.rows[at+1], f.rows[at] }, at + 1, 0, 303, "missing"},
		"a foreign row": {func(f *forgery) {
			f.rows = append(f.rows[:at:at], append([]string{foreign(t, f.rows[at], 300)}, f.rows[at:]...)...)
		}, at + 1, 0, 300, "hashes"},
		"a foreign row in its place": {func(f *forgery) { f.rows[at] = foreign(t, f.rows[at], 301) }, 129, 256, 257, "foreign"},
		"the bank in the footer":     {func(f *forgery) { f.footer = strings.Replace(f.footer, `""bank"":""vtb""`, `""bank"":""""`, 1) }, 0, 0, -1, "missing"},
		"the outcome in the footer": {func(f *forgery) {
			f.footer = strings.Replace(f.footer, `""outcome"":""""`, `""outcome"":""CONFIRMED""`, 1)
		}, 1, 0, -1, "does not choose"},
		"the time in the footer": {func(f *forgery) {
			f.footer = strings.Replace(f.footer, `""to"":""""`, `""to"":""2030-01-01T00:00:00Z""`, 1)
		}, 0, 0, -1, "no trusted key"},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := forge(t)
			c.forge(f)
			_, err := verify.Report(strings.NewReader(f.String()), trusted, nil)
			var found *verify.Finding
			if !errors.As(err, &found) {
				t.Fatal(err)
			}
			if found.Row != c.row || found.Last != c.last || found.Position != c.position || !strings.Contains(found.What, c.what) {
				t.Errorf("%+v, want row %d to %d, position %d, %q", found, c.row, c.last, c.position, c.what)
			}
		})
	}
}

// foreign makes a row that is sound in itself and was never recorded.
func foreign(t *testing.T, like string, position int) string {
	t.Helper()
	cells := strings.Split(strings.TrimSuffix(edited(t, like, 301), "\n"), ",")
	cells[20] = fmt.Sprint(position)
	return strings.Join(cells, ",") + "\n"
}

// TestOnlySignatureMissing: a report from which a row is left out with everything repaired, as the gateway would have made it, is
// told from an honest one by the signature of its manifest alone.
func TestOnlySignatureMissing(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 600)
	s := open(t, store)
	honest, _ := export(t, s, audit.Report{Format: audit.JSONL, Filter: ledger.Filter{Partner: "vtb"}})
	lesser, _ := export(t, s, audit.Report{Format: audit.JSONL, Filter: ledger.Filter{Partner: "vtb", Outcome: ledger.OutcomeConfirmed}})
	repaired := strings.Replace(lesser, `"outcome":"CONFIRMED","checkpoint"`, `"outcome":"","checkpoint"`, 1)
	for _, report := range []string{honest, lesser} {
		if _, err := verify.Report(strings.NewReader(report), keys(t), nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err := verify.Report(bytes.NewReader([]byte(repaired)), keys(t), nil)
	if repaired == lesser || !isFinding(err) || !strings.Contains(err.Error(), "no trusted key") {
		t.Errorf("rows left out, all else repaired: %v", err)
	}
}

func entryNumber(n int) ledger.Entry { return entry(n) }
