package main

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/partners/sandbox/people"
	"github.com/poruka/poruka/partners/sandbox/scenario"
)

// errand is one customer of a bank, and the way in which the bank's claim is true or wrong.
type errand struct {
	kind    scenario.Kind
	account people.Account
	raised  bool // another bank has confirmed the account since it was invented
}

// due is what a claim must be told.
type due struct {
	outcome string
	reasons []string
}

// claim makes the request of an errand that begins now, without its id.
func (e errand) claim(now time.Time) (*porukav1.ConfirmIdentityRequest, due, error) {
	made, ok := scenario.Config{Now: now}.Make(e.kind, e.account)
	if !ok {
		return nil, due{}, fmt.Errorf("nobody can claim with %s about this account", e.kind)
	}
	d := due{made.Outcome, made.Reasons}
	if e.raised && d.outcome == porukav1.Confirmation_CONFIRMED.String() {
		d.outcome = porukav1.Confirmation_ALREADY_CONFIRMED.String()
	}
	c := made.Claim
	return &porukav1.ConfirmIdentityRequest{
		Person:      accountimport.PersonOf(&c.Person),
		BankAccount: &porukav1.BankAccount{Active: c.AccountActive, PhoneBound: c.PhoneBound},
		Authentication: &porukav1.Authentication{
			Method: porukav1.Authentication_Method(porukav1.Authentication_Method_value[c.Means]), Time: timestamppb.New(c.AuthenticatedAt),
		},
		Consent: &porukav1.Consent{Given: c.ConsentGiven, Time: timestamppb.New(c.ConsentAt)},
		DryRun:  c.DryRun,
	}, d, nil
}

// part is what one bank does. No two errands are about one account.
type part struct {
	each     []errand // one of every kind for either door
	lost     errand   // its answer is lost
	other    errand   // its data are sent under the id of lost
	cautious errand   // tried, confirmed, taken back
	bulk     []errand // sent over one stream
	ordered  ordered  // about whom the portal asks
}

// size is how many answers a part will get, that about a neighbour's customer included.
func (p *part) size() int { return len(p.each) + 3 + 3 + len(p.bulk) + 4 + 1 }

// errands are all errands but other, which is refused.
func (p *part) errands() []errand {
	return slices.Concat(p.each, []errand{p.lost, p.cautious}, p.bulk, p.ordered.errands())
}

// casting deals the accounts of one bank out: those of the population whose number divided by banks leaves bank.
type casting struct {
	population *people.Population
	now        time.Time
	rest       []uint64 // numbers of accounts that have no errand yet
}

func newCasting(population *people.Population, bank, banks, accounts int, now time.Time) *casting {
	c := &casting{population: population, now: now}
	for i := bank; i < accounts; i += banks {
		c.rest = append(c.rest, uint64(i)) //nolint:gosec // a number of accounts
	}
	return c
}

// take finds an account for which a claim of a kind comes to outcome; empty: to whatever it comes to.
func (c *casting) take(kind scenario.Kind, level, outcome string) (errand, error) {
	for i, number := range c.rest {
		account := c.population.Account(number)
		made, ok := scenario.Config{Now: c.now}.Make(kind, account)
		if ok && (level == "" || account.Level == level) && (outcome == "" || made.Outcome == outcome) {
			c.rest = slices.Delete(c.rest, i, i+1)
			return errand{kind: kind, account: account}, nil
		}
	}
	return errand{}, fmt.Errorf("the population has nobody left for %q; invent more accounts", kind)
}

// cast makes the part of a bank with so many customers in bulk, fewer when there are not so many left.
func (c *casting) cast(customers int) (p part, err error) {
	confirmed, already := porukav1.Confirmation_CONFIRMED.String(), porukav1.Confirmation_ALREADY_CONFIRMED.String()
	for _, wanted := range []struct {
		into    *errand
		outcome string
	}{
		{&p.lost, confirmed},
		{&p.other, confirmed},
		{&p.cautious, confirmed},
		{&p.ordered.pulled, confirmed},
		{&p.ordered.called, confirmed},
		{&p.ordered.down, confirmed},
	} {
		if *wanted.into, err = c.take(scenario.Truth, "", wanted.outcome); err != nil {
			return p, err
		}
	}
	for range ways {
		for _, kind := range scenario.Kinds() {
			e, err := c.take(kind, porukav1.Account_STANDARD.String(), "")
			if err != nil {
				return p, err
			}
			p.each = append(p.each, e)
		}
		e, err := c.take(scenario.Truth, "", already)
		if err != nil {
			return p, err
		}
		p.each = append(p.each, e)
	}
	p.bulk = c.customers(customers)
	return p, nil
}

// customers are people as they come: two in three tell the truth, the others err in one of all ways.
func (c *casting) customers(n int) (errands []errand) {
	kinds := scenario.Kinds()
	for i, number := range c.rest {
		if len(errands) == n {
			break
		}
		e := errand{kind: scenario.Truth, account: c.population.Account(number)}
		if i%3 == 2 {
			e.kind = kinds[i/3%len(kinds)]
		}
		if _, ok := (scenario.Config{Now: c.now}).Make(e.kind, e.account); ok {
			errands = append(errands, e)
		}
	}
	return errands
}
