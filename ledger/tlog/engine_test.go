package tlog_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// engine is a store that keeps the log as well.
type engine interface {
	ledger.Transactor
	ledger.Store
	ledger.Log
	ledger.Checkpoints
}

func TestOnSQLite(t *testing.T) {
	e, err := embedded.Open(embedded.Config{Path: filepath.Join(t.TempDir(), "ledger"), Clock: time.Now})
	must(t, err)
	playOn(t, e, 1)
}

func TestOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	url := postgres.Start(t, postgres.Config{}).NewDatabase(t)
	must(t, crdb.Migrate(t.Context(), url))
	e, err := crdb.Open(t.Context(), crdb.Config{URL: url})
	must(t, err)
	playOn(t, e, 4)
}

// playOn lets writers write and two integrators race on a real engine, and checks what comes of it.
func playOn(t *testing.T, e engine, writers int) {
	t.Helper()
	w := newWorld(t)
	c, err := group.New(group.Config{Ledger: e, Writers: writers, Scribe: func() group.Scribe { return w.scribe() }})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var crew sync.WaitGroup
	integrators := []*tlog.Integrator{w.begin(ctx, &crew, e), w.begin(ctx, &crew, e)}
	const callers, each = 16, 40
	var busy sync.WaitGroup
	for range callers {
		entries := w.group(each)
		busy.Go(func() {
			for _, one := range entries {
				_, err := group.Do(ctx, c, "a", ledger.Keys{Entries: []ledger.EntryID{one.ID}}, func(v *ledger.View) (int, error) {
					v.AddEntry(one)
					return 0, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	busy.Wait()
	must(t, c.Close(ctx))
	head := awaitLog(t, e, integrators, callers*each)
	cancel()
	crew.Wait()
	checkOn(t, w, e, head)
	must(t, e.Close())
}

func awaitLog(t *testing.T, e engine, integrators []*tlog.Integrator, size int64) ledger.LogHead {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		head, err := e.LogHead(t.Context())
		must(t, err)
		if head.Size == size {
			return head
		}
		for _, i := range integrators {
			if f := i.Halted(); f != nil {
				t.Fatal(f)
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d entries of %d", head.Size, size)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func checkOn(t *testing.T, w *world, e engine, head ledger.LogHead) {
	t.Helper()
	ctx := context.Background()
	var all []ledger.Entry
	for at := (ledger.LogHead{}); ; {
		some, after, err := e.Unlogged(ctx, at, 100)
		must(t, err)
		if len(some) == 0 {
			break
		}
		all, at.After = append(all, some...), after
	}
	if rootOf(t, records(all)) != head.Root {
		t.Fatalf("the root is not that of the %d entries", len(all))
	}
	s := w.signer(t.TempDir(), func(c *tlog.SignerConfig) { c.Log, c.Checkpoints = e, e })
	must(t, s.Sign(ctx))
	p, err := tlog.NewProver(tlog.ProverConfig{Log: e, Checkpoints: e, Origin: origin, Keys: []*tlog.Key{w.key}})
	must(t, err)
	for i, one := range all {
		if i%37 != 0 {
			continue
		}
		got, err := p.Inclusion(ctx, one)
		must(t, err)
		signed, err := verify.Checkpoint(got.Checkpoint, w.keys)
		must(t, err)
		if got.Position != int64(i) || signed.Root != head.Root {
			t.Errorf("entry %d is at %d", i, got.Position)
		}
		must(t, verify.Inclusion(records([]ledger.Entry{one})[0], got.Position, signed, got.Proof))
	}
}
