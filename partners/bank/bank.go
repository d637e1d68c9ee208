// Package bank calls the banks' own APIs, and the portal's: pulls of an order's data, deliveries of events.
//
// Promise: a bank that is slow, down or wrong costs nothing but its own calls. Each has a client of its own that trusts its own
// authority and server name alone, a bound on calls under way, a circuit breaker, and a budget of repeats for calls that may be
// repeated. Whoever is refused is refused at once and told when to come back.
//
// Limits: addresses come from the roster, never from a message. What a call means is its caller's affair.
package bank

import (
	"errors"
	"time"
)

// Call is a request to a bank.
type Call struct {
	Method     string
	Path       string            // behind the endpoint's URL, already escaped
	Header     map[string]string // beside those that the client sets
	Body       []byte
	Idempotent bool // may be repeated after a failure, within the budget
	MaxReply   int  // bytes of the answer's body; 0: 64 KiB. A longer one is malformed
}

// Reply is a bank's answer.
type Reply struct {
	Status int
	Header map[string]string // names in lower case
	Body   []byte
}

// Cause is why a call failed, one of a closed list that may stand in metrics.
type Cause string

// Causes. Timeout, Refused, Certificate, ServerError and what is no HTTP count against the breaker; answers below 500 are successes,
// and calls that the caller gave up, or left too little time, count for nothing. Busy counts while the bank holds the places: all are
// taken, and none was given back for half of the endpoint's timeout. A mere rush of callers is not the bank's doing.
const (
	Timeout     Cause = "TIMEOUT"      // no answer within its time
	Refused     Cause = "REFUSED"      // no connection, or a broken one
	Certificate Cause = "CERTIFICATE"  // the server is not who the roster says
	ServerError Cause = "SERVER_ERROR" // status 500 and above
	Busy        Cause = "BUSY"         // too many calls under way; nothing was sent
	Open        Cause = "OPEN"         // the breaker is open; nothing was sent
	NoEndpoint  Cause = "NO_ENDPOINT"  // the roster has none
	Malformed   Cause = "MALFORMED"    // an answer that is too long or none
	Denied      Cause = "DENIED"       // the bank gives us no token, or does not take it
	GivenUp     Cause = "GIVEN_UP"     // the caller's context ended
)

// Error is a call without an answer.
type Error struct {
	Cause      Cause
	RetryAfter time.Duration // when a call may go through again; 0: not known
	err        error         // for logs; may hold addresses, never bodies
}

// Error gives the cause.
func (e *Error) Error() string { return "bank: " + string(e.Cause) }

// Unwrap gives what is behind it.
func (e *Error) Unwrap() error { return e.err }

// CauseOf finds the cause in err; empty when there is none.
func CauseOf(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return ""
}

// State is that of a breaker.
type State string

// States.
const (
	BreakerClosed   State = "CLOSED"
	BreakerHalfOpen State = "HALF_OPEN"
	BreakerOpen     State = "OPEN"
)

// Status is how an endpoint stands.
type Status struct {
	Breaker     State
	Since       time.Time // of the state
	Calls       int       // under way
	LastFailure Cause     // empty when there was none
}
