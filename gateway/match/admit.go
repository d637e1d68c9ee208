package match

import (
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// Ages in years. Source: who may have an account confirmed by a bank.
const (
	youngest = 14 // nobody younger, ever
	grownUp  = 18 // those younger only where the policy admits minors
)

// Admit says why a person with such a claim may not be confirmed on the given day, the weightiest reason first; nil when
// nothing is against it. It judges by the claim alone, so the answer tells nothing about any account. A birth date that is
// not known counts as too young.
func (p Policy) Admit(claim person.Person, on person.Date) []ledger.Reason {
	if claim.BirthDate.IsZero() || claim.BirthDate.AgeOn(on) < youngest {
		return []ledger.Reason{ledger.ReasonMinorUnder14}
	}
	validity := person.ValidityUnknown
	if claim.Citizenship.IsRussian() {
		validity, _ = claim.Passport.Validity(claim.BirthDate, on)
	}
	return reasons(
		when{!p.Minors && claim.BirthDate.AgeOn(on) < grownUp, ledger.ReasonMinorPolicy},
		when{validity == person.IssuedBefore14, ledger.ReasonIssuedBefore14},
		when{validity == person.Expired, ledger.ReasonPassportExpired})
}

// DocumentEnds gives the last day of the passport on file; ok is false when it has no end, or none that is known: a foreign
// document, or no birth date or issue date.
func DocumentEnds(held person.Profile) (last person.Date, ok bool) {
	if !held.Citizenship.IsRussian() {
		return person.Date{}, false
	}
	_, last = held.Passport.Validity(held.BirthDate, held.BirthDate)
	return last, !last.IsZero()
}

// DocumentExpired reports whether the passport on file is past its last day. It lowers no level; the portal shows it.
func DocumentExpired(held person.Profile, on person.Date) bool {
	last, ok := DocumentEnds(held)
	return ok && on.After(last)
}
