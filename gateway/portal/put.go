package portal

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

// Put is an account as it shall be.
type Put struct {
	ID              ledger.AccountID
	Level           ledger.Level  // LevelNone: SIMPLIFIED for a new account, otherwise as it is
	Method          ledger.Method // required with CONFIRMED, refused otherwise
	Profile         person.Profile
	Registry        ledger.RegistryStatus
	RegistryAt      time.Time
	ExpectedVersion int64 // when positive, the account must have this version
	AllowDecrease   bool  // of the level
	sandbox         bool  // may write the accounts of the sandbox
}

// Result says what a put did.
type Result uint8

// Results of a put.
const (
	Created Result = iota + 1
	Updated
	Unchanged
)

// Stored is what became of a put.
type Stored struct {
	Account   ledger.Account
	Result    Result
	LevelKept bool // an import would have lowered the level
}

// Put creates the account or replaces its data. Errors are faults: FIELD_FORMAT for what the level requires and the profile
// lacks, VERSION_CONFLICT, LEVEL_WOULD_FALL, DUPLICATE_SNILS, DUPLICATE_PHONE, ACCOUNT_NOT_FOUND for an erased account, and
// those of the ledger.
func (s *Service) Put(ctx context.Context, p Put) (Stored, error) {
	ready, err := s.prepare(p)
	if err != nil {
		return Stored{}, err
	}
	stored, err := group.Do(ctx, s.cfg.Committer, lane, ready.keys(), ready.decide)
	if err != nil {
		return Stored{}, refusal.Ledger(err)
	}
	return stored, nil
}

// prepared is a put with everything made that needs no ledger. It does not change.
type prepared struct {
	Put
	sealed            ledger.Sealed // for a new account
	profile           []byte
	form              []byte // canonical: what was put, but for level and method
	digest            [32]byte
	snils, inn, phone ledger.Index
	now               time.Time
	ring              *seal.Ring
	imported          bool // keeps a higher level instead of refusing
}

// putPurpose names digests of puts.
const putPurpose = "account put"

func (s *Service) prepare(p Put) (*prepared, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	profile, err := p.Profile.MarshalBinary()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: encoding a profile: %w", err))
	}
	sealed, err := s.cfg.Ring.Seal(p.ID, profile)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: %w", err))
	}
	p.RegistryAt = p.RegistryAt.UTC().Truncate(time.Microsecond)
	ready := &prepared{Put: p, sealed: sealed, profile: profile, form: p.canonical(profile), now: s.now(), ring: s.cfg.Ring}
	ready.digest = s.cfg.Ring.Digest(putPurpose, ready.form)
	ready.snils = s.cfg.Ring.SNILS(p.Profile.SNILS.Digits())
	ready.inn = s.cfg.Ring.INN(p.Profile.INN.Digits())
	if p.Profile.PhoneVerified {
		ready.phone = s.cfg.Ring.Phone(p.Profile.MobilePhone.E164())
	}
	return ready, nil
}

// check refuses what needs no ledger to be seen.
func (p Put) check() error {
	var wrong []fault.Violation
	if !p.sandbox {
		wrong = reservedID(p.ID)
	}
	if p.ID.IsZero() {
		wrong = append(wrong, flaw("id", "must be a UUID"))
	}
	if p.Level == ledger.LevelErased {
		wrong = append(wrong, flaw("level", "must not be ERASED"))
	}
	if confirmed := p.Level == ledger.LevelConfirmed; confirmed != (p.Method != ledger.MethodNone) {
		wrong = append(wrong, flaw("method", "is required with CONFIRMED and refused otherwise"))
	}
	if p.ExpectedVersion < 0 {
		wrong = append(wrong, flaw("expectedVersion", "must not be negative"))
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

// canonical gives bytes that differ whenever what is put differs, beside level and method, which are columns of their own.
func (p Put) canonical(profile []byte) []byte {
	out := make([]byte, 0, 16+len(profile))
	out = append(out, 1, byte(p.Registry)) // version
	at := int64(0)
	if !p.RegistryAt.IsZero() {
		out = append(out, 1)
		at = p.RegistryAt.UnixMicro()
	} else {
		out = append(out, 0)
	}
	out = binary.BigEndian.AppendUint64(out, uint64(at))
	return append(out, profile...)
}

func (p *prepared) keys() ledger.Keys {
	keys := ledger.Keys{Accounts: []ledger.AccountID{p.ID}}
	if !p.snils.IsZero() {
		keys.SNILS = []ledger.Index{p.snils}
	}
	if !p.phone.IsZero() {
		keys.Phones = []ledger.Index{p.phone}
	}
	return keys
}

// decide writes only after everything has been judged, so that a refusal leaves nothing behind in a View that others share.
func (p *prepared) decide(v *ledger.View) (Stored, error) {
	held, exists := v.Account(p.ID)
	if held.Level == ledger.LevelErased {
		return Stored{}, fault.New(fault.NotFound, fault.AccountNotFound)
	}
	if p.ExpectedVersion > 0 && held.Version != p.ExpectedVersion {
		return Stored{}, fault.New(fault.Precondition, fault.VersionConflict)
	}
	next, kept, err := p.levelled(held, exists)
	if err != nil {
		return Stored{}, err
	}
	if err := incomplete(p.Profile, next.Level); err != nil {
		return Stored{}, err
	}
	if other, taken := v.AccountBySNILS(p.snils); taken && other.ID != p.ID {
		return Stored{}, fault.New(fault.AlreadyExists, fault.DuplicateSNILS)
	}
	if other, taken := v.AccountByPhone(p.phone); taken && other.ID != p.ID {
		return Stored{}, fault.New(fault.AlreadyExists, fault.DuplicatePhone)
	}
	if exists && sameStanding(held, next) && p.ring.SameDigest(held.Digest, putPurpose, p.form) {
		return Stored{Account: held, Result: Unchanged, LevelKept: kept}, nil
	}
	result := Updated
	if next.Profile, err = p.resealed(held, exists); err != nil {
		return Stored{}, err
	}
	if !exists {
		result, next.ID, next.CreatedAt = Created, p.ID, p.now
	}
	next.Registry, next.RegistryAt = p.Registry, p.RegistryAt
	next.Digest = p.digest
	next.SNILS, next.INN, next.Phone = p.snils, p.inn, p.phone
	next.Version, next.UpdatedAt = held.Version+1, p.now
	v.PutAccount(next)
	return Stored{Account: next, Result: result, LevelKept: kept}, nil
}

// resealed gives the profile as the account shall hold it. The data key of an account stays: the commitments of its entries
// rest on it.
func (p *prepared) resealed(held ledger.Account, exists bool) (ledger.Sealed, error) {
	if !exists {
		return p.sealed, nil
	}
	sealed, err := p.ring.Reseal(p.ID, held.Profile, p.profile)
	if err != nil {
		return sealed, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: %w", err))
	}
	return sealed, nil
}

// levelled gives the held account with the level that it shall have, and whether an import kept a higher one.
func (p *prepared) levelled(held ledger.Account, exists bool) (next ledger.Account, kept bool, err error) {
	level := p.Level
	switch {
	case level == ledger.LevelNone && exists:
		return held, false, nil
	case level == ledger.LevelNone:
		level = ledger.LevelSimplified
	case exists && held.Level.FallsTo(level) && p.imported:
		return held, true, nil
	case exists && held.Level.FallsTo(level) && !p.AllowDecrease:
		return held, false, fault.New(fault.Precondition, fault.LevelWouldFall)
	}
	if sameConfirmation := held.Level == ledger.LevelConfirmed && (p.Method == held.Method || p.imported); level == ledger.LevelConfirmed && sameConfirmation {
		return held, false, nil // whoever confirmed it first stays named
	}
	held.Level, held.Method = level, p.Method
	held.ConfirmedBy, held.ConfirmedAt, held.Confirmation = "", time.Time{}, ledger.EntryID{}
	if level == ledger.LevelConfirmed {
		held.ConfirmedBy, held.ConfirmedAt = ledger.PortalID, p.now
	}
	return held, false, nil
}

func sameStanding(a, b ledger.Account) bool { return a.Level == b.Level && a.Method == b.Method }
