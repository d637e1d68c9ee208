package confirm

import (
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// The conflict radar: two banks that claim different things of one person. What a bank claimed in vain is remembered with the counter
// over all partners, which every claim reads and every failed one writes, so that a good claim costs no write. What it claimed with
// success is the account itself. Banks are never told.

// mostVouches is how many banks' claims of one subject are remembered.
const mostVouches = 32

// conflicts finds what others claimed otherwise: earlier claims of this subject, and, when another bank has confirmed the account,
// what of it the claim does not match. fields is nil without an account.
func (q *question) conflicts(earlier []ledger.Vouch, confirmedBy ledger.PartnerID, fields []ledger.FieldResult) []ledger.Conflict {
	if q.request.DryRun {
		return nil // vouches for nothing
	}
	var found []ledger.Conflict
	add := func(other ledger.PartnerID, groups []ledger.FieldGroup) {
		if len(groups) == 0 || other == q.caller.id() {
			return
		}
		if i := slices.IndexFunc(found, func(c ledger.Conflict) bool { return c.With == other }); i >= 0 {
			found[i].Groups = append(found[i].Groups, groups...)
			return
		}
		found = append(found, ledger.Conflict{With: other, Groups: groups})
	}
	for _, v := range earlier {
		add(v.Partner, q.vouched.Differing(v.Groups))
	}
	if confirmedBy != "" && confirmedBy != ledger.PortalID {
		add(confirmedBy, differing(fields))
	}
	return found
}

// vouchedFields are the fields of which the radar knows, as seal.Ring.Vouched does.
var vouchedFields = map[ledger.Field]ledger.FieldGroup{
	ledger.FieldFamilyName: ledger.GroupName, ledger.FieldGivenName: ledger.GroupName, ledger.FieldMiddleName: ledger.GroupName,
	ledger.FieldBirthDate: ledger.GroupBirth, ledger.FieldSex: ledger.GroupBirth, ledger.FieldPassport: ledger.GroupDocument,
	ledger.FieldINN: ledger.GroupINN, ledger.FieldMobilePhone: ledger.GroupContact,
}

// differing lists the groups in which a claim differs from the account. A replaced passport is none: both were the person's.
func differing(fields []ledger.FieldResult) []ledger.FieldGroup {
	var groups []ledger.FieldGroup
	for _, f := range fields {
		group, known := vouchedFields[f.Field]
		if differs := f.Comparison == ledger.Different || f.Comparison == ledger.Close; known && differs && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// vouch gives earlier claims with this one in the place of the bank's own before it.
func (q *question) vouch(earlier []ledger.Vouch) []ledger.Vouch {
	if q.request.DryRun {
		return earlier
	}
	vouches := append(q.withoutOwn(earlier), ledger.Vouch{
		Partner: q.caller.id(), At: q.now.Truncate(time.Second), Groups: q.vouched,
	})
	return vouches[max(0, len(vouches)-mostVouches):]
}

// withoutOwn leaves the bank's own claim out: it has claimed something else now.
func (q *question) withoutOwn(earlier []ledger.Vouch) []ledger.Vouch {
	return slices.DeleteFunc(slices.Clone(earlier), func(v ledger.Vouch) bool { return v.Partner == q.caller.id() })
}
