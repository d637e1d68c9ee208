package canon_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

const vectorsFile = "testdata/vectors.json"

// vectors is the file by which another implementation checks itself. Everything in bytes is hexadecimal.
type vectors struct {
	Entries []vector `json:"entries"`
	Group   string   `json:"group"` // digest of a group of the records above, in their order
}

type vector struct {
	Name       string `json:"name"`
	Entry      plain  `json:"entry"`
	Facts      string `json:"facts"`
	Rest       string `json:"rest"`
	RestDigest string `json:"restDigest"`
	Record     string `json:"record"`
}

// plain is an entry in JSON: numbers as they are stored, times in microseconds since 1970 or null.
type plain struct {
	Encoding    uint8          `json:"encoding"`
	ID          string         `json:"id"`
	Kind        ledger.Kind    `json:"kind"`
	Partner     string         `json:"partner"`
	Account     string         `json:"account"`
	Outcome     ledger.Outcome `json:"outcome"`
	Reasons     []string       `json:"reasons"`
	Fields      [][2]int       `json:"fields"` // field, comparison
	Before      ledger.Level   `json:"before"`
	After       ledger.Level   `json:"after"`
	Method      ledger.Method  `json:"method"`
	Policy      string         `json:"policy"`
	Style       string         `json:"style"`
	Serial      string         `json:"serial"`
	Means       int            `json:"means"`
	AuthedAt    *int64         `json:"authedAt"`
	DecidedAt   *int64         `json:"decidedAt"`
	DryRun      bool           `json:"dryRun"`
	Withdrawn   string         `json:"withdrawn"`
	Detail      string         `json:"detail"`
	Digest      string         `json:"digest"`
	Commitments []commitment   `json:"commitments"`
	Writer      string         `json:"writer"`
	Sequence    uint64         `json:"sequence"`
	Index       uint16         `json:"index"`
	Size        uint16         `json:"size"`
	Previous    string         `json:"previous"`
}

type commitment struct {
	Group  int    `json:"group"`
	Digest string `json:"digest"`
}

func plainOf(e ledger.Entry) plain {
	p := plain{
		Encoding: e.Encoding, ID: hex.EncodeToString(e.ID[:]), Kind: e.Kind, Partner: string(e.Partner),
		Account: hex.EncodeToString(e.Account[:]), Outcome: e.Outcome, Reasons: []string{}, Fields: [][2]int{},
		Before: e.Before, After: e.After, Method: e.Method, Policy: e.Policy, Style: e.Style, Serial: e.Serial, Means: int(e.Means),
		AuthedAt: microsOf(e.AuthedAt), DecidedAt: microsOf(e.DecidedAt), DryRun: e.DryRun,
		Withdrawn: hex.EncodeToString(e.Withdrawn[:]), Detail: e.Detail, Digest: hex.EncodeToString(e.Digest[:]),
		Commitments: []commitment{}, Writer: hex.EncodeToString(e.Link.Writer[:]), Sequence: e.Link.Sequence,
		Index: e.Link.Index, Size: e.Link.Size, Previous: hex.EncodeToString(e.Link.Previous[:]),
	}
	for _, r := range e.Reasons {
		p.Reasons = append(p.Reasons, string(r))
	}
	for _, f := range e.Fields {
		p.Fields = append(p.Fields, [2]int{int(f.Field), int(f.Comparison)})
	}
	for _, c := range e.Commitments {
		p.Commitments = append(p.Commitments, commitment{int(c.Group), hex.EncodeToString(c.Digest[:])})
	}
	return p
}

func microsOf(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixMicro()
	return &n
}

func examples() map[string]ledger.Entry {
	refused := ledger.Entry{
		ID: ledger.EntryID{0x20, 15: 0x21}, Kind: ledger.KindConfirmation, Partner: "vega-bank", Digest: [32]byte{31: 0x22},
		Outcome: ledger.OutcomeNotMatched, Reasons: []ledger.Reason{ledger.ReasonNoMatchingAccount}, Policy: "match/1", Style: "native",
		Serial: "ff", Means: ledger.AuthenticatedBySMS, AuthedAt: time.UnixMicro(1_795_000_001_000_000), DecidedAt: time.UnixMicro(1_795_000_002_000_000),
		Encoding: 2, Link: ledger.Link{Writer: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Size: 1},
	}
	withdrawal := ledger.Entry{
		ID: ledger.EntryID{0x30}, Kind: ledger.KindWithdrawal, Partner: "neva-bank", Digest: [32]byte{0x31}, Account: ledger.AccountID{0x32},
		Before: ledger.LevelConfirmed, After: ledger.LevelStandard, Style: "native", DecidedAt: time.UnixMicro(1_795_000_003_000_000),
		Withdrawn: ledger.EntryID{1, 2, 3}, Encoding: 1,
	}
	words := refused
	words.Partner, words.Detail, words.Reasons = "банк", "filter=Пётр\x00\n", []ledger.Reason{"", "É"}
	words.Link.Sequence, words.DecidedAt = 1<<64-1, time.UnixMicro(-62_135_596_799_999_999)
	return map[string]ledger.Entry{
		"every field": full(), "no account": refused, "version 1, from before the log": withdrawal,
		"odd texts, extreme numbers": words, "zero": {},
	}
}

// The vectors may gain examples, but what stands there never changes: records in logs rest on it.
func TestVectors(t *testing.T) {
	var made vectors
	var records []ledger.Record
	all := examples()
	for _, name := range []string{"every field", "no account", "version 1, from before the log", "odd texts, extreme numbers", "zero"} {
		e := all[name]
		record, rest := canon.Record(e), canon.RestDigest(e)
		records = append(records, record)
		made.Entries = append(made.Entries, vector{
			name, plainOf(e), hex.EncodeToString(canon.Facts(e)), hex.EncodeToString(canon.Rest(e)),
			hex.EncodeToString(rest[:]), hex.EncodeToString(record[:]),
		})
	}
	group := canon.GroupDigest(records)
	made.Group = hex.EncodeToString(group[:])
	got, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if os.Getenv("PORUKA_UPDATE") != "" {
		if err := os.WriteFile(vectorsFile, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the forms differ from %s: %s", vectorsFile, got)
	}
}
