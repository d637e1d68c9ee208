package model

import "fmt"

// Bounds of one history.
const (
	MaxAccounts = 6
	MaxRequests = 48
	MaxCallers  = 4
)

// Portal is the number of the caller that is the portal. Banks have the numbers below.
const Portal = MaxCallers - 1

// Method is what is called.
type Method uint8

// Methods.
const (
	Confirm  Method = iota + 1 // by a bank
	Record                     // a confirmation by a method of the portal's own
	Withdraw                   // of the confirmation that Call.Request names
	Find                       // what became of Call.Request
	Read                       // of Call.Account
	Put                        // of Call.Account, by the portal
)

var methodNames = [...]string{"", "confirm", "record", "withdraw", "find", "read", "put"}

// Claim is what a bank says of a customer. Two claims under one request id are two bodies.
type Claim uint8

// Claims.
const (
	True       Claim = iota // everything matches
	Dry                     // the same, but the level is to stay
	False                   // another passport
	NoConsent               // true, but the customer has not consented
	claimCount              // how many there are
)

var claimNames = [...]string{"", " dry", " false", " without consent"}

// Level of an account. The numbers are those of the wire.
type Level uint8

// Levels that occur.
const (
	NoLevel    Level = 0
	Simplified Level = 1
	Standard   Level = 3
	Confirmed  Level = 4
	Locked     Level = 7
)

var levelNames = map[Level]string{NoLevel: "-", Simplified: "SIMPLIFIED", Standard: "STANDARD", Confirmed: "CONFIRMED", Locked: "LOCKED"}

// ByBank is the method of an account that a bank has confirmed. The portal's own are above. The numbers are those of the wire.
const ByBank uint8 = 1

// Outcome of a decision. The numbers are those of the wire.
type Outcome uint8

// Outcomes that occur.
const (
	NoOutcome        Outcome = 0 // of a withdrawal
	WasConfirmed     Outcome = 1
	AlreadyConfirmed Outcome = 2
	NotMatched       Outcome = 4
	NotEligible      Outcome = 5
)

var outcomeNames = map[Outcome]string{
	NoOutcome: "withdrawn", WasConfirmed: "CONFIRMED", AlreadyConfirmed: "ALREADY_CONFIRMED", NotMatched: "NOT_MATCHED", NotEligible: "NOT_ELIGIBLE",
}

// Call is one call of one caller. Accounts, requests and callers are numbers from 0.
type Call struct {
	Method  Method
	Caller  uint8
	Account uint8
	Request uint8 // belongs to one bank, or to the portal
	Claim   Claim // of Confirm
	How     uint8 // of Record: the portal's method; of Put with level Confirmed likewise
	Want    Want  // of Put
}

// Want is an account as the portal wants it.
type Want struct {
	Level   Level // NoLevel: as it is
	Data    uint8 // variant of what is put beside level and phone
	Phone   bool  // the portal has verified the phone
	Version int64 // when positive, the account must have it
	MayFall bool  // the level may
}

// Refusal is a definite answer that is no decision. Empty: there is none.
type Refusal string

// Refusals that the model gives; any other is a violation.
const (
	RequestIDReused      Refusal = "REQUEST_ID_REUSED"
	AttemptsExhausted    Refusal = "ATTEMPTS_EXHAUSTED"
	NotInForce           Refusal = "WITHDRAW_NOT_IN_FORCE"
	ConfirmationNotFound Refusal = "CONFIRMATION_NOT_FOUND"
	AccountNotFound      Refusal = "ACCOUNT_NOT_FOUND"
	VersionConflict      Refusal = "VERSION_CONFLICT"
	LevelWouldFall       Refusal = "LEVEL_WOULD_FALL"
)

// Result of a put. The numbers are those of the wire.
type Result uint8

// Results.
const (
	Created   Result = 1
	Updated   Result = 2
	Unchanged Result = 3
)

// Answer is what came back. Only the fields of the method are set.
type Answer struct {
	Lost     bool // there was none, or one that leaves open what happened
	Refused  Refusal
	Outcome  Outcome // of Confirm, Record, Withdraw, Find
	Found    bool    // of Find: it is decided
	Replayed bool    // the caller is told that it had been decided before
	Result   Result  // of Put

	Level   Level  // of Read and Put, as are the following
	How     uint8  // method
	Version int64  //
	Owed    string // name of the confirmation to which the account owes its level
	OwedTo  uint8  // the same as the number of its request, from 1: see History.Resolve
}

// String describes a call for a reader of a history.
func (c Call) String() string {
	who := fmt.Sprintf("bank %d", c.Caller)
	if c.Caller == Portal {
		who = "portal"
	}
	switch c.Method {
	case Confirm:
		return fmt.Sprintf("%s: confirm r%d a%d%s", who, c.Request, c.Account, claimNames[c.Claim])
	case Record:
		return fmt.Sprintf("%s: record r%d a%d by %d", who, c.Request, c.Account, c.How)
	case Withdraw, Find:
		return fmt.Sprintf("%s: %s r%d", who, methodNames[c.Method], c.Request)
	case Put:
		return fmt.Sprintf("%s: put a%d %s data %d phone %v version %d fall %v",
			who, c.Account, levelNames[c.Want.Level], c.Want.Data, c.Want.Phone, c.Want.Version, c.Want.MayFall)
	default:
		return fmt.Sprintf("%s: %s a%d", who, methodNames[c.Method], c.Account)
	}
}

// of describes an answer to a call.
func (a Answer) of(m Method) string {
	switch {
	case a.Lost:
		return "?"
	case a.Refused != "":
		return string(a.Refused)
	}
	switch m {
	case Read, Put:
		text := fmt.Sprintf("%s by %d, version %d", levelNames[a.Level], a.How, a.Version)
		if a.OwedTo > 0 {
			text += fmt.Sprintf(", r%d", a.OwedTo-1)
		}
		if m == Put {
			text = [...]string{"", "created ", "updated ", "unchanged "}[a.Result] + text
		}
		return text
	case Find:
		if !a.Found {
			return "not decided"
		}
	default:
	}
	text := outcomeNames[a.Outcome]
	if a.Replayed {
		text += ", replayed"
	}
	return text
}
