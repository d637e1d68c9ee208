package tlog_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func newReceipts(t testing.TB, w *world, remembered int) *tlog.Receipts {
	t.Helper()
	r, err := tlog.NewReceipts(tlog.ReceiptsConfig{Key: w.key, Marks: w.ring, Remembered: remembered})
	must(t, err)
	return r
}

func TestReceiptsOfGroupsOfEverySize(t *testing.T) {
	w := newWorld(t)
	r := newReceipts(t, w, 0)
	s := tlog.NewScribe(w.ring, r)
	for n := 1; n <= 70; n++ {
		for _, e := range w.store(s, n) {
			want := verify.Promise{Origin: origin, Entry: e.ID, DecidedAt: e.DecidedAt, Record: canon.Record(e)}
			e.Link, e.Mark = ledger.Link{}, [32]byte{} // as a decision knows it
			if got, err := verify.Receipt(r.Of(e), w.keys); err != nil || got != want {
				t.Fatalf("group of %d: %+v, %v; want %+v", n, got, err, want)
			}
		}
	}
}

func TestReceiptsOfOldEntriesAreSignedAlone(t *testing.T) {
	w := newWorld(t)
	r := newReceipts(t, w, 4)
	s := tlog.NewScribe(w.ring, r)
	old := w.store(s, 2)[1]
	inGroup := r.Of(old)
	w.store(s, 4)
	alone := r.Of(old)
	got, err := verify.Receipt(alone, w.keys)
	if err != nil || got.Record != canon.Record(old) || alone == inGroup {
		t.Errorf("a forgotten entry: %+v, %v", got, err)
	}
	for what, change := range map[string]func(*ledger.Entry){
		"altered":         func(e *ledger.Entry) { e.Outcome = ledger.OutcomeConfirmed },
		"without mark":    func(e *ledger.Entry) { e.Mark = [32]byte{} },
		"before the log":  func(e *ledger.Entry) { *e = ledger.Entry{ID: e.ID, Encoding: 1} },
		"not yet written": func(e *ledger.Entry) { e.Link = ledger.Link{} },
	} {
		e := old
		change(&e)
		if got := r.Of(e); got != "" {
			t.Errorf("signed for an entry that is %s", what)
		}
	}
}

func TestReceiptsAreAskedForByMany(t *testing.T) {
	w := newWorld(t)
	r := newReceipts(t, w, 100)
	var crew sync.WaitGroup
	for range 4 {
		s := tlog.NewScribe(w.ring, r)
		var entries []ledger.Entry
		for range 10 {
			entries = append(entries, w.store(s, 7)...)
		}
		crew.Go(func() {
			for _, e := range entries {
				if _, err := verify.Receipt(r.Of(e), w.keys); err != nil {
					t.Error(err)
				}
			}
		})
	}
	crew.Wait()
}

func TestReceiptsOfRotatedKeys(t *testing.T) {
	w := newWorld(t)
	s := w.scribe()
	e := w.store(s, 1)[0]
	old := newReceipts(t, w, 0).Of(e)
	rotated, _, err := w.ring.Rotate(seal.Log)
	must(t, err)
	keys := trusted(t, rotated)
	if _, err := verify.Receipt(old, keys); err != nil || len(keys) != 2 {
		t.Errorf("a receipt does not outlive a rotation: %v", err)
	}
	if _, err := verify.Receipt(old, keys[:1]); !errors.Is(err, verify.ErrUntrusted) {
		t.Errorf("without the old key: %v", err)
	}
	for what, bounds := range map[string][2]time.Time{
		"began later": {e.DecidedAt.Add(time.Microsecond)}, "ended before": {{}, e.DecidedAt},
	} {
		keys[1].From, keys[1].Until = bounds[0], bounds[1]
		if _, err := verify.Receipt(old, keys); !errors.Is(err, verify.ErrExpired) {
			t.Errorf("a key whose time %s: %v", what, err)
		}
	}
	if _, err := tlog.NewKey("poruka/receipt", w.ring); err == nil {
		t.Error("a log may be called so that its checkpoints could be receipts")
	}
}

// One bit at every place.
func TestChangedReceiptsAreNeverAccepted(t *testing.T) {
	w := newWorld(t)
	r := newReceipts(t, w, 0)
	entries := w.store(tlog.NewScribe(w.ring, r), 11)
	for _, e := range []ledger.Entry{entries[0], entries[10]} {
		text := r.Of(e)
		raw, err := base64.RawURLEncoding.DecodeString(text)
		must(t, err)
		for at := range raw {
			for bit := range 8 {
				raw[at] ^= 1 << bit
				if _, err := verify.Receipt(base64.RawURLEncoding.EncodeToString(raw), w.keys); err == nil {
					t.Fatalf("accepted with bit %d of byte %d flipped", bit, at)
				}
				raw[at] ^= 1 << bit
			}
		}
		for _, wrong := range []string{"", text[1:], text[:len(text)-1], text + "A", text + "=", text + "\n", strings.ToLower(text), strings.Repeat(text, 9)} {
			if _, err := verify.Receipt(wrong, w.keys); err == nil {
				t.Errorf("accepted %q", wrong)
			}
		}
	}
}

func FuzzReceipt(f *testing.F) {
	w := newWorld(f)
	r := newReceipts(f, w, 0)
	known := map[ledger.EntryID]ledger.Record{}
	for _, n := range []int{1, 2, 3, 8} {
		for _, e := range w.store(tlog.NewScribe(w.ring, r), n) {
			known[e.ID] = canon.Record(e)
			f.Add(r.Of(e))
		}
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := verify.Receipt(text, w.keys)
		if err == nil && (known[p.Entry] != p.Record || p.Record == ledger.Record{}) {
			t.Errorf("accepted a receipt that nobody has given: %q", text)
		}
	})
}

func BenchmarkReceipt(b *testing.B) {
	w := newWorld(b)
	r := newReceipts(b, w, 0)
	s, entries := tlog.NewScribe(w.ring, r), w.group(64)
	b.ReportAllocs()
	for b.Loop() {
		s.Finish(entries)
		s.Stored(entries)
		for _, e := range entries {
			r.Of(e)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/entry")
}
