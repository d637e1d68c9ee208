// Package fault is how the gateway says that a request was not decided: a kind, a stable reason, a public text, and the hidden cause.
//
// Promise: Error() is safe to send to anybody; the cause is reached by errors.Is, errors.As and Unwrap only, for logs and tests.
//
// Limits: it knows no transport; package wire alone maps kinds to status codes.
package fault

import (
	"errors"
	"time"
)

// Kind is the class of a fault. Package wire gives each a gRPC code and an HTTP status.
type Kind uint8

// Kinds of faults.
const (
	Internal        Kind = iota // a defect of ours; also any error that is not a Fault
	Invalid                     // the request is malformed
	Unauthenticated             // the caller has not proved who it is
	Denied                      // the caller may not do this
	NotFound                    // there is no such thing, or not for this caller
	AlreadyExists               // another thing holds what must be unique
	Precondition                // the state of things forbids it; repeating does not help
	Aborted                     // others were in the way; repeating helps
	Exhausted                   // a limit was reached
	Unavailable                 // a part the gateway needs does not answer
	Deadline                    // the caller's time is over
	Cancelled                   // the caller gave up
	Unimplemented               // there is no such method
)

// Reason is the stable name that programs read. poruka.v1.Reason.Code documents each.
type Reason string

// Reasons of faults.
const (
	FieldFormat            Reason = "FIELD_FORMAT"
	SNILSChecksum          Reason = "SNILS_CHECKSUM"
	INNChecksum            Reason = "INN_CHECKSUM"
	INNNotPerson           Reason = "INN_NOT_PERSON"
	RequestTooOld          Reason = "REQUEST_TOO_OLD"
	RequestFromFuture      Reason = "REQUEST_FROM_FUTURE"
	PageTokenInvalid       Reason = "PAGE_TOKEN_INVALID"
	CertificateInvalid     Reason = "CERTIFICATE_INVALID"
	CertificateRevoked     Reason = "CERTIFICATE_REVOKED"
	CertificateExpired     Reason = "CERTIFICATE_EXPIRED"
	AccessDenied           Reason = "ACCESS_DENIED"
	CertificateNotYours    Reason = "CERTIFICATE_NOT_YOURS"
	PartnerInactive        Reason = "PARTNER_INACTIVE"
	SignatureMalformed     Reason = "SIGNATURE_MALFORMED"
	SignatureKeyUnknown    Reason = "SIGNATURE_KEY_UNKNOWN"
	SignatureKeyInactive   Reason = "SIGNATURE_KEY_INACTIVE"
	SignatureDigestDiffers Reason = "SIGNATURE_DIGEST_DIFFERS"
	ConfirmationNotFound   Reason = "CONFIRMATION_NOT_FOUND"
	AccountNotFound        Reason = "ACCOUNT_NOT_FOUND"
	PartnerNotFound        Reason = "PARTNER_NOT_FOUND"
	LogNotSoLong           Reason = "LOG_NOT_SO_LONG"
	OrderNotFound          Reason = "ORDER_NOT_FOUND"
	ReceiverNotFound       Reason = "RECEIVER_NOT_FOUND"
	RequestIDReused        Reason = "REQUEST_ID_REUSED"
	RequestRunning         Reason = "REQUEST_RUNNING"
	SubjectBusy            Reason = "SUBJECT_BUSY"
	WithdrawWindowOver     Reason = "WITHDRAW_WINDOW_OVER"
	WithdrawNotInForce     Reason = "WITHDRAW_NOT_IN_FORCE"
	VersionConflict        Reason = "VERSION_CONFLICT"
	LevelWouldFall         Reason = "LEVEL_WOULD_FALL"
	DuplicateSNILS         Reason = "DUPLICATE_SNILS"
	DuplicatePhone         Reason = "DUPLICATE_PHONE"
	NotInLogYet            Reason = "NOT_IN_LOG_YET"
	DialectNone            Reason = "DIALECT_NONE"
	OrderOpen              Reason = "ORDER_OPEN"
	OrderClosed            Reason = "ORDER_CLOSED"
	OrderNotPossible       Reason = "ORDER_NOT_POSSIBLE"
	RateLimit              Reason = "RATE_LIMIT"
	AttemptsExhausted      Reason = "ATTEMPTS_EXHAUSTED"
	Overloaded             Reason = "OVERLOADED"
	RequestTooLarge        Reason = "REQUEST_TOO_LARGE"
	LedgerUnavailable      Reason = "LEDGER_UNAVAILABLE"
	OutcomeUnknown         Reason = "OUTCOME_UNKNOWN"
	ShuttingDown           Reason = "SHUTTING_DOWN"
	DeadlineOver           Reason = "DEADLINE"
	CallerGaveUp           Reason = "CANCELLED"
	MethodUnknown          Reason = "METHOD_UNKNOWN"
	Defect                 Reason = "INTERNAL"
	RevocationUnknown      Reason = "REVOCATION_UNKNOWN"
)

// Violation is one field at fault.
type Violation struct {
	Field  string // path in JSON, for example `person.passport.series`
	Reason Reason // of this field
	Text   string // what is wanted, in English; never the value
}

// Fault is a refusal. Make one with New or Wrap and fill in what applies.
type Fault struct {
	Kind       Kind
	Reason     Reason
	Violations []Violation       // for Invalid
	RetryAfter time.Duration     // 0: no advice
	Metadata   map[string]string // public facts, for example server_time; never personal data
	cause      error
}

// New makes a fault without a cause.
func New(kind Kind, reason Reason) *Fault { return &Fault{Kind: kind, Reason: reason} }

// Wrap makes a fault that hides cause.
func Wrap(kind Kind, reason Reason, cause error) *Fault {
	return &Fault{Kind: kind, Reason: reason, cause: cause}
}

// Error gives the public reason.
func (f *Fault) Error() string { return string(f.Reason) }

// Unwrap gives the hidden cause.
func (f *Fault) Unwrap() error { return f.cause }

// After advises to wait for d.
func (f *Fault) After(d time.Duration) *Fault {
	f.RetryAfter = d
	return f
}

// With adds a public fact.
func (f *Fault) With(key, value string) *Fault {
	if f.Metadata == nil {
		f.Metadata = map[string]string{}
	}
	f.Metadata[key] = value
	return f
}

// InvalidFields makes the fault of a malformed request. Its reason is that of the violations when they agree, else FIELD_FORMAT.
func InvalidFields(violations ...Violation) *Fault {
	f := New(Invalid, FieldFormat)
	f.Violations = violations
	if len(violations) > 0 {
		f.Reason = violations[0].Reason
	}
	for _, v := range violations {
		if v.Reason != f.Reason {
			f.Reason = FieldFormat
		}
	}
	return f
}

// Of finds the fault in err; an error without one is an internal defect and becomes its cause.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Wrap(Internal, Defect, err)
}
