package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// Promise is what a receipt says: this entry is stored, and has this record.
type Promise struct {
	Origin    string // of the log in which it will be
	Entry     ledger.EntryID
	DecidedAt time.Time
	Record    ledger.Record
}

// The form of a receipt: see deploy/docs/log.md.
const (
	receiptVersion = 1
	receiptLabel   = "poruka/receipt"
	leafAt         = 1 + 4
	leafSize       = 16 + 8 + 32
	pathAt         = leafAt + leafSize + 2 + 2
	longestReceipt = pathAt + 16*tlog.HashSize + ed25519.SignatureSize
)

// Receipt checks a receipt. Errors are ErrMalformed, ErrUntrusted, ErrExpired.
func Receipt(text string, keys Keys) (Promise, error) {
	if len(text) > base64.RawURLEncoding.EncodedLen(longestReceipt) {
		return Promise{}, fmt.Errorf("%w: too long for a receipt", ErrMalformed)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < pathAt+ed25519.SignatureSize || raw[0] != receiptVersion || base64.RawURLEncoding.EncodeToString(raw) != text {
		return Promise{}, fmt.Errorf("%w: not a receipt", ErrMalformed)
	}
	leaf, end := raw[leafAt:leafAt+leafSize], len(raw)-ed25519.SignatureSize
	root, size, err := receiptRoot(raw[leafAt+leafSize:end], tlog.RecordHash(leaf))
	if err != nil {
		return Promise{}, err
	}
	p := Promise{
		Entry:     ledger.EntryID(leaf[:16]),
		DecidedAt: time.UnixMicro(int64(binary.BigEndian.Uint64(leaf[16:24]))).UTC(), //nolint:gosec // two's complement
		Record:    ledger.Record(leaf[24:]),
	}
	found := ErrUntrusted
	for _, k := range keys {
		if k.KeyHash() != binary.BigEndian.Uint32(raw[1:leafAt]) || !ed25519.Verify(k.public, receiptMessage(k.Name(), size, root), raw[end:]) {
			continue
		}
		if k.covers(p.DecidedAt) {
			p.Origin = k.Name()
			return p, nil
		}
		found = ErrExpired
	}
	return Promise{}, found
}

func receiptMessage(origin string, size uint16, root tlog.Hash) []byte {
	message := []byte(receiptLabel + "\n" + origin + "\n")
	message = binary.BigEndian.AppendUint16(message, size)
	return append(message, root[:]...)
}

// receiptRoot follows the path from a leaf: index, size and the hashes beside the way.
func receiptRoot(raw []byte, leaf tlog.Hash) (root tlog.Hash, size uint16, err error) {
	index := binary.BigEndian.Uint16(raw)
	size = binary.BigEndian.Uint16(raw[2:])
	raw = raw[4:]
	if index >= size || len(raw)%tlog.HashSize != 0 {
		return root, 0, fmt.Errorf("%w: not a receipt", ErrMalformed)
	}
	at, last, hash := index, size-1, leaf
	for ; last > 0; at, last = at/2, last/2 {
		if at == last && at%2 == 0 {
			continue // it has no neighbour: it moves up as it is
		}
		if len(raw) == 0 {
			return root, 0, fmt.Errorf("%w: not a receipt", ErrMalformed)
		}
		beside := tlog.Hash(raw[:tlog.HashSize])
		raw = raw[tlog.HashSize:]
		if at%2 == 0 {
			hash = tlog.NodeHash(hash, beside)
		} else {
			hash = tlog.NodeHash(beside, hash)
		}
	}
	if len(raw) > 0 {
		return root, 0, fmt.Errorf("%w: not a receipt", ErrMalformed)
	}
	return hash, size, nil
}
