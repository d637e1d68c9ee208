package seal

// profilePurpose is the purpose under which profiles are digested.
const profilePurpose = "profile"

// ProfileDigest gives the digest by which it is seen that a profile did not change. Compare with SameProfile.
func (r *Ring) ProfileDigest(canonical []byte) [32]byte { return r.Digest(profilePurpose, canonical) }

// SameProfile reports whether stored is the digest of canonical, under any key of the ring.
func (r *Ring) SameProfile(stored [32]byte, canonical []byte) bool {
	return r.SameDigest(stored, profilePurpose, canonical)
}
