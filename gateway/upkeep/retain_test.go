package upkeep_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/gateway/upkeep"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

// portal gives the use case, and what ends it as the end of the command does: what is under way is finished.
func (y *yard) portal() (service *portal.Service, end func()) {
	y.t.Helper()
	committer, err := group.New(group.Config{Ledger: y.store, Scribe: func() group.Scribe { return tlog.NewScribe(y.ring, nil) }})
	y.check(err)
	service, err = portal.New(portal.Config{Committer: committer, Reader: y.store, Ring: y.ring, Clock: func() time.Time { return noon.Add(time.Hour) }})
	y.check(err)
	return service, func() { y.check(committer.Close(context.Background())) }
}

// meddling does something before an erasure.
type meddling struct {
	upkeep.Eraser
	calls  atomic.Int64
	before func(call int64, id ledger.AccountID)
}

func (m *meddling) Erase(ctx context.Context, e portal.Erase) (portal.Act, error) {
	m.before(m.calls.Add(1), e.Account)
	return m.Eraser.Erase(ctx, e)
}

func TestRetention(t *testing.T) {
	ledgers.OnEach(t, func(t *testing.T, database string) {
		y := newYard(t, database, 300)
		// One was changed, about another something was decided, at the very moment from which on it counts.
		y.made[7].UpdatedAt = noon.Add(time.Second)
		y.put(y.made[7])
		tlogtest.Put(t, y.ring, y.store, nil, ledger.Entry{
			ID: ledger.EntryID{1}, Kind: ledger.KindConfirmation, Partner: "vtb", Account: y.made[8].ID, Outcome: ledger.OutcomeNotMatched,
			DecidedAt: noon.Add(time.Second),
		})
		retain := func(ctx context.Context, eraser upkeep.Eraser) (upkeep.Retained, error) {
			return upkeep.Retain(ctx, upkeep.RetainConfig{Ledger: y.store, Before: noon.Add(time.Second), Eraser: eraser})
		}
		if dry, err := retain(t.Context(), nil); err != nil || dry != (upkeep.Retained{Accounts: 300, Due: 298}) {
			t.Fatalf("%+v, %v", dry, err)
		}
		y.held(y.ring)

		service, end := y.portal()
		ctx, kill := context.WithCancel(t.Context())
		cut, err := retain(ctx, &meddling{Eraser: service, before: func(call int64, id ledger.AccountID) {
			switch {
			case id == y.made[9].ID: // its owner comes back
				y.made[9].UpdatedAt = noon.Add(time.Hour)
				y.put(y.made[9])
			case call == 100:
				kill()
			}
		}})
		end()
		if !errors.Is(err, context.Canceled) || cut.Done == 0 || cut.Done > 150 || cut.Returned != 1 {
			t.Fatalf("%+v, %v", cut, err)
		}
		service, end = y.portal()
		defer end()
		rest, err := retain(t.Context(), service)
		if err != nil || rest.Accounts != 300 || rest.Erased+rest.Done != 297 || rest.Erased < cut.Done || rest.Returned != 0 {
			t.Fatalf("%+v, then %+v, %v", cut, rest, err)
		}
		if again, err := retain(t.Context(), service); err != nil || again != (upkeep.Retained{Accounts: 300, Erased: 297}) {
			t.Fatalf("%+v, %v", again, err)
		}
		for n, was := range y.made {
			a, err := y.store.Account(t.Context(), was.ID)
			y.check(err)
			entries, _, err := y.store.EntriesOfAccount(t.Context(), was.ID, ledger.Page{Limit: 9})
			y.check(err)
			if n >= 7 && n <= 9 {
				if a.Level != ledger.LevelStandard || len(a.Profile.Box) == 0 {
					t.Errorf("account %d is not idle, and was erased", n)
				}
				continue
			}
			if a.Level != ledger.LevelErased || len(a.Profile.WrappedKey) != 0 || len(entries) != 1 || entries[0].Kind != ledger.KindErasure ||
				entries[0].Mark == [32]byte{} || entries[0].Link.Size == 0 || entries[0].Detail[:21] != "ground=RETENTION_OVER" {
				t.Errorf("account %d: %+v, %+v", n, a, entries)
			}
		}
	})
}
