package canon_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// full is an entry in which no field is zero.
func full() ledger.Entry {
	return ledger.Entry{
		ID: ledger.EntryID{1, 2, 3}, Kind: ledger.KindConfirmation, Partner: "neva-bank", Digest: [32]byte{4, 5},
		Account: ledger.AccountID{6, 7}, Outcome: ledger.OutcomeCloseMatch,
		Reasons: []ledger.Reason{ledger.ReasonNameClose, ledger.ReasonDocumentClose},
		Fields:  []ledger.FieldResult{{Field: ledger.FieldFamilyName, Comparison: ledger.Close}, {Field: ledger.FieldSNILS, Comparison: ledger.Exact}},
		Before:  ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank, Policy: "match/1", Style: "native",
		Serial: "0a1b2c", Means: ledger.AuthenticatedByApp, AuthedAt: time.UnixMicro(1_795_000_000_000_001).UTC(),
		DecidedAt: time.UnixMicro(1_795_000_000_123_456).UTC(), DryRun: true, Withdrawn: ledger.EntryID{8, 9}, Encoding: 2,
		Detail:      "conflict=vega-bank",
		Commitments: []ledger.Commitment{{Group: ledger.GroupName, Digest: [16]byte{10}}, {Group: ledger.GroupSNILS, Digest: [16]byte{11}}},
		Link:        ledger.Link{Writer: [8]byte{12}, Sequence: 13, Index: 14, Size: 15, Previous: [32]byte{16}},
		Mark:        [32]byte{17},
	}
}

// changes alter one thing each, some so that a form without lengths would not show it.
var changes = map[string]func(*ledger.Entry){
	"id":                       func(e *ledger.Entry) { e.ID[15]++ },
	"kind":                     func(e *ledger.Entry) { e.Kind++ },
	"partner":                  func(e *ledger.Entry) { e.Partner += "x" },
	"digest":                   func(e *ledger.Entry) { e.Digest[31]++ },
	"account":                  func(e *ledger.Entry) { e.Account[15]++ },
	"outcome":                  func(e *ledger.Entry) { e.Outcome++ },
	"order of reasons":         func(e *ledger.Entry) { e.Reasons = []ledger.Reason{e.Reasons[1], e.Reasons[0]} },
	"reasons as one":           func(e *ledger.Entry) { e.Reasons = []ledger.Reason{e.Reasons[0] + e.Reasons[1]} },
	"no reasons":               func(e *ledger.Entry) { e.Reasons = nil },
	"an empty reason":          func(e *ledger.Entry) { e.Reasons = append(e.Reasons[:2:2], "") },
	"comparison":               func(e *ledger.Entry) { e.Fields = []ledger.FieldResult{e.Fields[0], {Field: 1, Comparison: 2}} },
	"one field":                func(e *ledger.Entry) { e.Fields = e.Fields[:1] },
	"before":                   func(e *ledger.Entry) { e.Before++ },
	"after":                    func(e *ledger.Entry) { e.After++ },
	"method":                   func(e *ledger.Entry) { e.Method++ },
	"policy":                   func(e *ledger.Entry) { e.Policy = "match/2" },
	"between policy and style": func(e *ledger.Entry) { e.Policy, e.Style = e.Policy+"n", e.Style[1:] },
	"serial":                   func(e *ledger.Entry) { e.Serial = "" },
	"means":                    func(e *ledger.Entry) { e.Means++ },
	"not authenticated":        func(e *ledger.Entry) { e.AuthedAt = time.Time{} },
	"authenticated in 1970":    func(e *ledger.Entry) { e.AuthedAt = time.UnixMicro(0).UTC() },
	"authenticated before":     func(e *ledger.Entry) { e.AuthedAt = time.UnixMicro(-1).UTC() },
	"decided":                  func(e *ledger.Entry) { e.DecidedAt = e.DecidedAt.Add(time.Microsecond) },
	"dry run":                  func(e *ledger.Entry) { e.DryRun = false },
	"withdrawn":                func(e *ledger.Entry) { e.Withdrawn[0]++ },
	"encoding":                 func(e *ledger.Entry) { e.Encoding = 1 },
	"detail":                   func(e *ledger.Entry) { e.Detail = "" },
	"commitment": func(e *ledger.Entry) {
		e.Commitments = []ledger.Commitment{e.Commitments[0], {Group: 4, Digest: [16]byte{12}}}
	},
	"group of commitment": func(e *ledger.Entry) {
		e.Commitments = []ledger.Commitment{e.Commitments[0], {Group: 5, Digest: [16]byte{11}}}
	},
	"no commitments": func(e *ledger.Entry) { e.Commitments = nil },
	"writer":         func(e *ledger.Entry) { e.Link.Writer[7]++ },
	"sequence":       func(e *ledger.Entry) { e.Link.Sequence++ },
	"index":          func(e *ledger.Entry) { e.Link.Index++ },
	"size":           func(e *ledger.Entry) { e.Link.Size++ },
	"previous":       func(e *ledger.Entry) { e.Link.Previous[31]++ },
}

func TestEveryChangeGivesAnotherRecord(t *testing.T) {
	seen := map[ledger.Record]string{canon.Record(full()): "nothing"}
	for what, change := range changes {
		e := full()
		change(&e)
		r := canon.Record(e)
		if before, same := seen[r]; same {
			t.Errorf("changing %s gives the record of changing %s", what, before)
		}
		seen[r] = what
		got, err := parse(canon.Facts(e), canon.Rest(e))
		e.Mark = [32]byte{}
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: read back as\n%+v, %v; want\n%+v", what, got, err, e)
		}
	}
}

// A field that is added to Entry must be thought of here.
func TestEveryFieldOfAnEntryIsInAForm(t *testing.T) {
	if n := reflect.TypeFor[ledger.Entry]().NumField(); n != 24 {
		t.Errorf("an entry has %d fields: does the form hold the new one, in a new version?", n)
	}
	if e := reflect.ValueOf(full()); e.IsValid() {
		for i := range e.NumField() {
			if e.Field(i).IsZero() {
				t.Errorf("the full entry lacks %s", e.Type().Field(i).Name)
			}
		}
	}
}

func TestMarkAndWhatIsFinerThanMicrosecondsAreNotInTheRecord(t *testing.T) {
	e := full()
	e.Mark[0]++
	e.DecidedAt = e.DecidedAt.Add(999).In(time.FixedZone("", 3600))
	e.Reasons, e.Account = e.Reasons[:2:2], ledger.AccountID{6, 7}
	if canon.Record(e) != canon.Record(full()) {
		t.Error("the same instant in another zone, or another mark, gives another record")
	}
}

func TestARowIsEnoughForTheRecord(t *testing.T) {
	e := full()
	if canon.RecordOf(canon.Facts(e), canon.RestDigest(e)) != canon.Record(e) {
		t.Error("the record of a row is not that of its entry")
	}
	if canon.RestDigest(e) != sha256.Sum256(canon.Rest(e)) {
		t.Error("the digest of the rest is not SHA-256 of it")
	}
}

func TestLongEntriesHaveAForm(t *testing.T) {
	e := full()
	e.Detail = string(bytes.Repeat([]byte("long "), 1000))
	if canon.RecordOf(canon.Facts(e), canon.RestDigest(e)) != canon.Record(e) {
		t.Error("the record of a long entry depends on how it is made")
	}
}

func TestGroupsThatDifferHaveDifferentDigests(t *testing.T) {
	a, b := ledger.Record{1}, ledger.Record{2}
	seen := map[[32]byte]int{}
	for i, group := range [][]ledger.Record{nil, {a}, {b}, {a, b}, {b, a}, {a, a}, {a, b, {}}, {{}}} {
		d := canon.GroupDigest(group)
		if before, same := seen[d]; same {
			t.Errorf("groups %d and %d have one digest", before, i)
		}
		seen[d] = i
	}
}

// Whatever reads as a form is the form of what was read, and of nothing else.
func FuzzForm(f *testing.F) {
	for _, change := range changes {
		e := full()
		change(&e)
		f.Add(canon.Facts(e), canon.Rest(e))
	}
	f.Add(canon.Facts(ledger.Entry{}), canon.Rest(ledger.Entry{}))
	f.Fuzz(func(t *testing.T, facts, rest []byte) {
		e, err := parse(facts, rest)
		if err != nil {
			return
		}
		if !bytes.Equal(canon.Facts(e), facts) || !bytes.Equal(canon.Rest(e), rest) {
			t.Errorf("%+v has two forms: %x %x and %x %x", e, facts, rest, canon.Facts(e), canon.Rest(e))
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	e := full()
	b.ReportAllocs()
	for b.Loop() {
		_ = canon.Record(e)
	}
}

func BenchmarkGroupDigest(b *testing.B) {
	group := make([]ledger.Record, 64)
	for b.Loop() {
		_ = canon.GroupDigest(group)
	}
}
