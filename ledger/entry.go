package ledger

import (
	"time"

	"github.com/google/uuid"
)

// PartnerID names who asked: the id of a bank, or PortalID.
type PartnerID string

// PortalID is the PartnerID of the portal. No bank may have it.
const PortalID PartnerID = "portal"

// EntryID names an entry. It is derived by a keyed digest from the partner and its request id, so that the
// idempotency key and the primary key are one; see package seal. Its text form is a UUID of version 8.
type EntryID uuid.UUID

// String gives the canonical text form, lower case with hyphens.
func (id EntryID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id names nothing.
func (id EntryID) IsZero() bool { return id == EntryID{} }

// ParseEntryID reads the canonical text form of a UUID.
func ParseEntryID(text string) (EntryID, error) {
	id, err := uuid.Parse(text)
	return EntryID(id), err
}

// Kind is the kind of an entry. The numbers are stored and never change.
type Kind uint8

// Kinds of entries.
const (
	KindConfirmation Kind = 1 // a bank vouched
	KindWithdrawal   Kind = 2 // a bank took its confirmation back
	KindPortalRecord Kind = 3 // the portal recorded a confirmation by another method
)

var kindNames = [...]string{"", "CONFIRMATION", "WITHDRAWAL", "PORTAL_RECORD"}

// String gives the stable name.
func (k Kind) String() string { return nameOf(kindNames[:], uint8(k)) }

// Authentication is how a bank made sure of its customer. The numbers are stored and never change.
type Authentication uint8

// Means of authentication.
const (
	AuthenticationNone    Authentication = 0
	AuthenticatedBySMS    Authentication = 1
	AuthenticatedByApp    Authentication = 2
	AuthenticatedInBranch Authentication = 3
)

var authenticationNames = [...]string{"", "SMS_CODE", "APP", "BRANCH"}

// String gives the stable name; empty for AuthenticationNone.
func (a Authentication) String() string { return nameOf(authenticationNames[:], uint8(a)) }

// EncodingVersion is the version of the form in which entries are written now.
const EncodingVersion uint8 = 1

// Entry is one decided request. It holds no personal data and is never changed.
type Entry struct {
	ID       EntryID
	Kind     Kind
	Partner  PartnerID
	Digest   [32]byte  // keyed digest of the canonical request: the same id with another digest is another request
	Account  AccountID // zero when no account was found
	Outcome  Outcome
	Reasons  []Reason // the weightiest first; empty when confirmed
	Fields   []FieldResult
	Before   Level // LevelNone when the claim did not match an account
	After    Level
	Method   Method
	Policy   string // for example match/1; empty for kinds that match nothing
	Style    string // the dialect in which the request came; `native` for our own API
	Serial   string // serial number of the client certificate, hexadecimal
	Means    Authentication
	AuthedAt time.Time // when the bank authenticated the customer; microseconds
	// DecidedAt is the gateway's clock at the decision, UTC, in whole microseconds. It is a fact, never an order.
	DecidedAt time.Time
	DryRun    bool
	Withdrawn EntryID // for KindWithdrawal: the confirmation taken back
	Encoding  uint8
}
