package ledger

import (
	"time"

	"github.com/google/uuid"
)

// PartnerID names who asked: the id of a bank, or one of those below.
type PartnerID string

// Partners that are no banks. No bank may have their ids.
const (
	PortalID PartnerID = "portal"
	StaffID  PartnerID = "compliance" // of compliance staff, who search, view and export
)

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
	KindErasure      Kind = 4 // the data of an account were destroyed
	KindSeal         Kind = 5 // the count of a partner's entries in an hour
	KindAccess       Kind = 6 // staff searched, viewed or exported
	KindOrder        Kind = 7 // the portal asked a bank to confirm the owner of an account
	KindOrderCancel  Kind = 8 // the portal took an order back, or the customer refused in the bank, which is then its partner
)

var kindNames = [...]string{"", "CONFIRMATION", "WITHDRAWAL", "PORTAL_RECORD", "ERASURE", "SEAL", "ACCESS", "ORDER", "ORDER_CANCELLATION"}

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

// EncodingVersion is the version of the form in which entries are written now: with commitments, Link and Mark.
// Version 1, without them, is from before there was a log; none may follow one of version 2.
const EncodingVersion uint8 = 2

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
	// Detail holds what only some kinds have, as `name=value` parted by blanks, never personal data and never shown to banks: the
	// hour, range, count and root of a seal; method, filter and rows of an access; conflicts of a confirmation with another's.
	Detail string

	// Commitments bind the bank to what it claimed, group by group of fields, without telling it: see package seal. Empty without
	// an account, whose data key they depend on.
	Commitments []Commitment
	Link        Link
	// Mark is a keyed digest of the record, so that nobody can add or change an entry without the key ring, even before it is in
	// the log. It is the only field that the record does not cover.
	Mark [32]byte
}

// Commitment is a salted keyed digest of a group of fields.
type Commitment struct {
	Group  FieldGroup
	Digest [16]byte
}

// FieldGroup is a group of fields of a claim. The numbers are stored and never change.
type FieldGroup uint8

// Groups of fields, in the order in which commitments stand.
const (
	GroupName     FieldGroup = 1
	GroupBirth    FieldGroup = 2 // date of birth and sex
	GroupDocument FieldGroup = 3
	GroupSNILS    FieldGroup = 4
	GroupINN      FieldGroup = 5
	GroupContact  FieldGroup = 6
)

var fieldGroupNames = [...]string{"", "NAME", "BIRTH", "DOCUMENT", "SNILS", "INN", "CONTACT"}

// String gives the stable name.
func (g FieldGroup) String() string { return nameOf(fieldGroupNames[:], uint8(g)) }

// Link ties the entries of one writer together, so that one that is taken away before it is in the log is missed.
// The zero Link is that of an entry from before there was a log.
type Link struct {
	Writer   [8]byte  // drawn by each writer when it starts, and anew after it lost sight of a group
	Sequence uint64   // of the group among those of the writer, from 0 without gaps
	Index    uint16   // of the entry in the group
	Size     uint16   // of the group
	Previous [32]byte // digest of the records of the writer's group before; zero for the first
}
