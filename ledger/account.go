package ledger

import (
	"time"

	"github.com/google/uuid"
)

// AccountID names an account; the portal chooses it.
type AccountID uuid.UUID

// String gives the canonical text form, lower case with hyphens.
func (id AccountID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id names nothing.
func (id AccountID) IsZero() bool { return id == AccountID{} }

// ParseAccountID reads the canonical text form of a UUID.
func ParseAccountID(text string) (AccountID, error) {
	id, err := uuid.Parse(text)
	return AccountID(id), err
}

// Index is a blind index: a keyed digest by which a value can be found but not read. The zero Index is «no value».
type Index [32]byte

// IsZero reports whether there is no value.
func (i Index) IsZero() bool { return i == Index{} }

// Sealed is personal data at rest: the box is encrypted with a data key of its own, the data key with a key of the ring.
// Destroying WrappedKey destroys the data.
type Sealed struct {
	WrappedKey []byte // begins with the id of the ring key that wrapped it
	Box        []byte
}

// Account is what the ledger knows of one account on the portal.
type Account struct {
	ID      AccountID
	Level   Level // as stored; see LevelAt
	Method  Method
	Version int64 // counts the changes, from 1

	ConfirmedBy  PartnerID // who recorded the confirmation; empty unless confirmed
	ConfirmedAt  time.Time
	Confirmation EntryID // the entry to which the account owes its level; zero when it was put as confirmed

	Registry   RegistryStatus
	RegistryAt time.Time

	Profile Sealed
	Digest  [32]byte // keyed digest of what was put, so that a put that changes nothing is seen without unsealing
	SNILS   Index    // unique among accounts
	INN     Index
	Phone   Index // set only when the portal has verified the number; unique among accounts

	CreatedAt time.Time
	UpdatedAt time.Time
}

// RegistryPatience is how long the registries may take before a check counts as stalled. Source: life of an account, 5 days.
const RegistryPatience = 5 * 24 * time.Hour

// LevelAt is the level in force at now: a check without an answer for more than RegistryPatience has stalled.
func (a Account) LevelAt(now time.Time) Level {
	if a.Level == LevelStandardVerifying && !a.RegistryAt.IsZero() && now.Sub(a.RegistryAt) > RegistryPatience {
		return LevelStalled
	}
	return a.Level
}
