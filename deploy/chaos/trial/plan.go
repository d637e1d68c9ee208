package trial

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/deploy/chaos/model"
)

// bankNames are those of the roster for development, in the order of the model's numbers.
var bankNames = []string{"sberbank", "vtb", "tinkoff"}

const portalName = "portal"

func nameOf(caller uint8) string {
	if caller == model.Portal {
		return portalName
	}
	return bankNames[caller]
}

// Bounds of a plan.
const (
	leastAccounts, mostAccounts = 2, model.MaxAccounts
	leastClients, mostClients   = 6, 10
	leastCalls, mostCalls       = 60, 120
)

// plan is everything that a seed decides.
type plan struct {
	accounts int
	banks    uint8
	requests []request
	clients  []client
}

// request is a request id.
type request struct {
	id    string
	owner uint8
	first model.Call // the call that it was made for; others may reuse it
}

// client is one caller's connection, and what it does one after the other.
type client struct {
	caller uint8
	steps  []step
}

// step is one call.
type step struct {
	call     model.Call
	gateway  int           // that is asked first
	pause    time.Duration // before it
	patience time.Duration // with an answer
	tries    int
	gives    bool // up when it is told that nothing was stored
}

// drawer makes a plan out of chance.
type drawer struct {
	*rand.Rand
	plan  plan
	false int // claims of a hundred that are false
}

func draw(seed uint64) plan {
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, 1))}
	if d.false = 12; d.oneIn(4) { // a trial of guesses, which use up the budget of failures
		d.false = 60
	}
	d.plan.accounts = d.between(leastAccounts, mostAccounts)
	d.plan.banks = uint8(d.between(2, len(bankNames)))
	clients := d.between(leastClients, mostClients)
	portals := d.between(1, 2)
	for i := range clients {
		caller := uint8(model.Portal)
		if i >= portals {
			caller = uint8(i) % d.plan.banks
		}
		d.plan.clients = append(d.plan.clients, client{caller: caller})
	}
	for n := range d.between(leastCalls, mostCalls) {
		c := &d.plan.clients[n%clients]
		c.steps = append(c.steps, d.step(c.caller))
	}
	return d.plan
}

func (d *drawer) between(low, high int) int { return low + d.IntN(high-low+1) }

func (d *drawer) oneIn(n int) bool { return d.IntN(n) == 0 }

func (d *drawer) step(caller uint8) step {
	s := step{
		gateway: d.IntN(2), pause: time.Duration(d.IntN(3000)) * time.Microsecond,
		patience: time.Duration(d.between(100, 900)) * time.Millisecond, tries: d.between(1, 3), gives: d.oneIn(3),
	}
	if caller == model.Portal {
		s.call = d.portalCall()
	} else {
		s.call = d.bankCall(caller)
	}
	return s
}

// weigh chooses by weight; the weights are out of 100.
func (d *drawer) weigh(weights ...int) int {
	n := d.IntN(100)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights)
}

func (d *drawer) bankCall(bank uint8) model.Call {
	const fresh, reuse, find, withdraw, repeat = 0, 1, 2, 3, 4
	what := d.weigh(42, 7, 15, 12)
	known, ok := d.known(bank)
	switch {
	case !ok, what == fresh && len(d.plan.requests) < model.MaxRequests:
		return d.fresh(model.Call{Method: model.Confirm, Caller: bank, Account: d.account(), Claim: d.claim()})
	case what == reuse:
		return d.reuse(known.first)
	case what == find:
		return model.Call{Method: model.Find, Caller: bank, Request: known.first.Request}
	case what == withdraw:
		return model.Call{Method: model.Withdraw, Caller: bank, Request: known.first.Request}
	default:
		return known.first
	}
}

func (d *drawer) account() uint8 { return uint8(d.IntN(d.plan.accounts)) }

func (d *drawer) claim() model.Claim {
	return [...]model.Claim{model.Dry, model.False, model.NoConsent, model.True}[d.weigh(8, d.false, 5)]
}

// known chooses a request of an owner.
func (d *drawer) known(owner uint8) (request, bool) {
	var own []request
	for _, r := range d.plan.requests {
		if r.owner == owner {
			own = append(own, r)
		}
	}
	if len(own) == 0 {
		return request{}, false
	}
	return own[d.IntN(len(own))], true
}

// fresh gives a call a request id of its own.
func (d *drawer) fresh(c model.Call) model.Call {
	c.Request = uint8(len(d.plan.requests))
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], d.Uint64())
	binary.BigEndian.PutUint64(id[8:], d.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	d.plan.requests = append(d.plan.requests, request{id: id.String(), owner: c.Caller, first: c})
	return c
}

// reuse asks something else under the same id.
func (d *drawer) reuse(c model.Call) model.Call {
	switch {
	case d.oneIn(4):
		c.Account = (c.Account + 1) % uint8(d.plan.accounts)
	case c.Claim == model.Dry:
		c.Claim = model.True
	default:
		c.Claim = model.Dry
	}
	return c
}

func (d *drawer) portalCall() model.Call {
	const put, read, record, find, repeat = 0, 1, 2, 3, 4
	what := d.weigh(32, 36, 8, 14)
	known, ok := d.known(model.Portal)
	switch {
	case what == put:
		return d.put()
	case what == record && len(d.plan.requests) < model.MaxRequests:
		how := model.ByBank + uint8(d.between(1, 3))
		return d.fresh(model.Call{Method: model.Record, Caller: model.Portal, Account: d.account(), How: how})
	case what == find && len(d.plan.requests) > 0:
		r := d.plan.requests[d.IntN(len(d.plan.requests))]
		return model.Call{Method: model.Find, Caller: model.Portal, Request: r.first.Request}
	case what == repeat && ok:
		return known.first
	default:
		return model.Call{Method: model.Read, Caller: model.Portal, Account: d.account()}
	}
}

func (d *drawer) put() model.Call {
	c := model.Call{Method: model.Put, Caller: model.Portal, Account: d.account()}
	c.Want = model.Want{Data: uint8(d.IntN(3)), Phone: !d.oneIn(8), MayFall: !d.oneIn(4)}
	switch d.weigh(10, 35, 5) {
	case 0:
		c.Want.Level = model.Locked
	case 1:
		c.Want.Level = model.Standard
	case 2:
		c.Want.Level, c.How = model.Confirmed, model.ByBank+uint8(d.between(1, 3))
	default: // as it is
	}
	if d.oneIn(5) {
		c.Want.Version = int64(d.between(1, 4))
	}
	return c
}
