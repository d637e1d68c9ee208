package match

import (
	"crypto/subtle"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// comparison is one claim held against one profile.
type comparison struct {
	claim person.Person
	held  person.Profile

	fields   [ledger.FieldEmail + 1]ledger.Comparison
	swapped  bool            // family name and given name are in each other's place
	previous person.Passport // the replaced passport that the claim names; zero when it names none
}

// results lists all fields.
func (c *comparison) results() []ledger.FieldResult {
	results := make([]ledger.FieldResult, 0, len(c.fields)-1)
	for field := ledger.FieldSNILS; field <= ledger.FieldEmail; field++ {
		results = append(results, ledger.FieldResult{Field: field, Comparison: c.fields[field]})
	}
	return results
}

func (c *comparison) identifiers() {
	c.fields[ledger.FieldSNILS] = exact(c.claim.SNILS, c.held.SNILS)
	c.fields[ledger.FieldBirthDate] = exact(c.claim.BirthDate, c.held.BirthDate)
	c.fields[ledger.FieldSex] = exact(c.claim.Sex, c.held.Sex)
	c.fields[ledger.FieldINN] = exact(c.claim.INN, c.held.INN)
	c.fields[ledger.FieldMobilePhone] = exact(c.claim.MobilePhone, c.held.MobilePhone)
}

// exact compares values of one machine word, in a time that does not depend on them.
func exact[T comparable](a, b T) ledger.Comparison {
	var absent T
	return weigh(a != absent, b != absent, a == b)
}

// weigh says how two values compare of which the presence and the equality are known.
func weigh(hasA, hasB, equal bool) ledger.Comparison {
	switch {
	case !hasA && !hasB:
		return ledger.NotCompared
	case !hasA || !hasB:
		return ledger.Missing
	case equal:
		return ledger.Exact
	default:
		return ledger.Different
	}
}

func (c *comparison) contacts() {
	a, b := c.claim.Email, c.held.Email
	c.fields[ledger.FieldEmail] = weigh(!a.IsZero(), !b.IsZero(), a.Equal(b))
	if c.fields[ledger.FieldEmail] == ledger.Different && a.WithoutTag() == b.WithoutTag() {
		c.fields[ledger.FieldEmail] = ledger.Close
	}
}

// document compares the passport with the one on file and with those it replaced, and what stands beside the number with
// the passport that was found.
func (c *comparison) document() {
	a, on := c.claim.Passport, c.held.Passport
	c.fields[ledger.FieldPassport] = weigh(!a.IsZero(), !on.IsZero(), sameNumber(a, on))
	for _, replaced := range c.held.Previous {
		if sameNumber(a, replaced) && c.previous.IsZero() {
			c.previous = replaced
		}
	}
	if c.fields[ledger.FieldPassport] != ledger.Exact && !a.IsZero() && !c.previous.IsZero() {
		c.fields[ledger.FieldPassport] = ledger.Previous
		on = c.previous
	}
	c.fields[ledger.FieldIssueDate] = exact(a.IssueDate(), on.IssueDate())
	code, codeOn := a.DepartmentCode(), on.DepartmentCode()
	c.fields[ledger.FieldDepartmentCode] = weigh(code != "", codeOn != "", code == codeOn)
}

// sameNumber compares series and number in a time that depends on their lengths alone.
func sameNumber(a, b person.Passport) bool {
	return sameText(a.Series(), b.Series())&sameText(a.Number(), b.Number()) == 1
}

func sameText(a, b string) int { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) }
