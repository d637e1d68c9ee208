package upkeep

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

const (
	pageSize    = 200 // accounts of one transaction: gateways that want one of them wait for it
	attempts    = 5   // at a page that others keep changing
	mostRefused = 100 // that are named; the others are counted
)

// RewrapLedger is what Rewrap needs of a ledger.
type RewrapLedger interface {
	ledger.Census
	ledger.Transactor
}

// RewrapConfig is what Rewrap needs. All but Progress is required.
type RewrapConfig struct {
	Ledger   RewrapLedger
	Ring     *seal.Ring
	Progress func(done int64) // after each page; may be nil
}

// Rewrapped counts what became of the accounts.
type Rewrapped struct {
	Seen      int64
	Rewrapped int64 // the others were under the newest key already, hold no data any more, or were refused
	Current   int64
	Erased    int64
	Refused   int64              // their data key does not open with this ring
	Accounts  []ledger.AccountID // the first that were refused
	Left      int64              // under an older key when everything was looked through again, the refused among them
}

// Rewrap puts the data keys of all accounts under the newest data key of the ring. Profiles and what rests on data keys stay as they are,
// and versions too. Then it looks through all accounts again, since a gateway that still has the ring of before may have made accounts
// meanwhile. Errors are those of the ledger and of ctx; what was counted until then is returned with them.
func Rewrap(ctx context.Context, cfg RewrapConfig) (Rewrapped, error) {
	if cfg.Ledger == nil || cfg.Ring == nil {
		return Rewrapped{}, errors.New("upkeep: ledger and ring are required")
	}
	if cfg.Progress == nil {
		cfg.Progress = func(int64) {}
	}
	r := rewrapping{RewrapConfig: cfg}
	err := eachPage(ctx, cfg.Ledger, func(page []ledger.Account) error {
		err := r.page(ctx, page)
		cfg.Progress(r.sum.Seen)
		return err
	})
	if err != nil {
		return r.sum, fmt.Errorf("upkeep: rewrapping data keys: %w", err)
	}
	err = eachPage(ctx, cfg.Ledger, func(page []ledger.Account) error {
		for i := range page {
			if r.isOld(page[i].Profile) {
				r.sum.Left++
			}
		}
		return nil
	})
	return r.sum, err
}

// eachPage goes through all accounts.
func eachPage(ctx context.Context, census ledger.Census, use func([]ledger.Account) error) error {
	for after := (ledger.AccountID{}); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := census.Accounts(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := use(page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

type rewrapping struct {
	RewrapConfig
	sum Rewrapped
}

// isOld reports whether there is a data key, and not under the newest key of the ring.
func (r *rewrapping) isOld(s ledger.Sealed) bool {
	by, ok := seal.WrappedBy(s)
	return len(s.WrappedKey) > 0 && (!ok || by != r.Ring.DataKey())
}

// page rewraps one page and counts it. What the census has shown only says which accounts to look at: what is rewrapped is what
// the transaction finds.
func (r *rewrapping) page(ctx context.Context, page []ledger.Account) error {
	var old []ledger.AccountID
	for i := range page {
		switch {
		case len(page[i].Profile.WrappedKey) == 0:
			r.sum.Erased++
		case r.isOld(page[i].Profile):
			old = append(old, page[i].ID)
		default:
			r.sum.Current++
		}
	}
	r.sum.Seen += int64(len(page))
	if len(old) == 0 {
		return nil
	}
	done, err := r.settled(ctx, old)
	if err != nil {
		return err
	}
	r.sum.Rewrapped += done.Rewrapped
	r.sum.Current += done.Current
	r.sum.Erased += done.Erased
	r.sum.Refused += done.Refused
	r.sum.Accounts = append(r.sum.Accounts, done.Accounts[:min(len(done.Accounts), mostRefused-len(r.sum.Accounts))]...)
	return nil
}

// settled rewraps until the ledger knows what became of it: to do it again is safe.
func (r *rewrapping) settled(ctx context.Context, ids []ledger.AccountID) (done Rewrapped, err error) {
	for range attempts {
		err = r.Ledger.Transact(ctx, ledger.Keys{Accounts: ids}, func(v *ledger.View) error {
			done = Rewrapped{}
			return v.Try(func(v *ledger.View) error { return r.decide(v, ids, &done) })
		})
		if !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrOutcomeUnknown) {
			break
		}
	}
	return done, err
}

func (r *rewrapping) decide(v *ledger.View, ids []ledger.AccountID, done *Rewrapped) error {
	for _, id := range ids {
		account, _ := v.Account(id)
		sealed, changed, err := r.Ring.Rewrap(id, account.Profile)
		switch {
		case errors.Is(err, seal.ErrShredded):
			done.Erased++
		case errors.Is(err, seal.ErrKeyMissing) || errors.Is(err, seal.ErrOpen):
			done.Refused++
			done.Accounts = append(done.Accounts, id)
		case err != nil:
			return err
		case !changed:
			done.Current++
		default:
			account.Profile = sealed
			v.PutAccount(account)
			done.Rewrapped++
		}
	}
	return nil
}
