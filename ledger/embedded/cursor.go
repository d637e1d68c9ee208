package embedded

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/poruka/poruka/ledger"
)

// A cursor is a mark, a position and a checksum of both: enough to know our own from others'. It is no secret.
const cursorMark = 'e'

func cursorAt(position int64) ledger.Cursor {
	data := binary.BigEndian.AppendUint64([]byte{cursorMark}, uint64(position)) //nolint:gosec // positions are not negative
	data = binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(data))
	return ledger.Cursor(base64.RawURLEncoding.EncodeToString(data))
}

// positionOf gives 0 for the empty cursor.
func positionOf(c ledger.Cursor) (int64, error) {
	if c == "" {
		return 0, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(data) != 13 || data[0] != cursorMark || crc32.ChecksumIEEE(data[:9]) != binary.BigEndian.Uint32(data[9:]) {
		return 0, ledger.ErrCursor
	}
	position := int64(binary.BigEndian.Uint64(data[1:])) //nolint:gosec // checked
	if position <= 0 || cursorAt(position) != c {
		return 0, ledger.ErrCursor
	}
	return position, nil
}

// span gives the ends of a page, from the first position after it begins to the last it may hold.
func span(page ledger.Page) (after, until int64, err error) {
	if after, err = positionOf(page.After); err != nil {
		return 0, 0, err
	}
	until, err = positionOf(page.Until)
	return after, until, err
}
