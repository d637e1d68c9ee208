package order

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// mostOrders is how many orders may be made about one account within ledger.OrderMemory.
const mostOrders = 10

// createPurpose names digests of requests for an order.
const createPurpose = "order"

// Create says which bank to ask about which account.
type Create struct {
	Account   ledger.AccountID
	Bank      partners.ID
	RequestID string // a UUID, the idempotency key
	Serial    string // serial number of the portal's client certificate, hexadecimal
}

// Create makes an order, or gives the one that the request made before as it is now. Errors are faults: PARTNER_NOT_FOUND and
// PARTNER_INACTIVE of the bank, ACCOUNT_NOT_FOUND, ORDER_NOT_POSSIBLE when the account's level is not STANDARD, ORDER_OPEN while
// another order about the account is open and RATE_LIMIT after too many, both with an exact RetryAfter, REQUEST_ID_REUSED,
// FIELD_FORMAT, and those of the ledger, after which repeating with the same id is safe.
func (s *Service) Create(ctx context.Context, c Create) (Order, error) {
	if id, err := uuid.Parse(c.RequestID); err != nil || id.String() != strings.ToLower(c.RequestID) {
		return Order{}, fault.InvalidFields(fault.Violation{Field: "requestId", Reason: fault.FieldFormat, Text: "must be a UUID"})
	}
	q := s.asked(c)
	keys := ledger.Keys{Entries: q.entries, Accounts: []ledger.AccountID{c.Account}, Attempts: []ledger.AttemptKey{q.counter}}
	made, err := group.Do(ctx, s.cfg.Committer, lane, keys, q.decide)
	if err != nil {
		return Order{}, refusal.Ledger(err)
	}
	r, err := recordOf(made.entry)
	if err != nil {
		return Order{}, err
	}
	if made.isNew {
		return timed(s.orderOf(r), q.now, false), nil
	}
	return s.state(ctx, r)
}

// asked is a Create on its way. It does not change.
type asked struct {
	Create
	ring    *seal.Ring
	now     time.Time
	refused error // why the bank cannot be asked
	form    []byte
	digest  [32]byte
	id      ledger.OrderID   // of a new order
	entries []ledger.EntryID // under which it may be stored; a new one gets the first
	counter ledger.AttemptKey
}

func (s *Service) asked(c Create) *asked {
	form := append(append([]byte{1}, c.Account[:]...), c.Bank...) // version
	q := &asked{
		Create: c, ring: s.cfg.Ring, now: s.now(), refused: s.callable(c.Bank), form: form,
		digest: s.cfg.Ring.Digest(createPurpose, form), counter: s.cfg.Ring.OrderCounter(c.Account),
	}
	ids := s.cfg.Ring.OrderIDs(c.RequestID, ledger.PartnerID(c.Bank))
	for _, id := range ids {
		q.entries = append(q.entries, s.cfg.Ring.OrderEntryID(id))
	}
	q.id = ids[0]
	return q
}

// callable tells why a bank cannot be asked; nil when it can.
func (s *Service) callable(id partners.ID) error {
	if _, known := s.cfg.Directory.Find(id); !known {
		return fault.New(fault.NotFound, fault.PartnerNotFound)
	}
	_, err := s.cfg.Banks.Check(id)
	return err
}

// made is what came of a Create.
type made struct {
	entry ledger.Entry
	isNew bool
}

func (q *asked) decide(v *ledger.View) (made, error) {
	for _, id := range q.entries {
		if e, ok := v.Entry(id); ok {
			if !q.ring.SameDigest(e.Digest, createPurpose, q.form) {
				return made{}, fault.New(fault.Precondition, fault.RequestIDReused)
			}
			return made{entry: e}, nil
		}
	}
	if q.refused != nil {
		return made{}, q.refused
	}
	counter := v.Attempts(q.counter).Recent(q.now)
	if err := q.possible(v, counter); err != nil {
		return made{}, err
	}
	order := ledger.Order{ID: q.id, Bank: ledger.PartnerID(q.Bank), Until: q.now.Add(Life)}
	e := ledger.Entry{
		ID: q.entries[0], Kind: ledger.KindOrder, Partner: ledger.PortalID, Digest: q.digest, Account: q.Account,
		Style: nativeStyle, Serial: q.Serial, DecidedAt: q.now, Encoding: ledger.EncodingVersion, Detail: order.Detail(),
	}
	v.AddEntry(e)
	if !magic.ReservedAccount(q.Account) { // the sandbox counts nothing
		counter.Orders = append(counter.Orders, q.now.Truncate(time.Second))
	}
	v.SetAttempts(q.counter, ledger.Attempts{
		Orders: counter.Orders, Open: ledger.OpenOrder{ID: order.ID, Until: order.Until},
	})
	return made{e, true}, nil
}

// possible refuses an order that cannot be made now.
func (q *asked) possible(v *ledger.View, counter ledger.Attempts) error {
	account, ok := v.Account(q.Account)
	switch {
	case !ok || account.Level == ledger.LevelErased:
		return fault.New(fault.NotFound, fault.AccountNotFound)
	case account.LevelAt(q.now) != ledger.LevelStandard:
		return fault.New(fault.Precondition, fault.OrderNotPossible)
	case !counter.Open.ID.IsZero():
		return fault.New(fault.AlreadyExists, fault.OrderOpen).After(counter.Open.Until.Sub(q.now))
	case len(counter.Orders) >= mostOrders:
		free := counter.Orders[len(counter.Orders)-mostOrders].Add(ledger.OrderMemory)
		return fault.New(fault.Exhausted, fault.RateLimit).After(free.Sub(q.now))
	default:
		return nil
	}
}
