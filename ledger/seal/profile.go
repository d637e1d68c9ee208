package seal

import (
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// profilePurpose is the purpose under which profiles are digested.
const profilePurpose = "profile"

// SealProfile seals the profile of an account's owner.
func (r *Ring) SealProfile(id ledger.AccountID, profile person.Profile) (ledger.Sealed, error) {
	plain, err := profile.MarshalBinary()
	if err != nil {
		return ledger.Sealed{}, fmt.Errorf("seal: %w", err)
	}
	defer clear(plain)
	return r.Seal(id, plain)
}

// OpenProfile opens what SealProfile made for the same account. Errors are those of Open; ErrOpen as well when what was
// sealed is no profile.
func (r *Ring) OpenProfile(id ledger.AccountID, s ledger.Sealed) (person.Profile, error) {
	plain, err := r.Open(id, s)
	if err != nil {
		return person.Profile{}, err
	}
	defer clear(plain)
	profile, err := person.UnmarshalProfile(plain)
	if err != nil {
		return person.Profile{}, ErrOpen
	}
	return profile, nil
}

// ProfileDigest gives the digest by which it is seen that a profile did not change; canonical is that of Profile.Canonical.
// Compare with SameProfile.
func (r *Ring) ProfileDigest(canonical []byte) [32]byte { return r.Digest(profilePurpose, canonical) }

// SameProfile reports whether stored is the digest of canonical, under any key of the ring.
func (r *Ring) SameProfile(stored [32]byte, canonical []byte) bool {
	return r.SameDigest(stored, profilePurpose, canonical)
}
