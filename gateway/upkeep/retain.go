package upkeep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
)

// erasers is how many accounts are erased at the same time, so that they share transactions.
const erasers = 32

// RetainLedger is what Retain reads of a ledger.
type RetainLedger interface {
	ledger.Census
	ledger.Reader
}

// Eraser destroys the data of an account. A portal.Service is one.
type Eraser interface {
	// Erase is that of portal.Service.
	Erase(ctx context.Context, e portal.Erase) (portal.Act, error)
}

// RetainConfig is what Retain needs. Ledger and Before are required.
type RetainConfig struct {
	Ledger   RetainLedger
	Before   time.Time        // idle is what was changed last, and decided about last, before this time
	Eraser   Eraser           // nil: nothing is erased, it is only counted
	Progress func(done int64) // after each page; may be nil
}

// Retained counts what Retain has found.
type Retained struct {
	Accounts int64 // seen
	Erased   int64 // before, by whatever request
	Due      int64 // idle
	Done     int64 // of those that are due: erased now
	Returned int64 // of those that are due: changed while it was on the way, and left alone
}

// Retain erases the accounts that were idle for too long, on the ground RETENTION_OVER. The request id of each follows from the account,
// so that an erasure of which nobody knows whether it was stored is found when it is begun again. Errors are those of the ledger, of
// ctx and of the Eraser; what was counted until then is returned with them.
func Retain(ctx context.Context, cfg RetainConfig) (Retained, error) {
	if cfg.Ledger == nil || cfg.Before.IsZero() {
		return Retained{}, errors.New("upkeep: ledger and time are required")
	}
	if cfg.Progress == nil {
		cfg.Progress = func(int64) {}
	}
	r := retaining{RetainConfig: cfg}
	err := eachPage(ctx, cfg.Ledger, func(page []ledger.Account) error {
		err := r.page(ctx, page)
		r.sum.Accounts += int64(len(page))
		cfg.Progress(r.sum.Accounts)
		return err
	})
	if err != nil {
		err = fmt.Errorf("upkeep: retention: %w", err)
	}
	return r.sum, err
}

type retaining struct {
	RetainConfig
	mu  sync.Mutex
	sum Retained
	err error // the first
}

// page looks at one page, and erases what is due of it.
func (r *retaining) page(ctx context.Context, page []ledger.Account) error {
	var work sync.WaitGroup
	free := make(chan struct{}, erasers)
	defer work.Wait()
	for i := range page {
		if page[i].Level == ledger.LevelErased {
			r.count(&r.sum.Erased)
			continue
		}
		idle, err := r.isIdle(ctx, &page[i])
		if err != nil {
			return err
		}
		if !idle {
			continue
		}
		r.count(&r.sum.Due)
		if r.Eraser == nil {
			continue
		}
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			r.erase(ctx, page[i].ID)
		})
	}
	work.Wait()
	return r.err
}

func (r *retaining) count(n *int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

// isIdle reports whether an account was neither changed nor decided about since.
func (r *retaining) isIdle(ctx context.Context, a *ledger.Account) (bool, error) {
	if !a.UpdatedAt.Before(r.Before) {
		return false, nil
	}
	newest, _, err := r.Ledger.EntriesOfAccount(ctx, a.ID, ledger.Page{Limit: 1})
	if err != nil {
		return false, err
	}
	return len(newest) == 0 || newest[0].DecidedAt.Before(r.Before), nil
}

// retention names the request of this job for an account.
const retention = "poruka retention"

func (r *retaining) erase(ctx context.Context, id ledger.AccountID) {
	request := uuid.NewSHA1(uuid.UUID(id), []byte(retention)).String()
	_, err := r.Eraser.Erase(ctx, portal.Erase{Account: id, RequestID: request, Ground: portal.RetentionOver, IdleSince: r.Before})
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.sum.Done++
	case errors.Is(err, portal.ErrNotIdle) || fault.Of(err).Reason == fault.AccountNotFound: // or somebody else has erased it
		r.sum.Returned++
	case r.err == nil:
		r.err = err
	}
}
