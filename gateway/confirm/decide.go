package confirm

import (
	"fmt"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

// Patience with the clocks and the answers of banks. Source: domain rules, requests: identity, time, replay.
const (
	oldestRequest       = 5 * time.Minute
	furthestAhead       = time.Minute
	authenticationFresh = 300 * time.Second // at this age it is stale
)

// question is a request on its way to a decision. It does not change once asked, so that decide may run more than once.
type question struct {
	caller  Caller
	policy  match.Policy
	request Request
	now     time.Time // UTC, whole microseconds
	today   person.Date
	form    []byte // canonical
	digest  [32]byte
	ids     []ledger.EntryID // under which it may be stored; a new entry gets the first
	subject ledger.Index
	vouched ledger.Vouched
	counted []ledger.AttemptKey
	order   *order // nil: the id is the bank's own

	ring  *seal.Ring
	dummy ledger.Account
	magic bool // a person of the sandbox
}

func (s *Service) ask(caller Caller, policy match.Policy, r Request) *question {
	now := s.cfg.Clock().UTC().Truncate(time.Microsecond)
	form := r.canonical()
	subject := s.cfg.Ring.SNILS(r.Person.SNILS.Digits())
	return &question{
		caller: caller, policy: policy, request: r, now: now, today: s.today(now),
		form: form, digest: s.cfg.Ring.Digest(digestPurpose, form), ids: s.cfg.Ring.EntryIDs(caller.id(), r.ID),
		subject: subject, vouched: s.cfg.Ring.Vouched(subject, r.Person), counted: attemptKeys(subject, caller.id()), ring: s.cfg.Ring, dummy: s.dummy,
	}
}

func (q *question) keys() ledger.Keys {
	keys := ledger.Keys{Entries: q.ids, SNILS: []ledger.Index{q.subject}, Attempts: q.counted}
	if q.order != nil {
		keys.Add(q.order.keys())
	}
	return keys
}

// decide is the decision. It judges by the View alone.
func (q *question) decide(v *ledger.View) (Decision, error) {
	if e, ok := q.stored(v); ok {
		return q.replay(e)
	}
	if err := q.timely(); err != nil {
		return Decision{}, err
	}
	if q.order != nil {
		if err := q.order.admit(v, q.now); err != nil {
			return Decision{}, err
		}
	}
	tries := loadAttempts(v, q.counted, q.now)
	if err := tries.admit(q.now); err != nil && !q.magic {
		return Decision{}, err
	}
	verdict := q.judgeRequest()
	if verdict.outcome == ledger.OutcomeNone {
		var err error
		if verdict, err = q.judgeClaim(v); err != nil {
			return Decision{}, err
		}
		verdict.conflicts = q.conflicts(tries.all.Vouches, verdict.account.ConfirmedBy, verdict.fields)
		q.count(v, tries, verdict)
	}
	e := q.entry(verdict)
	v.AddEntry(e)
	if q.order != nil {
		q.order.close(v, q.now)
	}
	if verdict.raise && !q.request.DryRun {
		v.PutAccount(q.raised(verdict.account))
	}
	return Decision{Entry: e}, nil
}

// count counts what was in vain, and remembers what was claimed. The bank's claim from before that it has corrected is forgotten.
func (q *question) count(v *ledger.View, tries attempts, judged verdict) {
	if q.magic {
		return
	}
	switch judged.counts {
	case asFailure:
		tries.failed(v, q.now, q.vouch(tries.all.Vouches))
	case asClose:
		tries.cameClose(v, q.now, q.vouch(tries.all.Vouches))
	case asNothing:
		if left := q.withoutOwn(tries.all.Vouches); len(left) < len(tries.all.Vouches) && !q.request.DryRun {
			tries.vouched(v, left)
		}
	}
}

func (q *question) stored(v *ledger.View) (ledger.Entry, bool) {
	for _, id := range q.ids {
		if e, ok := v.Entry(id); ok {
			return e, true
		}
	}
	return ledger.Entry{}, false
}

func (q *question) replay(e ledger.Entry) (Decision, error) {
	if !q.ring.SameDigest(e.Digest, digestPurpose, q.form) {
		return Decision{}, fault.New(fault.Precondition, fault.RequestIDReused)
	}
	return Decision{Entry: e, Replayed: true}, nil
}

// timely refuses requests from another time: an old one may be a replay, a time ahead is a wrong clock.
func (q *question) timely() error {
	sent := q.request.SentAt
	if !sent.IsZero() && q.now.Sub(sent) > oldestRequest {
		return q.untimely(fault.RequestTooOld)
	}
	for _, t := range [...]time.Time{sent, q.request.Authentication.At, q.request.Consent.At} {
		if t.Sub(q.now) > furthestAhead {
			return q.untimely(fault.RequestFromFuture)
		}
	}
	return nil
}

func (q *question) untimely(reason fault.Reason) error {
	return fault.New(fault.Invalid, reason).With("server_time", q.now.Format(time.RFC3339Nano))
}

// weight says against which part of the attempt budget a verdict counts.
type weight uint8

const (
	asNothing weight = iota
	asFailure
	asClose
)

// verdict is what a decision comes to.
type verdict struct {
	outcome       ledger.Outcome
	reasons       []ledger.Reason
	fields        []ledger.FieldResult
	account       ledger.Account // zero when there is none
	before, after ledger.Level   // told: only when the claim matched
	method        ledger.Method
	counts        weight
	raise         bool
	commitments   []ledger.Commitment
	conflicts     []ledger.Conflict
}

// judgeRequest judges by the facts of the request alone, before any account is looked at.
func (q *question) judgeRequest() verdict {
	var reasons []ledger.Reason
	for _, fact := range [...]struct {
		bad    bool
		reason ledger.Reason
	}{
		{!q.request.Consent.Given, ledger.ReasonConsentMissing},
		{!q.request.BankAccount.Active, ledger.ReasonBankAccountInactive},
		{!q.request.BankAccount.PhoneBound, ledger.ReasonPhoneNotBound},
		{q.now.Sub(q.request.Authentication.At) >= authenticationFresh, ledger.ReasonAuthenticationStale},
	} {
		if fact.bad {
			reasons = append(reasons, fact.reason)
		}
	}
	reasons = append(reasons, q.policy.Admit(q.request.Person, q.today)...)
	if len(reasons) == 0 {
		return verdict{}
	}
	return verdict{outcome: ledger.OutcomeNotEligible, reasons: reasons}
}

// judgeClaim compares the claim with the account that holds the claimed SNILS. Without one it does the same work on a
// profile that stands in, so that neither the answer nor its time tells whether there is an account. The account of another than the
// order's is none: nothing is told of it.
func (q *question) judgeClaim(v *ledger.View) (verdict, error) {
	account, known := v.AccountBySNILS(q.subject)
	if account.Level == ledger.LevelErased || (q.order != nil && q.order.account != account.ID) {
		known = false
	}
	held := account
	if !known {
		held = q.dummy
	}
	profile, salt, err := q.open(held)
	if err != nil {
		return verdict{}, err
	}
	result := q.compare(profile)
	commitments := salt.CommitClaim(q.request.Person)
	if !known {
		return verdict{outcome: ledger.OutcomeNotMatched, reasons: []ledger.Reason{ledger.ReasonNoMatchingAccount}, counts: asFailure}, nil
	}
	judged := verdict{outcome: result.Outcome, reasons: result.Reasons, fields: result.Fields, account: account, commitments: commitments}
	switch result.Outcome {
	case ledger.OutcomeConfirmed:
		q.judgeAccount(&judged, result.PhoneBound)
	case ledger.OutcomeCloseMatch:
		judged.counts = asClose
	default:
		judged.counts = asFailure
	}
	return judged, nil
}

// open unseals a profile, and makes the salt with which this entry commits to the claim. What cannot be read is a defect: nothing
// may be concluded.
func (q *question) open(a ledger.Account) (person.Profile, seal.Salt, error) {
	data, salt, err := q.ring.OpenWithSalt(a.ID, a.Profile, q.ids[0])
	if err != nil {
		return person.Profile{}, salt, fmt.Errorf("confirm: account %v: %w", a.ID, err)
	}
	defer clear(data)
	profile, err := person.UnmarshalProfile(data)
	if err != nil {
		return person.Profile{}, salt, fmt.Errorf("confirm: account %v: malformed profile: %w", a.ID, err)
	}
	return profile, salt, nil
}

// judgeAccount goes on where everything matches: whether the account may be raised.
func (q *question) judgeAccount(judged *verdict, phoneBound bool) {
	level := judged.account.LevelAt(q.now)
	judged.outcome, judged.before, judged.after = ledger.OutcomeNotEligible, level, level
	switch {
	case !phoneBound: // before all that would tell how the account stands
		judged.reasons, judged.counts = []ledger.Reason{ledger.ReasonPhoneNotBound}, asFailure
	case level == ledger.LevelLocked:
		judged.reasons = []ledger.Reason{ledger.ReasonAccountLocked}
	case level == ledger.LevelConfirmed:
		judged.outcome, judged.reasons, judged.method = ledger.OutcomeAlreadyConfirmed, nil, judged.account.Method
	case level == ledger.LevelStandardVerifying:
		judged.reasons = []ledger.Reason{ledger.ReasonCheckInProgress}
	case level != ledger.LevelStandard:
		judged.reasons = []ledger.Reason{ledger.ReasonLevelTooLow}
	default:
		judged.outcome, judged.reasons, judged.raise = ledger.OutcomeConfirmed, nil, true
		if !q.request.DryRun {
			judged.after, judged.method = ledger.LevelConfirmed, ledger.MethodBank
		}
	}
}

func (q *question) entry(d verdict) ledger.Entry {
	return ledger.Entry{
		ID: q.ids[0], Kind: ledger.KindConfirmation, Partner: q.caller.id(), Digest: q.digest, Account: d.account.ID,
		Outcome: d.outcome, Reasons: d.reasons, Fields: d.fields, Before: d.before, After: d.after, Method: d.method,
		Policy: q.policy.ID, Style: q.caller.Style, Serial: q.caller.Serial,
		Means: q.request.Authentication.Means, AuthedAt: q.request.Authentication.At.UTC().Truncate(time.Microsecond),
		DecidedAt: q.now, DryRun: q.request.DryRun, Encoding: ledger.EncodingVersion,
		Commitments: d.commitments, Detail: ledger.ConflictDetail(d.conflicts),
	}
}

func (q *question) raised(a ledger.Account) ledger.Account {
	a.Level, a.Method = ledger.LevelConfirmed, ledger.MethodBank
	a.ConfirmedBy, a.ConfirmedAt, a.Confirmation = q.caller.id(), q.now, q.ids[0]
	a.Version++
	a.UpdatedAt = q.now
	return a
}
