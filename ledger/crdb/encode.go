package crdb

import (
	"encoding/binary"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Object ids of the element types, the same on both servers.
const (
	oidBool   = 16
	oidBytes  = 17
	oidInt8   = 20
	oidInt2   = 21
	oidInt4   = 23
	oidText   = 25
	oidTime   = 1184
	oidUUID   = 2950
	arrayHead = 20
)

// array is an SQL array of one dimension in binary form.
type array struct {
	buf []byte
	n   int
}

func newArray(oid uint32, room int) *array {
	buf := make([]byte, arrayHead, arrayHead+room)
	binary.BigEndian.PutUint32(buf[8:], oid)
	binary.BigEndian.PutUint32(buf[16:], 1) // the first index
	return &array{buf: buf}
}

// bytes gives the finished array.
func (a *array) bytes() []byte {
	if a.n == 0 {
		return a.buf[:12]
	}
	binary.BigEndian.PutUint32(a.buf[0:], 1)            // dimensions
	binary.BigEndian.PutUint32(a.buf[12:], uint32(a.n)) //nolint:gosec // not negative
	return a.buf
}

func (a *array) size(n int) {
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(n)) //nolint:gosec // two's complement; -1 is NULL
}

func (a *array) null() {
	a.size(-1)
	a.buf[7] = 1 // there are NULLs
}

func (a *array) add(value []byte) {
	a.size(len(value))
	a.buf = append(a.buf, value...)
}

func (a *array) addText(value string) {
	a.size(len(value))
	a.buf = append(a.buf, value...)
}

// addKey adds a value that is NULL when zero.
func (a *array) addKey(value []byte, isZero bool) {
	if isZero {
		a.null()
		return
	}
	a.add(value)
}

// addLink adds NULL for the zero Link.
func (a *array) addLink(l *ledger.Link) {
	if *l == (ledger.Link{}) {
		a.null()
		return
	}
	at := len(a.buf)
	a.size(0)
	a.buf, _ = l.AppendBinary(a.buf)
	binary.BigEndian.PutUint32(a.buf[at:], uint32(len(a.buf)-at-4)) //nolint:gosec // some bytes
}

// addCommitments adds NULL when there are none.
func (a *array) addCommitments(list []ledger.Commitment) {
	if len(list) == 0 {
		a.null()
		return
	}
	at := len(a.buf)
	a.size(0)
	a.buf = ledger.AppendCommitments(a.buf, list)
	binary.BigEndian.PutUint32(a.buf[at:], uint32(len(a.buf)-at-4)) //nolint:gosec // some bytes
}

func (a *array) addInt2(value uint8) {
	a.size(2)
	a.buf = append(a.buf, 0, value)
}

func (a *array) addInt4(value int) {
	a.size(4)
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(value)) //nolint:gosec // two's complement
}

func (a *array) addInt8(value int64) {
	a.size(8)
	a.buf = binary.BigEndian.AppendUint64(a.buf, uint64(value)) //nolint:gosec // two's complement
}

func (a *array) addBool(value bool) {
	a.size(1)
	a.buf = append(a.buf, 0)
	if value {
		a.buf[len(a.buf)-1] = 1
	}
}

func (a *array) addTime(value time.Time) {
	if value.IsZero() {
		a.null()
		return
	}
	a.addInt8(sinceEpoch(value))
}

// epoch is that of the servers, in microseconds of Unix time.
const epoch = 946_684_800_000_000

func sinceEpoch(t time.Time) int64 { return t.UnixMicro() - epoch }

// number is a BIGINT or INTEGER parameter.
func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } //nolint:gosec // two's complement

func instant(t time.Time) []byte { return number(sinceEpoch(t)) }
