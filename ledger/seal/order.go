package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
)

// An order's id is a UUID of version 8 in two parts. The first 10 bytes, which hold the version and the variant, are the order's
// name: a keyed digest of the portal's request id, so that one request makes one order and nobody can guess the id of another's.
// The last 6 are its tag: a keyed digest of the name and the bank, by which whoever has the ring sees that the id was made here for
// this bank, and not by a bank that also uses ids of version 8. Of 2^48 such ids one is taken for an order at first, and then none is
// found in the ledger.
const orderName = 10

const (
	orderLabel       = "poruka order\x00"
	orderTagLabel    = "poruka order tag\x00"
	orderCodeLabel   = "poruka order code\x00"
	orderEntryLabel  = "poruka order entry\x00"
	orderCancelLabel = "poruka order cancellation\x00"
	orderedLabel     = "poruka index ordered account\x00"
)

// OrderIDs gives the ids that the order of a portal's request at a bank may have, one for each key of the ring; a new order gets the
// first. The request id is a UUID in its canonical text form; its case does not matter.
func (r *Ring) OrderIDs(requestID string, bank ledger.PartnerID) []ledger.OrderID {
	ids := make([]ledger.OrderID, len(r.request))
	for i, m := range r.request {
		w := m.begin()
		w.message = append(append(w.message, orderLabel...), strings.ToLower(requestID)...)
		id := ledger.OrderID(uuid8(w.end(nil)))
		tag := m.orderDigest(orderTagLabel, id[:orderName], bank)
		copy(id[orderName:], tag[:])
		ids[i] = id
	}
	return ids
}

// IsOrder reports whether a request id of a bank, in its canonical text form, was made here for an order at this bank. For an id of
// another version than 8 that costs nothing, otherwise one digest for each key of the ring.
func (r *Ring) IsOrder(requestID string, bank ledger.PartnerID) (ledger.OrderID, bool) {
	id, err := uuid.Parse(requestID)
	if err != nil || id.Version() != 8 {
		return ledger.OrderID{}, false
	}
	return ledger.OrderID(id), r.orderKey(ledger.OrderID(id), bank) != nil
}

// orderKey finds the key that made an id; nil when none did.
func (r *Ring) orderKey(id ledger.OrderID, bank ledger.PartnerID) *mac {
	for _, m := range r.request {
		tag := m.orderDigest(orderTagLabel, id[:orderName], bank)
		if hmac.Equal(tag[:len(id)-orderName], id[orderName:]) {
			return m
		}
	}
	return nil
}

func (m *mac) orderDigest(label string, id []byte, bank ledger.PartnerID) [32]byte { // all ids of one label have one length
	w := m.begin()
	w.message = append(append(append(w.message, label...), id...), bank...)
	return w.end(nil)
}

// crockford is base32 without letters that people take for others.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// OrderCode gives the code that people type for an order: 50 bits in two groups of five letters. It is the same for as long as the
// key that made the id is in the ring; empty for an id that none has made for this bank.
func (r *Ring) OrderCode(id ledger.OrderID, bank ledger.PartnerID) string {
	m := r.orderKey(id, bank)
	if m == nil {
		return ""
	}
	sum := m.orderDigest(orderCodeLabel, id[:], bank)
	code := base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(sum[:7])
	return code[:5] + "-" + code[5:10]
}

// OrderEntryID gives the id of the entry that is an order. It depends on the order's name alone, so that a request which is used again
// for another bank finds the first. It needs no key, since an order's id cannot be guessed, and so outlives every rotation.
func (*Ring) OrderEntryID(id ledger.OrderID) ledger.EntryID {
	return uuid8(sha256.Sum256(append([]byte(orderEntryLabel), id[:orderName]...)))
}

// OrderCancelID gives the id of the entry that cancels an order: it can be cancelled once. It needs no key either.
func (*Ring) OrderCancelID(id ledger.OrderID) ledger.EntryID {
	return uuid8(sha256.Sum256(append([]byte(orderCancelLabel), id[:]...)))
}

// OrderCounter names the counter of an account's orders.
func (r *Ring) OrderCounter(account ledger.AccountID) ledger.AttemptKey {
	return ledger.AttemptKey{Subject: r.blind(orderedLabel, string(account[:])), Partner: ledger.PortalID}
}
