package scenario

import (
	"slices"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// Claim is what a bank says of its customer.
type Claim struct {
	Person          person.Raw
	AccountActive   bool
	PhoneBound      bool
	Means           string // of authentication: SMS_CODE, APP or BRANCH
	AuthenticatedAt time.Time
	ConsentGiven    bool
	ConsentAt       time.Time
	DryRun          bool
}

// Scenario is a claim and what must come of it.
type Scenario struct {
	Kind    Kind
	Claim   Claim
	Outcome string   // name of the outcome
	Reasons []string // names of the reasons, the weightiest first; none with CONFIRMED and ALREADY_CONFIRMED
}

// Config is what every scenario depends on.
type Config struct {
	Now    time.Time // when the claim is sent
	Minors bool      // the policy admits persons of 14 to 17
}

// Make makes the scenario of a kind about an account. It gives false when the account does not allow it: nobody can mistype
// a patronymic that is not there. Nothing can be claimed of accounts that lack what every claim must hold.
func (c Config) Make(kind Kind, account people.Account) (Scenario, bool) {
	change, known := changes[kind]
	claim, claimable := c.truth(account)
	if !known || !claimable {
		return Scenario{}, false
	}
	d := draft{config: c, account: account, claim: claim}
	if !change(&d) {
		return Scenario{}, false
	}
	s := Scenario{Kind: kind, Claim: d.claim}
	s.Outcome, s.Reasons = d.expect()
	return s, s.Outcome != ""
}

// All makes the scenarios of every kind that the account allows, in the order of Kinds.
func (c Config) All(account people.Account) []Scenario {
	var all []Scenario
	for _, kind := range Kinds() {
		if s, ok := c.Make(kind, account); ok {
			all = append(all, s)
		}
	}
	return all
}

func (c Config) today() person.Date { return person.DateOf(c.Now.In(partners.Moscow())) }

// truth is what an honest bank says of the owner of an account.
func (c Config) truth(account people.Account) (Claim, bool) {
	claim := Claim{
		Person: account.Person, AccountActive: true, PhoneBound: true,
		Means: "SMS_CODE", AuthenticatedAt: c.Now.Add(-20 * time.Second),
		ConsentGiven: true, ConsentAt: c.Now.Add(-40 * time.Second),
	}
	paper := &claim.Person.Passport
	if paper.Number == "" && claim.Person.BirthDate != "" { // a child has none; a bank that errs holds something for one
		*paper = person.RawPassport{
			Series: "4525", Number: "000001", IssueDate: c.today().AddDays(-30).ISO(), DepartmentCode: "770-001", Issuer: "ГУ МВД РОССИИ ПО Г. МОСКВЕ",
		}
	}
	_, _, err := person.Parse(claim.Person, person.RequiredOfBank(), c.today())
	return claim, err == nil
}

// effect is what a change does to the comparison with the account.
type effect string

const (
	nothing         effect = ""
	stranger        effect = "NO_MATCHING_ACCOUNT"
	nameClose       effect = "NAME_CLOSE"
	nameDiffers     effect = "NAME_DIFFERS"
	documentClose   effect = "DOCUMENT_CLOSE"
	documentDiffers effect = "DOCUMENT_DIFFERS"
	previous        effect = "PREVIOUS_PASSPORT"
	innDiffers      effect = "INN_DIFFERS"
	phoneDiffers    effect = "PHONE_NOT_BOUND"
)

// draft is a scenario in the making.
type draft struct {
	config  Config
	account people.Account
	claim   Claim
	effect  effect
}

// Names of outcomes.
const (
	confirmed        = "CONFIRMED"
	alreadyConfirmed = "ALREADY_CONFIRMED"
	closeMatch       = "CLOSE_MATCH"
	notMatched       = "NOT_MATCHED"
	notEligible      = "NOT_ELIGIBLE"
)

// expect follows the order of a decision: the request, the person, the comparison, the account. It gives nothing when the
// claim is malformed.
func (d *draft) expect() (outcome string, reasons []string) {
	claimed, _, err := person.Parse(d.claim.Person, person.RequiredOfBank(), d.config.today())
	if err != nil {
		return "", nil
	}
	if reasons := slices.Concat(d.request(), d.person(claimed)); len(reasons) > 0 {
		return notEligible, reasons
	}
	if d.account.Person.Passport.Number == "" {
		return notMatched, []string{string(stranger)}
	}
	switch d.effect {
	case nameClose, documentClose, previous:
		return closeMatch, []string{string(d.effect)}
	case stranger, nameDiffers, documentDiffers, innDiffers:
		return notMatched, []string{string(d.effect)}
	default:
		return d.standing()
	}
}

// request is what stands against the request itself.
func (d *draft) request() (reasons []string) {
	for _, fact := range [...]struct {
		good   bool
		reason string
	}{
		{d.claim.ConsentGiven, "CONSENT_MISSING"},
		{d.claim.AccountActive, "BANK_ACCOUNT_INACTIVE"},
		{d.claim.PhoneBound, "PHONE_NOT_BOUND"},
		{d.config.Now.Sub(d.claim.AuthenticatedAt) < 300*time.Second, "AUTHENTICATION_STALE"},
	} {
		if !fact.good {
			reasons = append(reasons, fact.reason)
		}
	}
	return reasons
}

// person is what stands against the person, as claimed.
func (d *draft) person(claimed person.Person) (reasons []string) {
	age := claimed.BirthDate.AgeOn(d.config.today())
	if age < 14 {
		return []string{"MINOR_UNDER_14"}
	}
	if age < 18 && !d.config.Minors {
		reasons = append(reasons, "MINOR_POLICY")
	}
	if !claimed.Citizenship.IsRussian() {
		return reasons
	}
	switch validity, _ := claimed.Passport.Validity(claimed.BirthDate, d.config.today()); validity {
	case person.IssuedBefore14:
		reasons = append(reasons, "ISSUED_BEFORE_14")
	case person.Expired:
		reasons = append(reasons, "PASSPORT_EXPIRED")
	default:
	}
	return reasons
}

// standing is what the account allows when everything matches but perhaps the phone.
func (d *draft) standing() (outcome string, reasons []string) {
	a := &d.account
	switch {
	case d.effect == phoneDiffers || !a.PhoneVerified:
		return notEligible, []string{string(phoneDiffers)}
	case a.Level == "LOCKED":
		return notEligible, []string{"ACCOUNT_LOCKED"}
	case a.Level == "CONFIRMED":
		return alreadyConfirmed, nil
	case a.Level == "STANDARD":
		return confirmed, nil
	case a.Level == "STANDARD_VERIFYING" && d.config.Now.Sub(a.RegistryTime) <= 5*24*time.Hour:
		return notEligible, []string{"CHECK_IN_PROGRESS"}
	default:
		return notEligible, []string{"LEVEL_TOO_LOW"}
	}
}
