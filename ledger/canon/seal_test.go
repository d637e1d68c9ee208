package canon_test

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/canon"
)

var sealedHour = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const (
	zeroRoot  = "0000000000000000000000000000000000000000000000000000000000000000"
	plainSeal = "hour=2026-11-22T10:00:00Z from=3 to=9 count=2 root=" + zeroRoot
	fullSeal  = "hour=2026-11-22T10:00:00Z from=3 to=99 count=2 late=2026-11-22T08:1,2026-11-22T09:3 early=2026-11-22T11:4 root=" + zeroRoot
)

func TestASealIsReadAsItWasWritten(t *testing.T) {
	before := func(hours int) time.Time { return sealedHour.Add(-time.Duration(hours) * time.Hour) }
	for want, s := range map[string]canon.Seal{
		plainSeal: {Hour: sealedHour, From: 3, To: 9, Count: 2},
		fullSeal: {
			Hour: sealedHour, From: 3, To: 99, Count: 2,
			Late: []canon.HourCount{{before(2), 1}, {before(1), 3}}, Early: []canon.HourCount{{before(-1), 4}},
		},
	} {
		if got := s.Detail(); got != want {
			t.Errorf("written as %q, want %q", got, want)
		}
		if got, err := canon.ParseSeal(want); err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("read as %+v, %v; want %+v", got, err, s)
		}
	}
}

func TestCountsOfASeal(t *testing.T) {
	s, err := canon.ParseSeal(fullSeal)
	if err != nil || s.Entries() != 10 {
		t.Errorf("%d entries, %v; want 10", s.Entries(), err)
	}
	for offset, want := range map[int]int64{-3: 0, -2: 1, -1: 3, 0: 2, 1: 4, 2: 0} {
		if got := s.Of(sealedHour.Add(time.Duration(offset) * time.Hour)); got != want {
			t.Errorf("%d entries of the hour %d, want %d", got, offset, want)
		}
	}
	if at := sealedHour.Add(59*time.Minute + 59*time.Second); !canon.HourOf(at.In(time.FixedZone("", 90*60))).Equal(sealedHour) {
		t.Error("the hour depends on the zone")
	}
}

func TestWhatIsNoSeal(t *testing.T) {
	for name, change := range map[string][2]string{
		"within an hour":          {"10:00:00Z", "10:00:01Z"},
		"another zone":            {"10:00:00Z", "10:00:00+01:00"},
		"a fraction":              {"10:00:00Z", "10:00:00.0Z"},
		"before the log":          {"from=3", "from=-3"},
		"backwards":               {"from=3", "from=100"},
		"a plus sign":             {"from=3", "from=+3"},
		"a zero before":           {"from=3", "from=03"},
		"less than none":          {"count=2", "count=-2"},
		"more than the range":     {"count=2", "count=89"},
		"more than a number":      {"count=2", "count=99999999999999999999"},
		"an empty hour":           {"08:1", "08:0"},
		"hours out of order":      {"08:1,2026-11-22T09:3", "09:3,2026-11-22T08:1"},
		"an hour twice":           {"T08:1", "T09:1"},
		"late in its own hour":    {"T09:3", "T10:3"},
		"early in its own hour":   {"T11:4", "T10:4"},
		"sums that are too large": {"T11:4", "T11:9223372036854775807"},
		"no hours":                {"2026-11-22T11:4", ""},
		"a short root":            {zeroRoot, zeroRoot[2:]},
		"capital letters":         {zeroRoot[:2], "AA"},
		"a word more":             {" root", " more=1 root"},
		"another order":           {"from=3 to=99", "to=99 from=3"},
		"a word twice":            {"from=3", "from=3 " + "from=3"},
		"two blanks":              {" from", "  from"},
		"a word less":             {" from=3", ""},
	} {
		text := strings.Replace(fullSeal, change[0], change[1], 1)
		if _, err := canon.ParseSeal(text); !errors.Is(err, canon.ErrSeal) || text == fullSeal {
			t.Errorf("%s: %v for %q", name, err, text)
		}
	}
	if _, err := canon.ParseSeal(""); !errors.Is(err, canon.ErrSeal) {
		t.Error(err)
	}
}

func FuzzParseSeal(f *testing.F) {
	f.Add(plainSeal)
	f.Add(fullSeal)
	f.Add(strings.ReplaceAll(fullSeal, zeroRoot, hex.EncodeToString(make([]byte, 33))))
	f.Add("")
	f.Fuzz(func(t *testing.T, detail string) {
		s, err := canon.ParseSeal(detail)
		if err != nil {
			return
		}
		if s.Detail() != detail || s.Entries() < 0 || s.Entries() > s.To-s.From || s.Of(s.Hour) != s.Count {
			t.Errorf("%+v from %q", s, detail)
		}
	})
}
