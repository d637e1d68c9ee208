package match

import (
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// V1 is the id of the first policy.
const V1 = "match/1"

// Policy is a set of rules of comparison and admission. Get one from ByID.
type Policy struct {
	ID     string // stored in every entry
	Minors bool   // admit persons of 14 to 17; set from the partner's agreement
}

// ByID finds a policy.
func ByID(id string) (Policy, bool) {
	if id != V1 {
		return Policy{}, false
	}
	return Policy{ID: V1}, true
}

// Result is what a comparison says.
type Result struct {
	// Outcome is OutcomeConfirmed when everything that decides matches, else OutcomeCloseMatch or OutcomeNotMatched.
	Outcome ledger.Outcome
	// Reasons are the weightiest first; empty when everything matches.
	Reasons []ledger.Reason
	// Fields are all the compared fields, in the order of their numbers, for compliance; banks do not see them.
	Fields []ledger.FieldResult
	// PhoneBound: the claimed mobile number is the account's and the portal has verified it. It does not change Outcome.
	PhoneBound bool
}

// Compare compares a claim with the profile of an account. Every field is compared, whatever the ones before it gave, and
// identifiers in a time that does not depend on what they hold; names that differ take about a microsecond more than equal ones.
func (p Policy) Compare(claim person.Person, held person.Profile) Result {
	c := comparison{claim: claim, held: held}
	c.identifiers()
	c.names()
	c.document()
	c.contacts()
	outcome, reasons := c.decide()
	return Result{
		Outcome:    outcome,
		Reasons:    reasons,
		Fields:     c.results(),
		PhoneBound: c.fields[ledger.FieldMobilePhone] == ledger.Exact && held.PhoneVerified,
	}
}
