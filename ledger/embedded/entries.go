package embedded

import (
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/poruka/poruka/ledger"
)

const (
	entryColumns = `position, decided_at, partner, kind, outcome, dry_run, id, account, digest, reasons, fields, before, after,
		method, means, authed_at, withdrawn, policy, style, serial, encoding, detail, commitments, link, mark`
	selectEntries = `select ` + entryColumns + ` from entries where `
	insertEntry   = `insert into entries (` + entryColumns + `)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	lastPosition = `select coalesce(max(position), 0) from entries`
)

// placed is an entry with its place in the ledger.
type placed struct {
	position int64
	entry    ledger.Entry
}

var errEntry = errors.New("embedded: a stored entry is malformed")

func scanEntry(r row) (placed, error) {
	fields, errFields := unpackFields(r.bytes(10))
	commitments, errCommitments := ledger.ParseCommitments(r.bytes(22))
	var link ledger.Link
	err := errors.Join(errFields, errCommitments, link.UnmarshalBinary(r.bytes(23)))
	return placed{position: r.int(0), entry: ledger.Entry{
		DecidedAt: r.time(1), Partner: ledger.PartnerID(r.text(2)), Kind: ledger.Kind(r.small(3)), Outcome: ledger.Outcome(r.small(4)),
		DryRun: r.int(5) != 0, ID: r.key16(6), Account: r.key16(7), Digest: r.key32(8), Reasons: unpackReasons(r.text(9)), Fields: fields,
		Before: ledger.Level(r.small(11)), After: ledger.Level(r.small(12)), Method: ledger.Method(r.small(13)),
		Means: ledger.Authentication(r.small(14)), AuthedAt: r.time(15), Withdrawn: r.key16(16),
		Policy: r.text(17), Style: r.text(18), Serial: r.text(19), Encoding: r.small(20),
		Detail: r.text(21), Commitments: commitments, Link: link, Mark: r.key32(24),
	}}, err
}

func storeEntry(c *conn, position int64, e *ledger.Entry) error {
	err := c.exec(insertEntry,
		position, e.DecidedAt.UnixMicro(), string(e.Partner), number(e.Kind), number(e.Outcome), flag(e.DryRun), e.ID[:], id(e.Account),
		index(e.Digest), packReasons(e.Reasons), packFields(e.Fields), number(e.Before), number(e.After), number(e.Method),
		number(e.Means), timeOrNull(e.AuthedAt), id(e.Withdrawn), textOrNull(e.Policy), textOrNull(e.Style), textOrNull(e.Serial),
		number(e.Encoding), textOrNull(e.Detail), bytesOrNull(ledger.AppendCommitments(nil, e.Commitments)), packLink(&e.Link), index(e.Mark))
	return err
}

func packLink(l *ledger.Link) driver.Value {
	if *l == (ledger.Link{}) {
		return nil
	}
	data, _ := l.AppendBinary(nil)
	return data
}

// Reasons are stored as text joined by commas: their names have none.
func packReasons(reasons []ledger.Reason) driver.Value {
	var text strings.Builder
	for i, r := range reasons {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(string(r))
	}
	return textOrNull(text.String())
}

func unpackReasons(text string) []ledger.Reason {
	if text == "" {
		return nil
	}
	names := strings.Split(text, ",")
	reasons := make([]ledger.Reason, len(names))
	for i, name := range names {
		reasons[i] = ledger.Reason(name)
	}
	return reasons
}

// Fields are stored as two bytes each: field, comparison.
func packFields(fields []ledger.FieldResult) driver.Value {
	data := make([]byte, 0, 2*len(fields))
	for _, f := range fields {
		data = append(data, byte(f.Field), byte(f.Comparison))
	}
	return bytesOrNull(data)
}

func unpackFields(data []byte) ([]ledger.FieldResult, error) {
	if len(data)%2 != 0 {
		return nil, errEntry
	}
	if len(data) == 0 {
		return nil, nil
	}
	fields := make([]ledger.FieldResult, 0, len(data)/2)
	for ; len(data) > 0; data = data[2:] {
		fields = append(fields, ledger.FieldResult{Field: ledger.Field(data[0]), Comparison: ledger.Comparison(data[1])})
	}
	return fields, nil
}
