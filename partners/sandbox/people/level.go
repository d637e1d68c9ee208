package people

import (
	"time"

	"github.com/poruka/poruka/ledger/person"
)

// standing is how far the identity of an account's owner is established.
type standing int

const (
	standard standing = iota
	confirmed
	simplified
	verifying
	stalled // the registries have not answered for more than 5 days
	failed
	locked
)

// standings are the shares in thousandths among those who have papers.
var standings = []int{standard: 620, confirmed: 200, simplified: 90, verifying: 30, stalled: 20, failed: 25, locked: 15}

// methods of confirmation and their shares.
var (
	methods      = []string{"BANK", "SERVICE_CENTRE", "POSTAL_CODE", "E_SIGNATURE"}
	methodShares = []int{55, 30, 8, 7}
)

// establish gives level, method and what the registries said. Those without papers cannot be checked.
func (p *Population) establish(d *dice, a *Account, papers bool) {
	s := standing(d.weighted(standings))
	if !papers {
		s = simplified
	}
	switch s {
	case standard:
		p.asked(d, a, "STANDARD", "VERIFIED", 1, 2000)
	case confirmed:
		p.asked(d, a, "CONFIRMED", "VERIFIED", 1, 2000)
		a.Method = methods[d.weighted(methodShares)]
	case verifying:
		p.asked(d, a, "STANDARD_VERIFYING", "PENDING", 0, 2)
	case stalled:
		p.asked(d, a, "STANDARD_VERIFYING", "PENDING", 7, 60)
	case failed:
		p.asked(d, a, "VERIFY_FAILED", "FAILED", 1, 300)
	case locked:
		p.asked(d, a, "LOCKED", "VERIFIED", 1, 2000)
	default:
		a.Level, a.RegistryStatus = "SIMPLIFIED", "NONE"
		if papers && d.chance(400) {
			p.forget(d, a)
		}
	}
}

// asked says that the registries were asked, or answered, some days before today began.
func (p *Population) asked(d *dice, a *Account, level, status string, low, high int) {
	a.Level, a.RegistryStatus = level, status
	a.RegistryTime = p.midnight.Add(-time.Duration(d.between(low*86400, high*86400)) * time.Second)
}

// forget leaves what a portal knows of one who has just registered: a name, and a phone or an e-mail address.
func (p *Population) forget(d *dice, a *Account) {
	a.Person = person.Raw{
		FamilyName: a.Person.FamilyName, GivenName: a.Person.GivenName,
		MobilePhone: a.Person.MobilePhone, Email: a.Person.Email,
	}
	a.Previous = nil
	if a.Person.Email != "" && d.chance(500) {
		a.Person.MobilePhone, a.PhoneVerified = "", false
	}
}
