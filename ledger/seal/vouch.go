package seal

import (
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// Vouched gives the digests of a claim about the subject with that blind index, by which it can be seen that two banks claim
// different things of one person. They are of what every bank must tell and what stays the same from bank to bank: of a document
// citizenship, series and number, of the contacts the mobile phone. They rest on the index key, which is never rotated, and on
// the subject, so that digests of two subjects cannot be compared.
func (r *Ring) Vouched(subject ledger.Index, p person.Person) ledger.Vouched {
	var v ledger.Vouched
	if !p.FamilyName.IsZero() {
		r.vouch(&v, subject, ledger.GroupName, p.FamilyName.Canonical(), p.GivenName.Canonical(), p.MiddleName.Canonical())
	}
	if !p.BirthDate.IsZero() {
		r.vouch(&v, subject, ledger.GroupBirth, p.BirthDate.ISO(), p.Sex.Code())
	}
	if !p.Passport.IsZero() {
		r.vouch(&v, subject, ledger.GroupDocument, p.Citizenship.Code(), p.Passport.Series(), p.Passport.Number())
	}
	if !p.INN.IsZero() {
		r.vouch(&v, subject, ledger.GroupINN, p.INN.Digits())
	}
	if !p.MobilePhone.IsZero() {
		r.vouch(&v, subject, ledger.GroupContact, p.MobilePhone.E164())
	}
	return v
}

func (r *Ring) vouch(v *ledger.Vouched, subject ledger.Index, group ledger.FieldGroup, fields ...string) {
	w := r.index.begin()
	w.message = append(append(w.message, vouchLabel...), subject[:]...)
	w.message = appendFields(append(w.message, byte(group)), fields...)
	sum := w.end(nil)
	copy(v[group-1][:], sum[:])
}
