package portal

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
)

// Ground is why the data of an account are destroyed. The numbers are those of poruka.v1.
type Ground uint8

// Grounds.
const (
	PersonAsked Ground = iota + 1
	Ordered
	RetentionOver
)

var groundNames = [...]string{"", "PERSON_ASKED", "ORDERED", "RETENTION_OVER"}

// String gives the stable name, which the ledger keeps.
func (g Ground) String() string {
	if int(g) < len(groundNames) {
		return groundNames[g]
	}
	return ""
}

// ParseGround is the inverse of String for the non-empty names.
func ParseGround(name string) (Ground, bool) {
	for n, have := range groundNames {
		if have == name && name != "" {
			return Ground(n), true
		}
	}
	return 0, false
}

// Erase says whose data to destroy.
type Erase struct {
	Account   ledger.AccountID
	RequestID string // a UUID, the idempotency key
	Ground    Ground
	Serial    string // serial number of the portal's client certificate, hexadecimal; empty for a job without one
	// IdleSince, when set, refuses what was changed at or after this time: between finding an idle account and erasing it, somebody
	// may have come back.
	IdleSince time.Time
}

// Act is what was destroyed, when and on what ground.
type Act struct {
	Entry       ledger.Entry
	Ground      Ground
	WrappingKey string // id of the ring key that had wrapped the data key; empty when the account held none
	Kept        int64  // records of the account that stay, that of the erasure among them
	Replayed    bool   // it had been erased by this request before
}

// ErrNotIdle tells that the account was changed in the meantime.
var ErrNotIdle = errors.New("portal: the account is not idle any more")

// erasePurpose names digests of erasures.
const erasePurpose = "account erasure"

// moves is how often an account may get another SNILS while it is being erased.
const moves = 5

// Erase destroys the data of an account: its data key, and with it the profile, every copy of it and the salts of what banks
// committed to. SNILS, INN and phone are free again, and what the conflict radar knew of the SNILS is forgotten. The records stay.
// Errors are faults: ACCOUNT_NOT_FOUND, also when another request has erased it, REQUEST_ID_REUSED, FIELD_FORMAT, and those of the
// ledger, after which repeating with the same id is safe. ErrNotIdle is none.
func (s *Service) Erase(ctx context.Context, e Erase) (Act, error) {
	if err := e.check(); err != nil {
		return Act{}, err
	}
	form := append(append([]byte{1}, e.Account[:]...), byte(e.Ground)) // version
	q := erasing{
		Erase: e, now: s.now(), ring: s.cfg.Ring, form: form, digest: s.cfg.Ring.Digest(erasePurpose, form),
		ids: s.cfg.Ring.EntryIDs(ledger.PortalID, e.RequestID),
	}
	act, err := Act{}, errMoved
	for range moves {
		if act, err = s.erase(ctx, q); !errors.Is(err, errMoved) {
			break
		}
	}
	switch {
	case errors.Is(err, ErrNotIdle):
		return Act{}, err
	case errors.Is(err, errMoved):
		return Act{}, refusal.Ledger(ledger.ErrConflict)
	case err != nil:
		return Act{}, refusal.Ledger(err)
	}
	act.Kept, err = s.kept(ctx, act.Entry)
	return act, err
}

func (e Erase) check() error {
	if id, err := uuid.Parse(e.RequestID); err != nil || id.String() != strings.ToLower(e.RequestID) {
		return fault.InvalidFields(flaw("requestId", "must be a UUID"))
	}
	if wrong := reservedID(e.Account); wrong != nil {
		if !e.IdleSince.IsZero() {
			return ErrNotIdle // they are always needed
		}
		return fault.InvalidFields(wrong...)
	}
	if e.Ground.String() == "" {
		return fault.InvalidFields(flaw("ground", "must be PERSON_ASKED, ORDERED or RETENTION_OVER"))
	}
	return nil
}

// erase tries once. The counter of the account's SNILS must be named before the decision, so the account is read first.
func (s *Service) erase(ctx context.Context, q erasing) (Act, error) {
	held, err := s.cfg.Reader.Account(ctx, q.Account)
	if err != nil {
		return Act{}, accountFault(err)
	}
	q.subject = ledger.AttemptKey{Subject: held.SNILS}
	keys := ledger.Keys{Entries: q.ids, Accounts: []ledger.AccountID{q.Account}}
	if !held.SNILS.IsZero() {
		keys.Attempts = []ledger.AttemptKey{q.subject}
	}
	return group.Do(ctx, s.cfg.Committer, lane, keys, q.decide)
}

// kept counts the records of the account up to its erasure.
func (s *Service) kept(ctx context.Context, erasure ledger.Entry) (n int64, err error) {
	page := ledger.Page{Limit: mostPage}
	for {
		entries, next, err := s.cfg.Reader.EntriesOfAccount(ctx, erasure.Account, page)
		if err != nil {
			return 0, refusal.Ledger(err)
		}
		for _, e := range entries {
			if n > 0 || e.ID == erasure.ID {
				n++
			}
		}
		if page.After = next; next == "" {
			return n, nil
		}
	}
}

// errMoved: between reading and deciding the account got another SNILS.
var errMoved = errors.New("portal: the account was changed meanwhile")

// erasing is an Erase on its way. It does not change once the subject is known.
type erasing struct {
	Erase
	now     time.Time
	ring    *seal.Ring
	form    []byte
	digest  [32]byte
	ids     []ledger.EntryID // under which it may be stored; a new entry gets the first
	subject ledger.AttemptKey
}

func (q erasing) decide(v *ledger.View) (Act, error) {
	for _, id := range q.ids {
		if e, ok := v.Entry(id); ok {
			if !q.ring.SameDigest(e.Digest, erasePurpose, q.form) {
				return Act{}, fault.New(fault.Precondition, fault.RequestIDReused)
			}
			return actOf(e, true), nil
		}
	}
	account, ok := v.Account(q.Account)
	switch {
	case !ok || account.Level == ledger.LevelErased:
		return Act{}, fault.New(fault.NotFound, fault.AccountNotFound)
	case account.SNILS != q.subject.Subject:
		return Act{}, errMoved
	case !q.IdleSince.IsZero() && !account.UpdatedAt.Before(q.IdleSince):
		return Act{}, ErrNotIdle
	}
	e := ledger.Entry{
		ID: q.ids[0], Kind: ledger.KindErasure, Partner: ledger.PortalID, Digest: q.digest, Account: account.ID,
		Before: account.LevelAt(q.now), After: ledger.LevelErased, Style: nativeStyle, Serial: q.Serial, DecidedAt: q.now,
		Encoding: ledger.EncodingVersion, Detail: detailOf(q.Ground, account.Profile),
	}
	v.AddEntry(e)
	v.PutAccount(q.emptied(account))
	if !account.SNILS.IsZero() {
		v.SetAttempts(q.subject, ledger.Attempts{})
	}
	return actOf(e, false), nil
}

// emptied leaves of an account that it was there.
func (q erasing) emptied(a ledger.Account) ledger.Account {
	return ledger.Account{
		ID: a.ID, Level: ledger.LevelErased, Version: a.Version + 1, CreatedAt: a.CreatedAt, UpdatedAt: q.now,
	}
}

// Names of what stands in the detail of an erasure.
const (
	detailGround = "ground="
	detailKey    = "wrapping-key="
)

func detailOf(ground Ground, profile ledger.Sealed) string {
	detail := detailGround + ground.String()
	if key, ok := seal.WrappedBy(profile); ok {
		detail += " " + detailKey + strconv.FormatUint(uint64(key), 10)
	}
	return detail
}

func actOf(e ledger.Entry, replayed bool) Act {
	act := Act{Entry: e, Replayed: replayed}
	for pair := range strings.FieldsSeq(e.Detail) {
		if name, ok := strings.CutPrefix(pair, detailGround); ok {
			act.Ground, _ = ParseGround(name)
		}
		if key, ok := strings.CutPrefix(pair, detailKey); ok {
			act.WrappingKey = key
		}
	}
	return act
}
