package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// row is a row of a report read back.
type row struct {
	entry    ledger.Entry // its facts
	position int64
	rest     [32]byte
	leaf     tlog.Hash
	block    tlog.Hash
	hasBlock bool
	gap      []tlog.Hash
}

// errCell: a row has not the form that is described; what names the part.
type errCell struct{ what string }

func (e errCell) Error() string { return e.what + " is malformed" }

var errShape = errors.New("it has not the form of a row")

// names turns the stable names of an enumeration into its numbers.
type names map[string]uint8

func namesOf[N ~uint8](text func(N) string, zero string) names {
	out := names{zero: 0}
	for n := range 256 {
		if name := text(N(n)); name != "" {
			out[name] = uint8(n)
		}
	}
	return out
}

// reader turns cells into facts. It keeps texts that come again and again, and the memory of the row before.
type reader struct {
	row      row
	texts    map[string]string
	kinds    names
	outcomes names
	levels   names
	methods  names
	means    names
	fields   names
	compared names
}

func newReader() *reader {
	return &reader{
		texts: map[string]string{},
		kinds: namesOf(ledger.Kind.String, ""), outcomes: namesOf(ledger.Outcome.String, ""), levels: namesOf(ledger.Level.String, ""),
		methods: namesOf(ledger.Method.String, ""), means: namesOf(ledger.Authentication.String, ""),
		fields: namesOf(ledger.Field.String, ""), compared: namesOf(ledger.Comparison.String, "NOT_COMPARED"),
	}
}

// mostTexts bounds what is kept: an honest report has few that differ.
const mostTexts = 4096

// text gives a string, the same for the same bytes.
func (r *reader) text(cell []byte) string {
	if kept, ok := r.texts[string(cell)]; ok {
		return kept
	}
	text := string(cell)
	if len(r.texts) < mostTexts && len(text) < 128 {
		r.texts[text] = text
	}
	return text
}

func number[N ~uint8](what string, known names, cell []byte, into *N) error {
	n, ok := known[string(cell)]
	if !ok {
		return errCell{what}
	}
	*into = N(n)
	return nil
}

const (
	entryPrefix   = "confirmations/"
	accountPrefix = "accounts/"
)

func id(what, prefix string, cell []byte, into *[16]byte) error {
	if len(cell) == 0 {
		*into = [16]byte{}
		return nil
	}
	text, ok := bytes.CutPrefix(cell, []byte(prefix))
	if !ok || len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return errCell{what}
	}
	var digits [32]byte
	copy(digits[:8], text)
	copy(digits[8:], text[9:13])
	copy(digits[12:], text[14:18])
	copy(digits[16:], text[19:23])
	copy(digits[20:], text[24:])
	if !lowerHex(digits[:]) {
		return errCell{what}
	}
	_, _ = hex.Decode(into[:], digits[:]) // never fails: they are digits
	return nil
}

func lowerHex(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func hexHash(what string, cell []byte, into *[32]byte) error {
	if len(cell) != 64 || !lowerHex(cell) {
		return errCell{what}
	}
	_, _ = hex.Decode(into[:], cell) // never fails: they are digits
	return nil
}

// moment is how rows write times.
const moment = "2006-01-02T15:04:05.000000Z"

func when(what string, cell []byte, into *time.Time) error {
	*into = time.Time{}
	if len(cell) == 0 {
		return nil
	}
	t, err := time.Parse(moment, string(cell))
	if err != nil || len(cell) != len(moment) || t.IsZero() {
		return errCell{what}
	}
	*into = t.UTC()
	return nil
}

func whole(what string, cell []byte, into *int64) error {
	n, err := strconv.ParseInt(string(cell), 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != string(cell) {
		return errCell{what}
	}
	*into = n
	return nil
}

// hashList reads hashes in base64, joined by `;`.
func hashList(what, cell string, into []tlog.Hash) ([]tlog.Hash, error) {
	for len(cell) > 0 {
		one, rest, more := strings.Cut(cell, ";")
		raw, err := base64.StdEncoding.Strict().DecodeString(one)
		if err != nil || len(raw) != tlog.HashSize || (more && rest == "") || len(into) >= mostHashes {
			return nil, errCell{what}
		}
		into = append(into, tlog.Hash(raw))
		cell = rest
	}
	return into, nil
}

// mostHashes cover any gap.
const mostHashes = 128
