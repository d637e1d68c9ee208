package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Labels begin what is digested, so that no digest of one kind is a digest of another.
const (
	entryLabel = "poruka/entry\n"
	groupLabel = "poruka/group\n"
)

// usual is room for the facts of nearly every entry; a longer form only costs an allocation.
const usual = 512

// Record is the digest of the whole form of an entry: of everything but its Mark.
func Record(e ledger.Entry) ledger.Record {
	var room [usual]byte
	facts := sha256.Sum256(AppendFacts(room[:0], e))
	rest := sha256.Sum256(AppendRest(room[:0], e))
	return join(facts, rest)
}

// RecordOf is Record for those who have the facts and the digest of the rest.
func RecordOf(facts []byte, rest [32]byte) ledger.Record {
	return join(sha256.Sum256(facts), rest)
}

func join(facts, rest [32]byte) ledger.Record {
	var message [len(entryLabel) + 64]byte
	n := copy(message[:], entryLabel)
	n += copy(message[n:], facts[:])
	copy(message[n:], rest[:])
	return sha256.Sum256(message[:])
}

// RestDigest is the digest of Rest.
func RestDigest(e ledger.Entry) [32]byte {
	var room [usual]byte
	return sha256.Sum256(AppendRest(room[:0], e))
}

// GroupDigest is what Link.Previous holds of a group: the digest of its records in the order of Link.Index.
func GroupDigest(records []ledger.Record) [32]byte {
	h := sha256.New()
	_, _ = h.Write([]byte(groupLabel)) // never fails, as nothing below: see hash.Hash
	_, _ = h.Write(binary.BigEndian.AppendUint32(nil, size(len(records))))
	for i := range records {
		_, _ = h.Write(records[i][:])
	}
	return [32]byte(h.Sum(nil))
}

// Facts is the half of the form that tells what was decided: all that a row of a report shows.
func Facts(e ledger.Entry) []byte { return AppendFacts(nil, e) }

// AppendFacts appends Facts to out.
func AppendFacts(out []byte, e ledger.Entry) []byte {
	out = append(out, e.Encoding)
	out = append(out, e.ID[:]...)
	out = append(out, byte(e.Kind))
	out = text(out, string(e.Partner))
	out = append(out, e.Account[:]...)
	out = append(out, byte(e.Outcome))
	out = binary.BigEndian.AppendUint32(out, size(len(e.Reasons)))
	for _, reason := range e.Reasons {
		out = text(out, string(reason))
	}
	out = binary.BigEndian.AppendUint32(out, size(len(e.Fields)))
	for _, f := range e.Fields {
		out = append(out, byte(f.Field), byte(f.Comparison))
	}
	out = append(out, byte(e.Before), byte(e.After), byte(e.Method))
	out = text(out, e.Policy)
	out = text(out, e.Style)
	out = text(out, e.Serial)
	out = append(out, byte(e.Means))
	out = moment(out, e.AuthedAt)
	out = moment(out, e.DecidedAt)
	out = flag(out, e.DryRun)
	out = append(out, e.Withdrawn[:]...)
	return text(out, e.Detail)
}

// Rest is the other half of the form: what binds the entry to the request, the person and its neighbours without telling them.
func Rest(e ledger.Entry) []byte { return AppendRest(nil, e) }

// AppendRest appends Rest to out.
func AppendRest(out []byte, e ledger.Entry) []byte {
	out = append(out, e.Encoding)
	out = append(out, e.Digest[:]...)
	out = binary.BigEndian.AppendUint32(out, size(len(e.Commitments)))
	for _, c := range e.Commitments {
		out = append(out, byte(c.Group))
		out = append(out, c.Digest[:]...)
	}
	out = append(out, e.Link.Writer[:]...)
	out = binary.BigEndian.AppendUint64(out, e.Link.Sequence)
	out = binary.BigEndian.AppendUint16(out, e.Link.Index)
	out = binary.BigEndian.AppendUint16(out, e.Link.Size)
	return append(out, e.Link.Previous[:]...)
}

// size is a length as it is written. No entry comes near 4 GiB: what a request may hold is bounded long before.
func size(n int) uint32 { return uint32(n) } //nolint:gosec // see above

func text(out []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(out, size(len(s))), s...)
}

// moment writes whole microseconds, in two's complement before 1970; an entry has no finer times.
func moment(out []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(out, 0)
	}
	out = append(out, 1)
	return binary.BigEndian.AppendUint64(out, uint64(t.UnixMicro()))
}

func flag(out []byte, set bool) []byte {
	if set {
		return append(out, 1)
	}
	return append(out, 0)
}
