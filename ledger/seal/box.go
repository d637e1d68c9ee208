package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/poruka/poruka/ledger"
)

// Errors of Open. None of them says anything of the data.
var (
	// ErrOpen: the data were changed, or sealed for another account.
	ErrOpen = errors.New("seal: the sealed data do not open")
	// ErrKeyMissing: the key that wrapped the data key is not in the ring. Nothing may be concluded about the data.
	ErrKeyMissing = errors.New("seal: the ring lacks the key of the sealed data")
	// ErrShredded: the data key was destroyed, and the data with it.
	ErrShredded = errors.New("seal: the data were destroyed")
)

const (
	boxVersion  = 1  // first byte of a box; the second form will be 2
	dataKeySize = 32 // AES-256
	prefixSize  = 5  // of a wrapped key: a byte 1 and the id of the ring key, big-endian, as Tink writes them
)

// Seal encrypts a profile for a new account, with a data key made for this call. That key lives as long as the account: what
// the account holds later is sealed by Reseal.
func (r *Ring) Seal(id ledger.AccountID, profile []byte) (ledger.Sealed, error) {
	var key [dataKeySize]byte
	defer clear(key[:])
	_, _ = rand.Read(key[:]) // never fails: see its documentation
	box, err := boxed(id, key[:], profile)
	if err != nil {
		return ledger.Sealed{}, err
	}
	wrapped, err := r.data[r.sealing].Encrypt(key[:], associated(keyLabel, id))
	if err != nil {
		return ledger.Sealed{}, fmt.Errorf("seal: wrapping a data key: %w", err)
	}
	return ledger.Sealed{WrappedKey: wrapped, Box: box}, nil
}

// Reseal encrypts a profile that takes the place of a sealed one, under the same data key, on which the account's commitments
// rest. Errors are those of Open, but for the box, which is not looked at.
func (r *Ring) Reseal(id ledger.AccountID, held ledger.Sealed, profile []byte) (ledger.Sealed, error) {
	key, err := r.dataKey(id, held)
	if err != nil {
		return ledger.Sealed{}, err
	}
	defer clear(key)
	box, err := boxed(id, key, profile)
	return ledger.Sealed{WrappedKey: held.WrappedKey, Box: box}, err
}

func boxed(id ledger.AccountID, key, profile []byte) ([]byte, error) {
	box, err := boxCipher(key)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 1, 1+len(profile)+box.Overhead())
	sealed[0] = boxVersion
	return box.Seal(sealed, nil, profile, associated(boxLabel, id)), nil //nolint:gosec // nil: this cipher draws the nonce itself
}

// Open decrypts what Seal made for the same account. Errors are ErrOpen, ErrKeyMissing and ErrShredded.
func (r *Ring) Open(id ledger.AccountID, s ledger.Sealed) ([]byte, error) {
	key, err := r.dataKey(id, s)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return openBox(id, key, s.Box)
}

func openBox(id ledger.AccountID, key, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != boxVersion {
		return nil, ErrOpen
	}
	box, err := boxCipher(key)
	if err != nil {
		return nil, ErrOpen
	}
	profile, err := box.Open(nil, nil, sealed[1:], associated(boxLabel, id))
	if err != nil {
		return nil, ErrOpen
	}
	return profile, nil
}

// Rewrap puts the data key under the ring's newest key; the box stays as it is. It reports whether anything changed.
// After all accounts are rewrapped, the older data keys of the ring are needed by backups alone.
func (r *Ring) Rewrap(id ledger.AccountID, s ledger.Sealed) (ledger.Sealed, bool, error) {
	if by, ok := wrappedBy(s); ok && by == r.sealing {
		return s, false, nil
	}
	key, err := r.dataKey(id, s)
	if err != nil {
		return s, false, err
	}
	defer clear(key)
	wrapped, err := r.data[r.sealing].Encrypt(key, associated(keyLabel, id))
	if err != nil {
		return s, false, fmt.Errorf("seal: wrapping a data key: %w", err)
	}
	return ledger.Sealed{WrappedKey: wrapped, Box: s.Box}, true, nil
}

func (r *Ring) dataKey(id ledger.AccountID, s ledger.Sealed) ([]byte, error) {
	if len(s.WrappedKey) == 0 {
		return nil, ErrShredded
	}
	by, ok := wrappedBy(s)
	if !ok {
		return nil, ErrOpen
	}
	wrapping, ok := r.data[by]
	if !ok {
		return nil, ErrKeyMissing
	}
	key, err := wrapping.Decrypt(s.WrappedKey, associated(keyLabel, id))
	if err != nil || len(key) != dataKeySize {
		return nil, ErrOpen
	}
	return key, nil
}

// DataKey is the id of the key of the ring that wraps new data keys.
func (r *Ring) DataKey() uint32 { return r.sealing }

// WrappedBy tells which key of the ring wrapped the data key; false when there is none.
func WrappedBy(s ledger.Sealed) (keyID uint32, ok bool) { return wrappedBy(s) }

// wrappedBy reads which key of the ring wrapped the data key.
func wrappedBy(s ledger.Sealed) (uint32, bool) {
	if len(s.WrappedKey) < prefixSize || s.WrappedKey[0] != 1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(s.WrappedKey[1:prefixSize]), true
}

// boxCipher makes the cipher of a box. A data key seals as many boxes as the profile has changes, which is nowhere near the
// number at which random nonces may repeat.
func boxCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Labels keep the two uses of an account id as associated data apart. Both have one length, so that neither begins the other.
const (
	keyLabel = "poruka data key\x00"
	boxLabel = "poruka profile\x00\x00"
)

// associated binds a ciphertext to its use and its account.
func associated(label string, id ledger.AccountID) []byte {
	return append(append(make([]byte, 0, len(keyLabel)+len(id)), label...), id[:]...)
}

// ready makes the primitives of the keysets. A ring without a usable key for each purpose is refused, but for the late ones.
func (r *Ring) ready() (*Ring, error) {
	if r.environment != Development && r.environment != Production {
		return nil, ErrEnvironment
	}
	r.data = map[uint32]tink.AEAD{}
	for entry := range entries(r.sets[Data].handle) {
		key, ok := entry.Key().(*aesgcm.Key)
		if id, prefixed := entry.Key().IDRequirement(); !ok || !prefixed || id != entry.KeyID() || len(key.OutputPrefix()) != prefixSize {
			return nil, fmt.Errorf("seal: data key %d is not a prefixed AES-GCM key", entry.KeyID())
		}
		primitive, err := aesgcm.NewAEAD(key)
		if err != nil {
			return nil, fmt.Errorf("seal: data key %d: %w", entry.KeyID(), err)
		}
		r.data[entry.KeyID()] = primitive
		if entry.IsPrimary() {
			r.sealing = entry.KeyID()
		}
	}
	if _, ok := r.data[r.sealing]; !ok {
		return nil, fmt.Errorf("seal: %w: no primary data key", ErrKey)
	}
	indexes, err := macs(Index, r.sets[Index].handle)
	if err != nil {
		return nil, err
	}
	r.index = indexes[0]
	if r.request, err = macs(Request, r.sets[Request].handle); err != nil {
		return nil, err
	}
	if s := r.sets[Mark]; s.handle != nil {
		if r.mark, err = macs(Mark, s.handle); err != nil {
			return nil, err
		}
	}
	if s := r.sets[Log]; s.handle != nil {
		if r.log, err = signingKeys(s, Log); err != nil {
			return nil, err
		}
	}
	if s := r.sets[Event]; s.handle != nil {
		r.event, err = signingKeys(s, Event)
	}
	return r, err
}
