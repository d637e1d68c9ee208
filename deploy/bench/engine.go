package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
)

// engineCmd drives the embedded ledger without a gateway: what a confirmation loads and stores, and nothing else.
type engineCmd struct {
	Dir      string        `arg:""`
	Accounts int           `arg:""`
	Callers  int           `arg:""`
	MaxGroup int           `arg:""`
	Duration time.Duration `arg:""`
}

// Run drives and prints the sample.
func (c *engineCmd) Run(ctx context.Context) error {
	store, err := embedded.Open(embedded.Config{Path: filepath.Join(c.Dir, "engine.db"), Clock: time.Now})
	if err != nil {
		return err
	}
	defer store.Close()
	committer, err := group.New(group.Config{Ledger: store, MaxGroup: c.MaxGroup})
	if err != nil {
		return err
	}
	if err := fillEngine(ctx, committer, c.Accounts); err != nil {
		return err
	}
	var next atomic.Int64
	before := ownCPU()
	s, err := drive(ctx, c.Callers, c.Duration, &next, func(ctx context.Context, _ int, n int64) error {
		return raise(ctx, committer, engineAccount(uint64(n)%uint64(c.Accounts)).SNILS)
	})
	if err != nil {
		return err
	}
	s.ServerCPU = ownCPU() - before
	if err := committer.Close(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func ownCPU() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail with these arguments
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// engineAccount is an account as the engine sees one: sizes as sealed profiles have them.
func engineAccount(n uint64) ledger.Account {
	id, index := uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), ledger.Index{}
	copy(index[:], id[:])
	copy(index[16:], id[:])
	return ledger.Account{
		ID: ledger.AccountID(id), Level: ledger.LevelStandard, Version: 1, SNILS: index, Phone: index, INN: index,
		Profile:   ledger.Sealed{WrappedKey: make([]byte, 65), Box: make([]byte, 420)},
		CreatedAt: time.Now(), UpdatedAt: time.Now(), RegistryAt: time.Now(), Registry: ledger.RegistryVerified,
	}
}

// fillEngine makes the accounts that are not there yet.
func fillEngine(ctx context.Context, committer *group.Committer, count int) error {
	for n := uint64(0); n < uint64(count); {
		var keys ledger.Keys
		var accounts []ledger.Account
		for ; len(accounts) < 256 && n < uint64(count); n++ {
			accounts = append(accounts, engineAccount(n))
			keys.Accounts = append(keys.Accounts, accounts[len(accounts)-1].ID)
		}
		if _, err := group.Do(ctx, committer, bank, keys, func(v *ledger.View) (struct{}, error) {
			for _, a := range accounts {
				if _, there := v.Account(a.ID); !there {
					v.PutAccount(a)
				}
			}
			return struct{}{}, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// raise is the shape of a confirmation: it loads the account, an entry that is not there and two counters, and stores an entry and the
// account. The level stays, so that the account may be raised again; the cost is the same.
func raise(ctx context.Context, committer *group.Committer, snils ledger.Index) error {
	_, err := raised(ctx, committer, snils, nil)
	return err
}

// raised is raise for those who want the entry.
func raised(ctx context.Context, committer *group.Committer, snils ledger.Index, commitments []ledger.Commitment) (ledger.Entry, error) {
	id := ledger.EntryID(uuid.New())
	keys := ledger.Keys{
		Entries: []ledger.EntryID{id}, SNILS: []ledger.Index{snils},
		Attempts: []ledger.AttemptKey{{Subject: snils}, {Subject: snils, Partner: bank}},
	}
	return group.Do(ctx, committer, bank, keys, func(v *ledger.View) (ledger.Entry, error) {
		found, ok := v.AccountBySNILS(snils)
		if !ok {
			return ledger.Entry{}, ledger.ErrNotFound
		}
		now := time.Now().UTC().Truncate(time.Microsecond)
		found.Method, found.Version = ledger.MethodBank, found.Version+1
		found.ConfirmedBy, found.Confirmation, found.ConfirmedAt = bank, id, now
		v.PutAccount(found)
		e := ledger.Entry{
			ID: id, Kind: ledger.KindConfirmation, Partner: bank, Account: found.ID, Outcome: ledger.OutcomeConfirmed,
			Fields: make([]ledger.FieldResult, 12), Before: ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank,
			Policy: "match/1", Style: "native", Serial: "1f2e3d4c5b6a7980", Means: ledger.AuthenticatedBySMS,
			AuthedAt: now, DecidedAt: now, Encoding: ledger.EncodingVersion, Commitments: commitments,
		}
		v.AddEntry(e)
		return e, nil
	})
}

// measureEngine runs the engine at every number of callers, grouped and not.
func measureEngine(ctx context.Context, w *world, r *report) error {
	for _, one := range []struct {
		name  string
		group int
	}{{caseEngine, 64}, {caseEngineAlone, 1}} {
		for _, callers := range w.Callers {
			fmt.Fprintf(os.Stderr, "%s, %d callers\n", one.name, callers)
			s, err := w.engine(ctx, callers, one.group)
			if err != nil {
				return fmt.Errorf("%s, %d callers: %w", one.name, callers, err)
			}
			r.Rows = append(r.Rows, row{Case: one.name, Sample: s})
		}
	}
	return nil
}

func (w *world) engine(ctx context.Context, callers, groupSize int) (s sample, err error) {
	out, err := output(ctx, w.self, "engine", w.dir, fmt.Sprint(w.Embedded), fmt.Sprint(callers), fmt.Sprint(groupSize), w.Duration.String())
	if err != nil {
		return s, err
	}
	return s, json.NewDecoder(out).Decode(&s)
}
