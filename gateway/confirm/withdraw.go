package confirm

import (
	"context"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
)

// WithdrawWindow is how long a bank may take its confirmation back. Source: the life of an account, 30 minutes.
const WithdrawWindow = 30 * time.Minute

// withdrawalPurpose names digests of withdrawals.
const withdrawalPurpose = "withdrawal"

// Withdraw takes a bank's own confirmation back while the account owes its level to it: the account returns to STANDARD by a
// new entry of kind ledger.KindWithdrawal. Repeating it gives the stored entry. Errors are faults: CONFIRMATION_NOT_FOUND when
// there is no such confirmation or it is another bank's, WITHDRAW_NOT_IN_FORCE, WITHDRAW_WINDOW_OVER, and those of the ledger,
// after which repeating is safe.
func (s *Service) Withdraw(ctx context.Context, caller Caller, id ledger.EntryID) (Decision, error) {
	confirmation, err := s.Get(ctx, caller.id(), id)
	if err != nil {
		return Decision{}, err
	}
	w := withdrawal{
		caller: caller, confirmation: confirmation, id: s.cfg.Ring.WithdrawalID(id),
		digest: s.cfg.Ring.Digest(withdrawalPurpose, id[:]), now: s.cfg.Clock().UTC().Truncate(time.Microsecond),
	}
	keys := ledger.Keys{Entries: []ledger.EntryID{w.id}, Accounts: []ledger.AccountID{confirmation.Account}}
	decision, err := group.Do(ctx, s.cfg.Committer, caller.lane(), keys, w.decide)
	if err != nil {
		return Decision{}, refusal.Ledger(err)
	}
	return decision, nil
}

// withdrawal is a confirmation on its way back. It does not change.
type withdrawal struct {
	caller       Caller
	confirmation ledger.Entry // entries never change, so that it may be read before
	id           ledger.EntryID
	digest       [32]byte
	now          time.Time
}

func (w withdrawal) decide(v *ledger.View) (Decision, error) {
	if e, ok := v.Entry(w.id); ok {
		return Decision{Entry: e, Replayed: true}, nil
	}
	account, ok := v.Account(w.confirmation.Account)
	if !ok || account.Confirmation != w.confirmation.ID || account.Level != ledger.LevelConfirmed {
		return Decision{}, fault.New(fault.Precondition, fault.WithdrawNotInForce)
	}
	if w.now.Sub(w.confirmation.DecidedAt) >= WithdrawWindow {
		return Decision{}, fault.New(fault.Precondition, fault.WithdrawWindowOver)
	}
	account.Level, account.Method = ledger.LevelStandard, ledger.MethodNone
	account.ConfirmedBy, account.ConfirmedAt, account.Confirmation = "", time.Time{}, ledger.EntryID{}
	account.Version++
	account.UpdatedAt = w.now
	v.PutAccount(account)

	e := ledger.Entry{
		ID: w.id, Kind: ledger.KindWithdrawal, Partner: w.caller.id(), Digest: w.digest, Account: account.ID,
		Before: ledger.LevelConfirmed, After: ledger.LevelStandard, Style: w.caller.Style, Serial: w.caller.Serial,
		DecidedAt: w.now, Withdrawn: w.confirmation.ID, Encoding: ledger.EncodingVersion,
	}
	v.AddEntry(e)
	return Decision{Entry: e}, nil
}
