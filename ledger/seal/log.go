package seal

import (
	"crypto/ed25519"
	"crypto/hmac"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	tinked25519 "github.com/tink-crypto/tink-go/v2/signature/ed25519"

	"github.com/poruka/poruka/ledger"
)

// LogKey is a key by which the log, or events, are signed. What it tells is public; only Sign uses the secret.
type LogKey struct {
	ID      uint32
	Public  ed25519.PublicKey
	Created time.Time // nothing was signed by it before
	private ed25519.PrivateKey
	purpose Purpose
}

// Sign signs a message by Ed25519 (RFC 8032). It must not be called on the zero LogKey.
func (k LogKey) Sign(message []byte) []byte { return ed25519.Sign(k.private, message) }

// String names the key. No verb prints the secret.
func (k LogKey) String() string { return fmt.Sprintf("%s key %d", k.purpose, k.ID) }

// Format prints String whatever the verb.
func (k LogKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogKey gives the key that signs now; false when the ring has none: see Lacks.
func (r *Ring) LogKey() (LogKey, bool) {
	if len(r.log) == 0 {
		return LogKey{}, false
	}
	return r.log[0], true
}

// LogKeys lists the keys that sign or have signed: that of LogKey first, then the others from the last added to the first.
func (r *Ring) LogKeys() []LogKey { return append([]LogKey(nil), r.log...) }

// EventKeys lists the keys that sign events, as LogKeys does those of the log.
func (r *Ring) EventKeys() []LogKey { return append([]LogKey(nil), r.event...) }

// signingKeys makes the signing keys of a keyset, the newest first.
func signingKeys(s set, purpose Purpose) ([]LogKey, error) {
	var all []LogKey
	for _, entry := range newestFirst(s.handle) {
		key, ok := entry.Key().(*tinked25519.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("seal: %s key %d is not an Ed25519 key", purpose, entry.KeyID())
		}
		seed := key.PrivateKeyBytes().Data(insecuresecretdataaccess.Token{})
		private := ed25519.NewKeyFromSeed(seed)
		public, _ := private.Public().(ed25519.PublicKey)
		all = append(all, LogKey{entry.KeyID(), public, s.born[entry.KeyID()], private, purpose})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no %s key", ErrKey, purpose)
	}
	return all, nil
}

// Mark gives the mark of an entry's record, without which nobody believes that we have made it.
func (r *Ring) Mark(record ledger.Record) [32]byte {
	if len(r.mark) == 0 {
		return [32]byte{}
	}
	return r.mark[0].marked(record)
}

// IsMarked reports whether mark is that of record under any key of the ring. Nothing is marked when the ring has no such key.
func (r *Ring) IsMarked(record ledger.Record, mark [32]byte) bool {
	for _, m := range r.mark {
		made := m.marked(record)
		if hmac.Equal(made[:], mark[:]) {
			return true
		}
	}
	return false
}

func (m *mac) marked(record ledger.Record) [32]byte {
	w := m.begin()
	w.message = append(w.message, markLabel...)
	return w.end(record[:])
}
