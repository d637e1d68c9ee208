package tlog_test

import (
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/tlog"
)

func records(entries []ledger.Entry) []ledger.Record {
	out := make([]ledger.Record, len(entries))
	for i, e := range entries {
		out[i] = canon.Record(e)
	}
	return out
}

func TestScribeTiesGroupsTogether(t *testing.T) {
	w := newWorld(t)
	s := w.scribe()
	first := w.store(s, 3)
	s.Finish(nil) // a group without entries takes no number
	s.Stored(nil)
	second := w.store(s, 2)
	for i, e := range first {
		if e.Link.Sequence != 0 || int(e.Link.Index) != i || e.Link.Size != 3 || e.Link.Previous != [32]byte{} || e.Encoding != 2 {
			t.Errorf("first group: %+v", e.Link)
		}
		if !w.ring.IsMarked(canon.Record(e), e.Mark) {
			t.Error("an entry without a mark")
		}
	}
	for i, e := range second {
		if e.Link.Sequence != 1 || int(e.Link.Index) != i || e.Link.Previous != canon.GroupDigest(records(first)) || e.Link.Writer != first[0].Link.Writer {
			t.Errorf("second group: %+v", e.Link)
		}
	}
	if other := w.store(w.scribe(), 1); other[0].Link.Writer == first[0].Link.Writer {
		t.Error("two writers have one name")
	}
}

// A number is used again only by what is surely the same, or surely not stored.
func TestScribeNeverGivesANumberTwice(t *testing.T) {
	type attempt = []ledger.Entry
	w := newWorld(t)
	a, b := w.entry(), w.entry()
	tests := map[string]struct {
		attempts []attempt
		end      func(*tlog.Scribe, attempt)
		sameNext bool // the next group goes on behind the first one
		sequence uint64
	}{
		"stored":                {[]attempt{{a}}, (*tlog.Scribe).Stored, true, 2},
		"stored when repeated":  {[]attempt{{a, b}, {a, b}}, (*tlog.Scribe).Stored, true, 2},
		"stored in another way": {[]attempt{{a, b}, {b}}, (*tlog.Scribe).Stored, false, 1},
		"was there already":     {[]attempt{{a, b}, {}}, (*tlog.Scribe).Stored, false, 0},
		"nothing, then it":      {[]attempt{{}, {a}}, (*tlog.Scribe).Stored, true, 2},
		"not stored":            {[]attempt{{a}}, func(s *tlog.Scribe, _ attempt) { s.Lost(false) }, true, 1},
		"unknown":               {[]attempt{{a}}, func(s *tlog.Scribe, _ attempt) { s.Lost(true) }, false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := w.scribe()
			before := w.group(1)
			s.Finish(before)
			s.Stored(before)
			var last attempt
			for _, one := range test.attempts {
				last = append(attempt(nil), one...)
				s.Finish(last)
			}
			test.end(s, last)
			next := w.group(1)
			s.Finish(next)
			if same := next[0].Link.Writer == before[0].Link.Writer; same != test.sameNext || next[0].Link.Sequence != test.sequence {
				t.Errorf("the next group has number %d, of the same writer: %v; want %d, %v", next[0].Link.Sequence, same, test.sequence, test.sameNext)
			}
		})
	}
}

func BenchmarkScribe(b *testing.B) {
	w := newWorld(b)
	receipts, err := tlog.NewReceipts(tlog.ReceiptsConfig{Key: w.key, Marks: w.ring})
	must(b, err)
	s, entries := tlog.NewScribe(w.ring, receipts), w.group(64)
	b.ReportAllocs()
	for b.Loop() {
		s.Finish(entries)
		s.Stored(entries)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/entry")
}
