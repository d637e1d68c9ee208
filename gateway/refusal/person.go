package refusal

import (
	"errors"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger/person"
)

// Person gives the violations for an error of the parsers in ledger/person, with prefix before each path, for example `person.`.
// An error of another kind gives none: it is a defect, not the caller's doing.
func Person(prefix string, err error) []fault.Violation {
	var many person.Errors
	var one *person.FieldError
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = person.Errors{one}
	}
	violations := make([]fault.Violation, 0, len(many))
	for _, e := range many {
		violations = append(violations, fault.Violation{Field: prefix + string(e.Field), Reason: reasonOf(e), Text: e.Text})
	}
	return violations
}

func reasonOf(e *person.FieldError) fault.Reason {
	switch {
	case e.Problem == person.NotPerson:
		return fault.INNNotPerson
	case e.Problem == person.Checksum && e.Field == person.FieldSNILS:
		return fault.SNILSChecksum
	case e.Problem == person.Checksum && e.Field == person.FieldINN:
		return fault.INNChecksum
	default:
		return fault.FieldFormat
	}
}
