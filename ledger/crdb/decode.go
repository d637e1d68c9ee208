package crdb

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger"
)

var errRow = errors.New("crdb: a stored row has not the form that this binary knows")

// row reads the columns of a row in order, all in binary form. After a fault every further column reads as zero.
type row struct {
	columns [][]byte
	next    int
	isFirst bool // of its result
	err     error
}

func (r *row) column() []byte {
	if r.next >= len(r.columns) {
		r.err = errRow
		return nil
	}
	c := r.columns[r.next]
	r.next++
	return c
}

// integer reads an INT2, INT4 or INT8.
func (r *row) integer() int64 {
	switch c := r.column(); len(c) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(c))) //nolint:gosec // two's complement
	case 4:
		return int64(int32(binary.BigEndian.Uint32(c))) //nolint:gosec // two's complement
	case 8:
		return int64(binary.BigEndian.Uint64(c)) //nolint:gosec // two's complement
	}
	r.err = errRow
	return 0
}

// small reads one of the numbers that the ledger stores for its enumerations.
func (r *row) small() uint8 {
	n := r.integer()
	if n < 0 || n > 255 {
		r.err = errRow
	}
	return uint8(n) //nolint:gosec // checked
}

func (r *row) flag() bool {
	c := r.column()
	if len(c) != 1 {
		r.err = errRow
		return false
	}
	return c[0] != 0
}

func (r *row) text() string { return string(r.column()) }

// time reads a TIMESTAMPTZ; NULL is the zero time.
func (r *row) time() time.Time {
	c := r.column()
	if c == nil {
		return time.Time{}
	}
	if len(c) != 8 {
		r.err = errRow
		return time.Time{}
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(c)) + epoch).UTC() //nolint:gosec // two's complement
}

// fixed reads a value of a known length; NULL leaves it zero.
func (r *row) fixed(into []byte) {
	c := r.column()
	if c != nil && len(c) != len(into) {
		r.err = errRow
		return
	}
	copy(into, c)
}

// keep copies a value of any length out of the connection's buffer; NULL and nothing are nil.
func (r *row) keep() []byte { return append([]byte(nil), r.column()...) }

const accountColumns = "id, level, method, version, confirmed_by, confirmed_at, confirmation, registry, registry_at, " +
	"wrapped_key, box, digest, snils, inn, phone, created_at, updated_at"

func (r *row) account() (a ledger.Account) {
	r.fixed(a.ID[:])
	a.Level = ledger.Level(r.small())
	a.Method = ledger.Method(r.small())
	a.Version = r.integer()
	a.ConfirmedBy = ledger.PartnerID(r.text())
	a.ConfirmedAt = r.time()
	r.fixed(a.Confirmation[:])
	a.Registry = ledger.RegistryStatus(r.small())
	a.RegistryAt = r.time()
	a.Profile.WrappedKey = r.keep()
	a.Profile.Box = r.keep()
	r.fixed(a.Digest[:])
	r.fixed(a.SNILS[:])
	r.fixed(a.INN[:])
	r.fixed(a.Phone[:])
	a.CreatedAt = r.time()
	a.UpdatedAt = r.time()
	return a
}

const entryColumns = "id, kind, partner, digest, account, outcome, reasons, fields, level_before, level_after, method, " +
	"policy, style, certificate, means, authed_at, decided_at, dry, withdrawn, encoding, detail, commitments, link, mark"

func (r *row) entry() (e ledger.Entry) {
	r.fixed(e.ID[:])
	e.Kind = ledger.Kind(r.small())
	e.Partner = ledger.PartnerID(r.text())
	r.fixed(e.Digest[:])
	r.fixed(e.Account[:])
	e.Outcome = ledger.Outcome(r.small())
	e.Reasons = reasonsOf(r.text())
	e.Fields = r.fields()
	e.Before = ledger.Level(r.small())
	e.After = ledger.Level(r.small())
	e.Method = ledger.Method(r.small())
	e.Policy = r.text()
	e.Style = r.text()
	e.Serial = r.text()
	e.Means = ledger.Authentication(r.small())
	e.AuthedAt = r.time()
	e.DecidedAt = r.time()
	e.DryRun = r.flag()
	r.fixed(e.Withdrawn[:])
	e.Encoding = r.small()
	e.Detail = r.text()
	e.Commitments = r.commitments()
	r.link(&e.Link)
	r.fixed(e.Mark[:])
	return e
}

// Reasons are stored in one text, separated by blanks, which no reason has.
func reasonsOf(text string) []ledger.Reason {
	var out []ledger.Reason
	for word := range strings.FieldsSeq(text) {
		out = append(out, ledger.Reason(word))
	}
	return out
}

func reasonsText(reasons []ledger.Reason) string {
	switch len(reasons) {
	case 0:
		return ""
	case 1:
		return string(reasons[0])
	}
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

// fields reads results of comparisons, stored as pairs of bytes.
func (r *row) fields() []ledger.FieldResult {
	c := r.column()
	if len(c)%2 != 0 {
		r.err = errRow
		return nil
	}
	var out []ledger.FieldResult
	if len(c) > 0 {
		out = make([]ledger.FieldResult, 0, len(c)/2)
	}
	for ; len(c) >= 2; c = c[2:] {
		out = append(out, ledger.FieldResult{Field: ledger.Field(c[0]), Comparison: ledger.Comparison(c[1])})
	}
	return out
}

func (r *row) commitments() []ledger.Commitment {
	list, err := ledger.ParseCommitments(r.column())
	if err != nil {
		r.err = errRow
	}
	return list
}

func (r *row) link(into *ledger.Link) {
	if into.UnmarshalBinary(r.column()) != nil {
		r.err = errRow
	}
}

func (a *array) addFields(fields []ledger.FieldResult) {
	a.size(2 * len(fields))
	for _, f := range fields {
		a.buf = append(a.buf, byte(f.Field), byte(f.Comparison))
	}
}
