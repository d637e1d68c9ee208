package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"

	"github.com/poruka/poruka/ledger"
)

// Salt makes the commitments of one entry. It rests on the data key of the account: once that is destroyed, nobody can make it
// again, and a commitment cannot be tested even with the true value. It is not safe for concurrent use.
type Salt struct{ state hash.Hash }

// Salt gives the salt of an entry about an account. It stays the same through Reseal and Rewrap. Errors are those of Open, but
// for the box, which is not looked at.
func (r *Ring) Salt(account ledger.AccountID, s ledger.Sealed, entry ledger.EntryID) (Salt, error) {
	key, err := r.dataKey(account, s)
	if err != nil {
		return Salt{}, err
	}
	defer clear(key)
	return saltOf(key, entry), nil
}

func saltOf(key []byte, entry ledger.EntryID) Salt {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(saltLabel)) // never fails: see hash.Hash
	_, _ = h.Write(entry[:])
	var salt [sha256.Size]byte
	h.Sum(salt[:0])
	return Salt{hmac.New(sha256.New, salt[:])}
}

// Commit commits to the canonical form of a group of fields without telling it.
func (s Salt) Commit(group ledger.FieldGroup, canonical []byte) ledger.Commitment {
	message := append(make([]byte, 0, 1+len(canonical)+sha256.Size), byte(group))
	return s.commit(append(message, canonical...))
}

// commit commits to a group and its canonical form; what message holds is lost.
func (s Salt) commit(message []byte) ledger.Commitment {
	group := ledger.FieldGroup(message[0])
	s.state.Reset()
	_, _ = s.state.Write(message) // never fails: see hash.Hash
	clear(message)
	return ledger.Commitment{Group: group, Digest: [16]byte(s.state.Sum(message[:0])[:16])}
}

// Commit is Salt and Commit for a single group.
func (r *Ring) Commit(
	account ledger.AccountID, s ledger.Sealed, entry ledger.EntryID, group ledger.FieldGroup, canonical []byte,
) ([16]byte, error) {
	salt, err := r.Salt(account, s, entry)
	if err != nil {
		return [16]byte{}, err
	}
	return salt.Commit(group, canonical).Digest, nil
}
