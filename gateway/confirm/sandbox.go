package confirm

import (
	"errors"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// Persons of the sandbox: package magic says what becomes of each. Their decisions are recorded as dry runs, so no level ever changes;
// no attempt is counted, so the answer is the same for ever; they live on one day, so nobody grows up.

// reservedText says why a claim about a person of the sandbox is refused where there is none.
const reservedText = "is a number of the sandbox, which this gateway is not"

// reserved finds that a claim is about a person of the sandbox where there is none.
func (s *Service) reserved(snils person.SNILS) []fault.Violation {
	if s.cfg.Sandbox || !magic.Reserved(snils) {
		return nil
	}
	return []fault.Violation{{Field: "person.snils", Reason: fault.FieldFormat, Text: reservedText}}
}

// staged gives the fault with which every request about a person ends; nil when it is decided.
func staged(snils person.SNILS) error {
	p, _ := magic.Find(snils)
	switch fault.Reason(p.Fault) {
	case "":
		return nil
	case fault.AttemptsExhausted:
		return fault.New(fault.Exhausted, fault.AttemptsExhausted).After(time.Hour)
	case fault.RateLimit:
		return fault.New(fault.Exhausted, fault.RateLimit).After(time.Second)
	case fault.SubjectBusy:
		return refusal.Ledger(ledger.ErrConflict)
	case fault.Overloaded:
		return refusal.Ledger(ledger.ErrOverloaded)
	case fault.LedgerUnavailable:
		return refusal.Ledger(ledger.ErrUnavailable)
	case fault.OutcomeUnknown:
		return refusal.Ledger(ledger.ErrOutcomeUnknown)
	default:
		return fault.Wrap(fault.Internal, fault.Defect, errStaged)
	}
}

var errStaged = errors.New("confirm: a person of the sandbox asked for this")

// stage makes a question about a person of the sandbox one without consequences, or gives the fault with which it ends. Its digest
// stays that of the request as sent.
func (s *Service) stage(q *question) error {
	if wrong := s.reserved(q.request.Person.SNILS); wrong != nil {
		return fault.InvalidFields(wrong...)
	}
	q.magic, q.request.DryRun, q.today, q.policy.Minors = true, true, magic.Day(), false
	return staged(q.request.Person.SNILS)
}

// compare compares the claim with what the portal holds. The phones of the sandbox count as verified: all its persons have the same.
func (q *question) compare(held person.Profile) match.Result {
	held.PhoneVerified = held.PhoneVerified || q.magic
	return q.policy.Compare(q.request.Person, held)
}
