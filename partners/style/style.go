// Package style is how banks write: one Dialect for each bank that has one.
//
// Promise: what comes out of a dialect is the same Request that the native API would have got, whatever the bank's names, masks,
// nesting, dates and signatures; after it nobody knows that there was a dialect. What goes back is in the bank's own form, errors
// included. Nothing of a body is shown in an error but the names of its fields.
//
// Powers: a dialect is a table of fields and a little code; a new bank is a file, its vectors and an entry of the roster.
//
// Limits: it does not judge persons (ledger/person does), who calls (certs), or whether a time is too old (gateway/confirm).
package style

import (
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/signature"
)

// Message is a request or an answer as it stands on the line.
type Message struct {
	Status      int    // HTTP status of an answer; 0 in a request
	ContentType string // media type
	Header      Header // those that count
	Body        []byte
}

// Header is the headers of a message, by their names in lower case.
type Header map[string]string

// Request is what a bank asks, in the words of the native API.
type Request struct {
	ID              string // UUID with hyphens, whatever form the bank gives it
	Person          person.Raw
	AccountActive   bool
	PhoneBound      bool
	Means           string // SMS_CODE, APP or BRANCH
	AuthenticatedAt time.Time
	ConsentGiven    bool
	ConsentAt       time.Time // zero when not told
	DryRun          bool
	SentAt          time.Time // zero when not told
}

// Reason is why something was decided or refused, with what to do.
type Reason struct {
	Code         string // for example NAME_CLOSE
	Group        string // NAME, DOCUMENT, CONTACT, INN, or empty
	Actor        string // BANK_SYSTEM, BANK_CLERK, CUSTOMER, PORTAL_SUPPORT, GATEWAY
	Retry        string // NEVER, SAME_ID, AFTER_FIX, AFTER_DELAY, NEW_ID
	DelaySeconds int    // how long to wait; 0: not told
	TextRU       string
	TextEN       string
}

// Answer is a decision on its way to the bank.
type Answer struct {
	Name        string // `confirmations/{id}`
	RequestID   string // UUID with hyphens
	Outcome     string // CONFIRMED, ALREADY_CONFIRMED, CLOSE_MATCH, NOT_MATCHED, NOT_ELIGIBLE, NOT_CHECKED
	Reasons     []Reason
	LevelBefore string // empty when not told
	LevelAfter  string
	DecidedAt   time.Time
	Policy      string
	DryRun      bool
	Replayed    bool
	Receipt     string
	Limits      Limits
}

// Refusal is that a request was not decided.
type Refusal struct {
	HTTPStatus int    // that the native API would answer with
	Code       string // name of the gRPC code, for example INVALID_ARGUMENT
	Reason     Reason
	Fields     []Field           // at fault
	Metadata   map[string]string // public facts, for example server_time
	ID         string            // under which the gateway has logged the call
	RequestID  string            // the bank's, UUID with hyphens; empty when it could not be read
	Limits     Limits
}

// Field is a field at fault.
type Field struct {
	Path   string // in the native API, for example person.passport.series; a dialect shows its own name for it
	Reason string // FIELD_FORMAT, SNILS_CHECKSUM, ...
	Text   string // what is wanted, in English
}

// Limits is how much more a bank may send. Zero: not known.
type Limits struct {
	Limit     int           // requests in a second
	Remaining int           // requests that would be taken now
	Reset     time.Duration // until Limit requests would be taken again
}

// Malformed is a message that its dialect cannot read. The fields are paths in the native API where there is one for them,
// otherwise the bank's own names.
type Malformed struct{ Fields []Field }

// Error names the fields that a dialect has. What else stands in the place of a name was chosen by whoever wrote the message, may be that
// of a person, and is for the writer's eyes alone: errors get into logs.
func (m *Malformed) Error() string {
	text := "style: malformed"
	for _, f := range m.Fields {
		name := f.Path
		if !isOurs(name) {
			name = "a field"
		}
		text += "; " + name + ": " + f.Text
	}
	return text
}

// isOurs reports whether a path is a name of ours, or one that messages have whoever writes them.
func isOurs(path string) bool {
	return new(Request).slot(path) != nil || path == pathBank || path == "body" || path == "Content-Type" || path == "If-Match"
}

// Dialect is how one bank writes. Dialects hold nothing that changes and are safe for concurrent use.
type Dialect interface { //nolint:interfacebloat // both ends of one form: apart they could drift
	// Name is as in the roster.
	Name() string
	// Headers are the request headers that it reads, in lower case.
	Headers() []string
	// Decode checks the signature, if the dialect has one, and reads a request. now is for the validity of keys. The error is a
	// *Malformed or a *signature.Error. The id is given with an error too when it could be read.
	Decode(in Message, keys []signature.Key, now time.Time) (Request, error)
	// Answer writes a decision; in is the request that it answers.
	Answer(in Message, out Answer) Message
	// Refuse writes a refusal; in may be malformed.
	Refuse(in Message, r Refusal) Message

	// What follows is the bank's side, for the sandbox, the conformance run and tests.

	// Encode writes a request as the bank does. signer may be nil for a dialect that does not sign.
	Encode(r Request, signer signature.Signer) (Message, error)
	// ReadAnswer reads what Answer has written; what the form does not carry is left out.
	ReadAnswer(m Message) (Answer, error)
	// ReadRefusal reads what Refuse has written; what the form does not carry is left out.
	ReadRefusal(m Message) (Refusal, error)
}
