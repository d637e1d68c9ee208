package portal

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
)

// nativeStyle is the style of the portal's entries: it speaks our own API.
const nativeStyle = "native"

// Record is a confirmation by one of the portal's own methods.
type Record struct {
	Account   ledger.AccountID
	RequestID string        // a UUID, the idempotency key
	Method    ledger.Method // not MethodBank
	Serial    string        // serial number of the portal's client certificate, hexadecimal
}

// Recorded is the answer to a Record.
type Recorded struct {
	Entry    ledger.Entry
	Replayed bool // the request had been decided before
}

// recordPurpose names digests of records.
const recordPurpose = "portal record"

// RecordConfirmation raises an account from STANDARD on the portal's word and records it. One request id has one outcome:
// CONFIRMED, ALREADY_CONFIRMED or NOT_ELIGIBLE. Errors are faults: ACCOUNT_NOT_FOUND, REQUEST_ID_REUSED, FIELD_FORMAT, and
// those of the ledger, after which repeating with the same id is safe.
func (s *Service) RecordConfirmation(ctx context.Context, r Record) (Recorded, error) {
	if err := r.check(); err != nil {
		return Recorded{}, err
	}
	form := append(append([]byte{1}, r.Account[:]...), byte(r.Method)) // version
	q := recording{
		Record: r, now: s.now(), ring: s.cfg.Ring, form: form, digest: s.cfg.Ring.Digest(recordPurpose, form),
		ids: s.cfg.Ring.EntryIDs(ledger.PortalID, r.RequestID),
	}
	keys := ledger.Keys{Entries: q.ids, Accounts: []ledger.AccountID{r.Account}}
	recorded, err := group.Do(ctx, s.cfg.Committer, lane, keys, q.decide)
	if err != nil {
		return Recorded{}, refusal.Ledger(err)
	}
	return recorded, nil
}

func (r Record) check() error {
	if id, err := uuid.Parse(r.RequestID); err != nil || id.String() != strings.ToLower(r.RequestID) {
		return fault.InvalidFields(flaw("requestId", "must be a UUID"))
	}
	if wrong := reservedID(r.Account); wrong != nil {
		return fault.InvalidFields(wrong...)
	}
	switch r.Method {
	case ledger.MethodServiceCentre, ledger.MethodPostalCode, ledger.MethodESignature:
		return nil
	default:
		return fault.InvalidFields(flaw("method", "must be SERVICE_CENTRE, POSTAL_CODE or E_SIGNATURE"))
	}
}

// recording is a Record on its way. It does not change.
type recording struct {
	Record
	now    time.Time
	ring   *seal.Ring
	form   []byte
	digest [32]byte
	ids    []ledger.EntryID // under which it may be stored; a new entry gets the first
}

func (q recording) decide(v *ledger.View) (Recorded, error) {
	for _, id := range q.ids {
		if e, ok := v.Entry(id); ok {
			if !q.ring.SameDigest(e.Digest, recordPurpose, q.form) {
				return Recorded{}, fault.New(fault.Precondition, fault.RequestIDReused)
			}
			return Recorded{Entry: e, Replayed: true}, nil
		}
	}
	account, ok := v.Account(q.Account)
	if !ok {
		return Recorded{}, fault.New(fault.NotFound, fault.AccountNotFound)
	}
	level := account.LevelAt(q.now)
	e := ledger.Entry{
		ID: q.ids[0], Kind: ledger.KindPortalRecord, Partner: ledger.PortalID, Digest: q.digest, Account: account.ID,
		Before: level, After: level, Style: nativeStyle, Serial: q.Serial, DecidedAt: q.now, Encoding: ledger.EncodingVersion,
	}
	switch level {
	case ledger.LevelStandard:
		e.Outcome, e.After, e.Method = ledger.OutcomeConfirmed, ledger.LevelConfirmed, q.Method
		v.PutAccount(q.raised(account))
	case ledger.LevelConfirmed:
		e.Outcome, e.Method = ledger.OutcomeAlreadyConfirmed, account.Method
	default:
		e.Outcome, e.Reasons = ledger.OutcomeNotEligible, []ledger.Reason{notEligible(level)}
	}
	v.AddEntry(e)
	return Recorded{Entry: e}, nil
}

func notEligible(level ledger.Level) ledger.Reason {
	switch level {
	case ledger.LevelLocked:
		return ledger.ReasonAccountLocked
	case ledger.LevelStandardVerifying:
		return ledger.ReasonCheckInProgress
	default:
		return ledger.ReasonLevelTooLow
	}
}

func (q recording) raised(a ledger.Account) ledger.Account {
	a.Level, a.Method = ledger.LevelConfirmed, q.Method
	a.ConfirmedBy, a.ConfirmedAt, a.Confirmation = ledger.PortalID, q.now, q.ids[0]
	a.Version++
	a.UpdatedAt = q.now
	return a
}
