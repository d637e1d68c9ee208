package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"

	"github.com/poruka/poruka/ledger"
)

// Labels name what a digest is of. A label ends with a zero byte and holds no other, so that no message of one use is a
// message of another.
const (
	snilsLabel      = "poruka index snils\x00"
	innLabel        = "poruka index inn\x00"
	phoneLabel      = "poruka index phone\x00"
	entryLabel      = "poruka entry\x00"
	withdrawalLabel = "poruka withdrawal\x00"
	digestLabel     = "poruka digest\x00"
	markLabel       = "poruka mark\x00"
	saltLabel       = "poruka commitments\x00"
	vouchLabel      = "poruka vouch\x00"
)

// SNILS gives the blind index of a SNILS in its 11 digits; zero for the empty string.
func (r *Ring) SNILS(digits string) ledger.Index { return r.blind(snilsLabel, digits) }

// INN gives the blind index of a taxpayer number in its 12 digits; zero for the empty string.
func (r *Ring) INN(digits string) ledger.Index { return r.blind(innLabel, digits) }

// Phone gives the blind index of a phone in E.164; zero for the empty string.
func (r *Ring) Phone(e164 string) ledger.Index { return r.blind(phoneLabel, e164) }

func (r *Ring) blind(label, value string) ledger.Index {
	if value == "" {
		return ledger.Index{}
	}
	w := r.index.begin()
	w.message = append(append(w.message, label...), value...)
	return ledger.Index(w.end(nil))
}

// EntryID gives the id of the entry that answers a partner's request. The request id is a UUID in its canonical text form;
// its case does not matter.
func (r *Ring) EntryID(partner ledger.PartnerID, requestID string) ledger.EntryID {
	return r.request[0].entryID(partner, strings.ToLower(requestID))
}

// EntryIDs gives the ids that the entry may have, one for each key of the ring: that of EntryID first. Whoever asks
// whether a request was decided must look for all of them.
func (r *Ring) EntryIDs(partner ledger.PartnerID, requestID string) []ledger.EntryID {
	requestID = strings.ToLower(requestID)
	ids := make([]ledger.EntryID, len(r.request))
	for i, m := range r.request {
		ids[i] = m.entryID(partner, requestID)
	}
	return ids
}

func (m *mac) entryID(partner ledger.PartnerID, requestID string) ledger.EntryID {
	w := m.begin()
	w.message = append(w.message, entryLabel...)
	w.message = binary.AppendUvarint(w.message, uint64(len(partner)))
	w.message = append(append(w.message, partner...), requestID...)
	return uuid8(w.end(nil))
}

// WithdrawalID gives the id of the entry that takes a confirmation back: a confirmation can be withdrawn once. It needs no
// key, since a confirmation's id cannot be guessed, and so outlives every rotation.
func (*Ring) WithdrawalID(confirmation ledger.EntryID) ledger.EntryID {
	return uuid8(sha256.Sum256(append([]byte(withdrawalLabel), confirmation[:]...)))
}

// uuid8 sets the version and variant bits of RFC 9562.
func uuid8(sum [32]byte) ledger.EntryID {
	id := ledger.EntryID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Digest gives a keyed digest, by which it can be seen that two canonical forms are the same. The purpose keeps digests of
// different things apart.
func (r *Ring) Digest(purpose string, canonical []byte) [32]byte {
	return r.request[0].digest(purpose, canonical)
}

// SameDigest reports whether stored is the digest of canonical under any key of the ring. After a rotation Digest gives
// another value than before; compare with stored values by this alone.
func (r *Ring) SameDigest(stored [32]byte, purpose string, canonical []byte) bool {
	for _, m := range r.request {
		now := m.digest(purpose, canonical)
		if hmac.Equal(stored[:], now[:]) {
			return true
		}
	}
	return false
}

func (m *mac) digest(purpose string, canonical []byte) [32]byte {
	w := m.begin()
	w.message = append(w.message, digestLabel...)
	w.message = binary.AppendUvarint(w.message, uint64(len(purpose)))
	w.message = append(w.message, purpose...)
	return w.end(canonical)
}

// mac computes HMAC-SHA-256 under one key. It keeps keyed states, since setting the key up costs more than the digest.
type mac struct{ states sync.Pool }

// work is one computation: begin one, append to message, end it.
type work struct {
	m       *mac
	state   hash.Hash
	message []byte
}

func newMAC(key []byte) *mac {
	m := &mac{}
	m.states.New = func() any { return &work{m: m, state: hmac.New(sha256.New, key), message: make([]byte, 0, 128)} }
	return m
}

func (m *mac) begin() *work {
	w, _ := m.states.Get().(*work)
	w.state.Reset()
	return w
}

// end digests the message and then rest. The work must not be used again.
func (w *work) end(rest []byte) (sum [32]byte) {
	_, _ = w.state.Write(w.message) // never fails: see hash.Hash
	_, _ = w.state.Write(rest)
	clear(w.message)
	w.message = w.state.Sum(w.message[:0])
	copy(sum[:], w.message)
	w.message = w.message[:0]
	w.m.states.Put(w)
	return sum
}

// macs makes the digests of a keyset, the newest key first.
func macs(purpose Purpose, handle *keyset.Handle) ([]*mac, error) {
	var all []*mac
	for _, entry := range newestFirst(handle) {
		key, ok := entry.Key().(*hmacprf.Key)
		if !ok {
			return nil, fmt.Errorf("seal: %s key %d is not an HMAC PRF key", purpose, entry.KeyID())
		}
		if p, ok := key.Parameters().(*hmacprf.Parameters); !ok || p.HashType() != hmacprf.SHA256 || p.KeySizeInBytes() < 32 {
			return nil, fmt.Errorf("seal: %s key %d is not HMAC-SHA-256 with 32 bytes", purpose, entry.KeyID())
		}
		all = append(all, newMAC(key.KeyBytes().Data(insecuresecretdataaccess.Token{})))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no %s key", ErrKey, purpose)
	}
	return all, nil
}
