package audit_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// reports gives reports whose every byte is worth a try: few rows, several blocks, all kinds of cells.
func reports(t testing.TB) map[string]string {
	t.Helper()
	store := &ledgertest.Memory{}
	record(t, store, 0, 600)
	odd := entry(700)
	odd.Style, odd.Detail, odd.Withdrawn = "=1,\"x\"\n", "a=b c", ledger.EntryID{7}
	put(t, store, odd)
	s := open(t, store)
	out := map[string]string{}
	for form, format := range formats {
		for name, filter := range map[string]ledger.Filter{
			"few": {From: entry(570).DecidedAt}, "sparse": {Partner: "vtb", Outcome: ledger.OutcomeConfirmed, From: entry(240).DecidedAt, To: entry(420).DecidedAt},
			"none": {Partner: "nobody"},
		} {
			var report bytes.Buffer
			if _, err := s.Export(t.Context(), audit.Report{Format: format, Filter: filter}, &report); err != nil {
				t.Fatal(err)
			}
			out[form+", "+name] = report.String()
		}
	}
	return out
}

// TestNoFlippedBitIsAccepted flips every bit of small reports, and one of every byte of larger ones.
func TestNoFlippedBitIsAccepted(t *testing.T) {
	trusted := keys(t)
	for name, report := range reports(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := verify.Report(strings.NewReader(report), trusted, nil); err != nil {
				t.Fatal(err)
			}
			flipped := []byte(report)
			step := 1
			if isSlow {
				step = 29
			}
			for at := 0; at < len(flipped); at += step {
				bits := []int{0, 1, 2, 3, 4, 5, 6, 7}
				if len(flipped) > 2000 {
					bits = []int{rand.IntN(8)}
				}
				for _, bit := range bits {
					flipped[at] ^= 1 << bit
					if _, err := verify.Report(bytes.NewReader(flipped), trusted, nil); !isFinding(err) {
						t.Fatalf("byte %d, bit %d: %v", at, bit, err)
					}
					flipped[at] ^= 1 << bit
				}
			}
		})
	}
}

func isFinding(err error) bool {
	var finding *verify.Finding
	return errors.As(err, &finding)
}

func TestNoTruncatedReportIsAccepted(t *testing.T) {
	trusted := keys(t)
	for name, report := range reports(t) {
		step := 1
		if isSlow {
			step = 29
		}
		for cut := 0; cut < len(report); cut += step {
			if _, err := verify.Report(strings.NewReader(report[:cut]), trusted, nil); !isFinding(err) {
				t.Fatalf("%s: cut after %d of %d bytes: %v", name, cut, len(report), err)
			}
		}
		for _, more := range []string{"\n", "x", "x\n", report} {
			if _, err := verify.Report(strings.NewReader(report+more), trusted, nil); !isFinding(err) {
				t.Fatalf("%s, and %.10q: %v", name, more, err)
			}
		}
	}
}

func FuzzReport(f *testing.F) {
	trusted := keys(f)
	honest := map[string]bool{}
	for _, report := range reports(f) {
		honest[report] = true
		f.Add([]byte(report), 0, []byte{})
		f.Add([]byte(report), len(report)/2, []byte("x"))
	}
	f.Fuzz(func(t *testing.T, report []byte, at int, put []byte) {
		report = bytes.Clone(report)
		if at >= 0 && at < len(report) {
			copy(report[at:], put)
		}
		_, err := verify.Report(bytes.NewReader(report), trusted, nil)
		if err != nil && !isFinding(err) {
			t.Fatal(err)
		}
		if err == nil && !honest[string(report)] {
			t.Fatalf("accepted a report of %d bytes that nobody has made", len(report))
		}
	})
}
