package people

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/person"
)

// Config is what a population is made from.
type Config struct {
	Seed  uint64
	Today person.Date // from 2026-01-01 on
}

// Population is an invented population. It holds no account: it is safe for concurrent use and costs nothing to keep.
type Population struct {
	seed     uint64
	today    person.Date
	midnight time.Time // the beginning of today in Moscow

	regionWeights, countryWeights []int
}

// Account is one account of the portal. Its fields are those of accountfile.Row, in the same order, so that one converts
// to the other.
type Account struct {
	AccountID      string // UUID
	Level          string // name of the level
	Method         string // how it was confirmed; with CONFIRMED only
	Person         person.Raw
	PhoneVerified  bool
	EmailVerified  bool
	Previous       []person.RawPassport // replaced passports, newest first: series and number alone
	RegistryStatus string               // VERIFIED, PENDING, FAILED or NONE
	RegistryTime   time.Time            // when the registries said so, or were asked; zero with NONE
}

// New makes a population.
func New(config Config) (*Population, error) {
	if config.Today.Before(date(2026, 1, 1)) {
		return nil, errors.New("people: the day must not be before 2026-01-01: until then people were still being born")
	}
	year, month, day := config.Today.Split()
	moscow := time.FixedZone("MSK", 3*60*60)
	return &Population{
		seed: config.Seed, today: config.Today, midnight: time.Date(year, month, day, 0, 0, 0, 0, moscow).UTC(),
		regionWeights:  weightsOf(regions, func(r region) int { return r.weight }),
		countryWeights: weightsOf(countries, func(c country) int { return c.share }),
	}, nil
}

// Range yields the accounts from index from up to, but without, index to.
func (p *Population) Range(from, to uint64) iter.Seq2[uint64, Account] {
	return func(yield func(uint64, Account) bool) {
		for i := from; i < to; i++ {
			if !yield(i, p.Account(i)) {
				return
			}
		}
	}
}

// kind is what makes an account interesting.
type kind int

const (
	adult kind = iota
	child
	minor
	foreigner
	neglectful // has not replaced the passport
)

// kinds are the shares in thousandths.
var kinds = []int{adult: 885, child: 15, minor: 40, foreigner: 40, neglectful: 20}

// Account makes the account of an index, which must be below MaxCount.
func (p *Population) Account(index uint64) Account {
	if index >= MaxCount {
		panic(fmt.Sprintf("people: index %d is beyond the %d persons of a population", index, uint64(MaxCount)))
	}
	d := newDice(p.seed, index)
	k := kind(d.weighted(kinds))
	female := d.chance(535)
	birth := birthDate(&d, k)
	a := Account{AccountID: p.accountID(index)}
	a.Person = person.Raw{BirthDate: birth.ISO(), Sex: [2]string{"MALE", "FEMALE"}[sexOf(female)], Citizenship: "RUS", SNILS: p.snils(index)}

	papers, history := true, d.fork()
	if k == foreigner {
		from := &countries[d.weighted(p.countryWeights)]
		from.name(&d, &a.Person, female)
		a.Person.Passport = from.paper(&history, birth, p.today)
	} else {
		name(&d, &a.Person, female)
		a.Person.Passport, a.Previous, papers = p.passports(&history, birth, k == neglectful)
	}
	if d.chance(850) {
		a.Person.INN = p.inn(index)
	}
	p.reach(&d, &a, index)
	p.establish(&d, &a, papers)
	return a
}

// birthDate is before 2026.
func birthDate(d *dice, k kind) person.Date {
	end := date(2025, 12, 31)
	var ago int
	switch k {
	case child:
		ago = d.between(2*365, 12*365)
	case minor:
		ago = d.between(15*365, 17*365+180)
	case neglectful: // turned 20 or 45 in the last two years
		ago = [2]int{20, 45}[d.roll(2)]*366 + d.between(120, 700)
	default:
		ago = d.between(18*366, 48*365)
		if d.chance(450) {
			ago += d.roll(50 * 365)
		}
	}
	return end.AddDays(-ago)
}

// name gives a Russian name.
func name(d *dice, raw *person.Raw, female bool) {
	family := common(d, names.families)
	switch at := d.roll(1000); {
	case at < 15:
		family += "-" + common(d, names.families)
	case at < 18:
		family = pick(d, names.rare)
	}
	raw.FamilyName, raw.GivenName = family, common(d, names.sons)
	if female {
		raw.FamilyName, raw.GivenName = feminine(family), common(d, names.daughters)
	}
	if !d.chance(10) {
		raw.MiddleName = patronymic(common(d, names.fathers), female)
	}
}

// name gives a name of the country.
func (c *country) name(d *dice, raw *person.Raw, female bool) {
	raw.Citizenship = c.code
	raw.FamilyName, raw.GivenName = pick(d, c.families), pick(d, c.sons)
	if female {
		raw.FamilyName, raw.GivenName = feminine(raw.FamilyName), pick(d, c.daughters)
	}
	raw.MiddleName = c.middleName(d, female)
}

// reach gives phone and e-mail address, of the domains that nobody has (RFC 2606).
func (p *Population) reach(d *dice, a *Account, index uint64) {
	a.Person.MobilePhone = p.phone(index)
	a.PhoneVerified = d.chance(950)
	if d.chance(750) {
		name := latin.Replace(strings.ToLower(a.Person.GivenName + "." + a.Person.FamilyName))
		a.Person.Email = fmt.Sprintf("%s.%d@%s", name, index, pick(d, []string{"example.org", "example.com", "example.net"}))
		a.EmailVerified = d.chance(850)
	}
}
