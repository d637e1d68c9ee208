package crdb

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/poruka/poruka/ledger"
)

// place is where an entry stands in the order of the ledger: the place of its transaction, a number in decimal that only the
// server gives, and its own among those of the transaction.
type place struct {
	transaction string
	ordinal     int64
}

func (p place) isZero() bool { return p.transaction == "" }

// cursor is a place in a list. bound, when there, is the last place that the whole list can have.
type cursor struct {
	place
	bound place
}

// A cursor is written `place/ordinal;`, or `place/ordinal/place/ordinal;` with a bound. By its end, one that was cut or added to is known.
func (c cursor) public() ledger.Cursor {
	if c.isZero() {
		return ""
	}
	text := c.transaction + "/" + strconv.FormatInt(c.ordinal, 10)
	if !c.bound.isZero() {
		text += "/" + c.bound.transaction + "/" + strconv.FormatInt(c.bound.ordinal, 10)
	}
	return ledger.Cursor(base64.RawURLEncoding.EncodeToString([]byte(text + cursorEnd)))
}

// beforeFirst is the ordinal of the place before the first entry of a transaction.
const beforeFirst = -1

const (
	cursorEnd     = ";"
	longestCursor = 200
)

func parseCursor(public ledger.Cursor) (cursor, error) {
	if public == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(public))
	if err != nil || len(raw) > longestCursor {
		return cursor{}, ledger.ErrCursor
	}
	text, isWhole := strings.CutSuffix(string(raw), cursorEnd)
	parts := strings.Split(text, "/")
	if !isWhole || (len(parts) != 2 && len(parts) != 4) {
		return cursor{}, ledger.ErrCursor
	}
	var c cursor
	for i, p := range []*place{&c.place, &c.bound}[:len(parts)/2] {
		n, err := strconv.ParseInt(parts[2*i+1], 10, 64)
		if err != nil || n < beforeFirst || !isDecimal(parts[2*i]) {
			return cursor{}, ledger.ErrCursor
		}
		*p = place{parts[2*i], n}
	}
	if c.public() != public {
		return cursor{}, ledger.ErrCursor
	}
	return c, nil
}

// isDecimal: digits, with one point at most, and short enough for either server.
func isDecimal(text string) bool {
	whole, fraction, pointed := strings.Cut(text, ".")
	return len(text) <= 40 && isDigits(whole) && len(whole) <= 19 && (!pointed || isDigits(fraction))
}

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}
