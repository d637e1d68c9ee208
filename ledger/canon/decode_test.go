package canon_test

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/poruka/poruka/ledger"
)

// reader reads a form back. That it can be read is what makes the form injective.
type reader struct {
	left []byte
	err  error
}

var errForm = errors.New("not a canonical form")

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.err, r.left = errForm, nil
		return make([]byte, max(0, min(n, 64)))
	}
	out := r.left[:n]
	r.left = r.left[n:]
	return out
}

func (r *reader) byte() byte { return r.take(1)[0] }

// count reads a length; what follows takes so many bytes an item, or more.
func (r *reader) count(least int) int {
	n := int(binary.BigEndian.Uint32(r.take(4)))
	if n*least > len(r.left) {
		r.err, r.left = errForm, nil
		return 0
	}
	return n
}

func (r *reader) text() string { return string(r.take(r.count(1))) }

func (r *reader) id() [16]byte { return [16]byte(r.take(16)) }

func (r *reader) flag() bool {
	b := r.byte()
	if b > 1 {
		r.err = errForm
	}
	return b == 1
}

func (r *reader) moment() time.Time {
	if !r.flag() {
		return time.Time{}
	}
	t := time.UnixMicro(int64(binary.BigEndian.Uint64(r.take(8)))).UTC()
	if t.IsZero() { // it has a form of its own
		r.err = errForm
	}
	return t
}

func (r *reader) end() error {
	if r.err == nil && len(r.left) > 0 {
		return errForm
	}
	return r.err
}

// parse is the inverse of Facts and Rest; Mark is in neither.
func parse(facts, rest []byte) (ledger.Entry, error) {
	var e ledger.Entry
	r := &reader{left: facts}
	e.Encoding = r.byte()
	e.ID = r.id()
	e.Kind = ledger.Kind(r.byte())
	e.Partner = ledger.PartnerID(r.text())
	e.Account = r.id()
	e.Outcome = ledger.Outcome(r.byte())
	for range r.count(4) {
		e.Reasons = append(e.Reasons, ledger.Reason(r.text()))
	}
	for range r.count(2) {
		e.Fields = append(e.Fields, ledger.FieldResult{Field: ledger.Field(r.byte()), Comparison: ledger.Comparison(r.byte())})
	}
	e.Before, e.After, e.Method = ledger.Level(r.byte()), ledger.Level(r.byte()), ledger.Method(r.byte())
	e.Policy, e.Style, e.Serial = r.text(), r.text(), r.text()
	e.Means = ledger.Authentication(r.byte())
	e.AuthedAt, e.DecidedAt = r.moment(), r.moment()
	e.DryRun = r.flag()
	e.Withdrawn = r.id()
	e.Detail = r.text()
	if err := r.end(); err != nil {
		return e, err
	}
	return e, parseRest(&e, rest)
}

func parseRest(e *ledger.Entry, rest []byte) error {
	r := &reader{left: rest}
	if r.byte() != e.Encoding {
		return errForm
	}
	e.Digest = [32]byte(r.take(32))
	for range r.count(17) {
		e.Commitments = append(e.Commitments, ledger.Commitment{Group: ledger.FieldGroup(r.byte()), Digest: r.id()})
	}
	e.Link.Writer = [8]byte(r.take(8))
	e.Link.Sequence = binary.BigEndian.Uint64(r.take(8))
	e.Link.Index, e.Link.Size = binary.BigEndian.Uint16(r.take(2)), binary.BigEndian.Uint16(r.take(2))
	e.Link.Previous = [32]byte(r.take(32))
	return r.end()
}
