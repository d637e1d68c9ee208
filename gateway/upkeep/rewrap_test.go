package upkeep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/gateway/upkeep"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

var ledgers gatewaytest.Servers

func TestMain(m *testing.M) { goleak.VerifyTestMain(ledgers.Main(m)) }

// yard is a ledger with accounts, and its ring.
type yard struct {
	t     *testing.T
	store ledger.Engine
	ring  *seal.Ring
	made  []ledger.Account
}

func newYard(t *testing.T, database string, accounts int) *yard {
	t.Helper()
	settings, err := config.Config{DataDir: t.TempDir(), DatabaseURL: database}.Complete()
	y := &yard{t: t}
	y.check(err)
	y.store, err = server.OpenLedger(t.Context(), settings, time.Now, slog.New(slog.DiscardHandler))
	y.check(err)
	t.Cleanup(func() { y.check(y.store.Close()) })
	y.ring, err = seal.Generate(seal.Development)
	y.check(err)
	for n := range accounts {
		y.made = append(y.made, y.account(n, y.ring))
	}
	y.put(y.made...)
	return y
}

func (y *yard) check(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func (y *yard) account(n int, ring *seal.Ring) ledger.Account {
	y.t.Helper()
	a := ledger.Account{
		ID: ledger.AccountID{0: byte(n >> 8), 1: byte(n), 15: 1}, Level: ledger.LevelStandard, Version: 1, Digest: [32]byte{1}, CreatedAt: noon, UpdatedAt: noon,
		SNILS: ring.SNILS(fmt.Sprint(n)),
	}
	sealed, err := ring.Seal(a.ID, fmt.Append(nil, "profile ", n))
	y.check(err)
	a.Profile = sealed
	return a
}

func (y *yard) put(accounts ...ledger.Account) {
	y.t.Helper()
	for len(accounts) > 0 {
		part := accounts[:min(len(accounts), 200)]
		accounts = accounts[len(part):]
		keys := ledger.Keys{}
		for _, a := range part {
			keys.Accounts = append(keys.Accounts, a.ID)
		}
		y.check(y.store.Transact(y.t.Context(), keys, func(v *ledger.View) error {
			return v.Try(func(v *ledger.View) error {
				for _, a := range part {
					v.PutAccount(a)
				}
				return nil
			})
		}))
	}
}

func (y *yard) rotate() (next *seal.Ring) {
	y.t.Helper()
	next, _, err := y.ring.Rotate(seal.Data)
	y.check(err)
	return next
}

// without gives the ring without a data key, as nobody should make one while backups are left.
func (y *yard) without(ring *seal.Ring, id uint32) *seal.Ring {
	y.t.Helper()
	path := filepath.Join(y.t.TempDir(), "ring.json")
	y.check(ring.Write(path))
	content, err := os.ReadFile(path)
	y.check(err)
	var file map[string]json.RawMessage
	var sets map[string]map[string]json.RawMessage
	var data struct {
		Primary uint32           `json:"primaryKeyId"`
		Key     []map[string]any `json:"key"`
	}
	y.check(json.Unmarshal(content, &file))
	y.check(json.Unmarshal(file["keysets"], &sets))
	y.check(json.Unmarshal(sets["data"]["keyset"], &data))
	data.Key = slices.DeleteFunc(data.Key, func(key map[string]any) bool { return key["keyId"] == float64(id) })
	sets["data"]["keyset"], err = json.Marshal(data)
	y.check(err)
	file["keysets"], err = json.Marshal(sets)
	y.check(err)
	content, err = json.Marshal(file)
	y.check(err)
	less := filepath.Join(y.t.TempDir(), "less.json")
	y.check(os.WriteFile(less, content, 0o400))
	ring, err = seal.Load(less)
	y.check(err)
	if len(data.Key) != 1 {
		y.t.Fatalf("%d data keys are left", len(data.Key))
	}
	return ring
}

func (y *yard) rewrap(ctx context.Context, store upkeep.RewrapLedger, ring *seal.Ring) (upkeep.Rewrapped, error) {
	return upkeep.Rewrap(ctx, upkeep.RewrapConfig{Ledger: store, Ring: ring})
}

// held checks that everything of the accounts opens with ring, and that nothing else has changed.
func (y *yard) held(ring *seal.Ring) {
	y.t.Helper()
	for n, was := range y.made {
		a, err := y.store.Account(y.t.Context(), was.ID)
		y.check(err)
		profile, err := ring.Open(a.ID, a.Profile)
		if err != nil || string(profile) != fmt.Sprint("profile ", n) || a.Version != 1 || !a.UpdatedAt.Equal(was.UpdatedAt) || a.SNILS != was.SNILS {
			y.t.Fatalf("account %d: %q, %v, %+v", n, profile, err, a)
		}
		before, err := y.ring.Commit(a.ID, was.Profile, ledger.EntryID{9}, ledger.GroupName, []byte("x"))
		y.check(err)
		if now, err := ring.Commit(a.ID, a.Profile, ledger.EntryID{9}, ledger.GroupName, []byte("x")); err != nil || now != before {
			y.t.Fatalf("account %d: a commitment cannot be tested any more: %v", n, err)
		}
	}
}

// meddled is a ledger in which something happens before a transaction.
type meddled struct {
	ledger.Engine
	calls  int
	before func(call int) error
}

func (m *meddled) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	m.calls++
	if err := m.before(m.calls); err != nil {
		return err
	}
	return m.Engine.Transact(ctx, keys, decide)
}

func TestRewrapIsKilledAndBegunAgain(t *testing.T) {
	ledgers.OnEach(t, func(t *testing.T, database string) {
		y := newYard(t, database, 700)
		ring := y.rotate()
		ctx, kill := context.WithCancel(t.Context())
		cut, err := y.rewrap(ctx, &meddled{Engine: y.store, before: func(call int) error {
			if call == 3 {
				kill()
			}
			return ctx.Err()
		}}, ring)
		if !errors.Is(err, context.Canceled) || cut.Rewrapped != 400 {
			t.Fatalf("%+v, %v", cut, err)
		}
		y.held(ring)
		rest, err := y.rewrap(t.Context(), y.store, ring)
		if err != nil || rest.Seen != 700 || rest.Rewrapped != 300 || rest.Current != 400 || rest.Refused != 0 || rest.Left != 0 {
			t.Fatalf("%+v, %v", rest, err)
		}
		if again, err := y.rewrap(t.Context(), y.store, ring); err != nil || again.Rewrapped != 0 || again.Current != 700 {
			t.Fatalf("%+v, %v", again, err)
		}
		y.held(y.without(ring, y.ring.DataKey()))
	})
}

func TestRewrapBesideGateways(t *testing.T) {
	ledgers.OnEach(t, func(t *testing.T, database string) {
		y := newYard(t, database, 10)
		ring := y.rotate()
		changed, gone, late := y.made[1], y.made[2], y.account(0, y.ring)
		late.ID, late.SNILS = ledger.AccountID{15: 2}, ledger.Index{7}
		late.Profile, _ = y.ring.Seal(late.ID, []byte("late"))
		store := &meddled{Engine: y.store}
		store.before = func(call int) error {
			if call > 1 {
				return nil
			}
			sealed, err := y.ring.Reseal(changed.ID, changed.Profile, []byte("another profile"))
			y.check(err)
			changed.Profile, changed.Version, changed.Digest = sealed, 2, [32]byte{2}
			gone = ledger.Account{ID: gone.ID, Level: ledger.LevelErased, Version: 2, CreatedAt: noon, UpdatedAt: noon}
			y.put(changed, gone, late)
			return ledger.ErrConflict
		}
		sum, err := y.rewrap(t.Context(), store, ring)
		if err != nil || sum.Seen != 10 || sum.Rewrapped != 9 || sum.Erased != 1 || sum.Left != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
		a, err := y.store.Account(t.Context(), changed.ID)
		y.check(err)
		if profile, err := ring.Open(a.ID, a.Profile); err != nil || string(profile) != "another profile" || a.Version != 2 || a.Digest != changed.Digest {
			t.Errorf("the put was lost: %q, %v, %+v", profile, err, a)
		}
		if a, err := y.store.Account(t.Context(), gone.ID); err != nil || a.Level != ledger.LevelErased || len(a.Profile.WrappedKey) != 0 {
			t.Errorf("the erased account holds %+v, %v", a, err)
		}
		if sum, err := y.rewrap(t.Context(), y.store, ring); err != nil || sum.Rewrapped != 1 || sum.Erased != 1 || sum.Left != 0 {
			t.Errorf("%+v, %v", sum, err)
		}
	})
}

func TestRewrapNamesWhatDoesNotOpen(t *testing.T) {
	y := newYard(t, "", 3)
	foreign, err := seal.Generate(seal.Development)
	y.check(err)
	a := y.made[1]
	a.Profile, err = foreign.Seal(a.ID, nil)
	y.check(err)
	y.put(a)
	sum, err := y.rewrap(t.Context(), y.store, y.rotate())
	if err != nil || sum.Rewrapped != 2 || sum.Refused != 1 || len(sum.Accounts) != 1 || sum.Accounts[0] != a.ID || sum.Left != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	lost := &meddled{Engine: y.store, before: func(int) error { return ledger.ErrUnavailable }}
	if _, err := y.rewrap(t.Context(), lost, y.rotate()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a lost ledger: %v", err)
	}
}
