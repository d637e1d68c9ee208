package tlog_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func TestSealsOnMemory(t *testing.T) { sealOn(t, &ledgertest.Memory{}) }

func TestSealsOnSQLite(t *testing.T) {
	e, err := embedded.Open(embedded.Config{Path: filepath.Join(t.TempDir(), "ledger"), Clock: time.Now})
	must(t, err)
	sealOn(t, e)
}

func TestSealsOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	url := postgres.Start(t, postgres.Config{}).NewDatabase(t)
	must(t, crdb.Migrate(t.Context(), url))
	e, err := crdb.Open(t.Context(), crdb.Config{URL: url})
	must(t, err)
	sealOn(t, e)
}

// meter counts the entries that are read.
type meter struct {
	ledger.Log
	entries atomic.Int64
}

func (m *meter) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	entries, after, err := m.Log.Unlogged(ctx, head, limit)
	m.entries.Add(int64(len(entries)))
	return entries, after, err
}

// sealOn has a day of a real engine's entries sealed, hour by hour, each time by a sealer that knows nothing of those before it.
func sealOn(t *testing.T, e ledger.Engine) {
	t.Helper()
	const hours, each = 24, 90
	y := &yard{world: newWorld(t), clock: &clock{}, roster: []ledger.PartnerID{"neva-bank"}}
	c, err := group.New(group.Config{Ledger: e, Scribe: func() group.Scribe { return y.scribe() }})
	must(t, err)
	m := &meter{Log: e}
	writer := y.scribe()
	for h := range hours {
		begin := epoch.Add(time.Duration(h) * time.Hour)
		entries := y.group(each)
		for n := range entries {
			entries[n].DecidedAt = begin.Add(time.Duration(n) * 40 * time.Second)
		}
		writer.Finish(entries)
		must(t, e.Transact(t.Context(), ledger.Keys{}, addAll(entries)))
		writer.Stored(entries)
		y.growOn(e)
		y.clock.now = begin.Add(time.Hour + 2*time.Minute)
		m.entries.Store(0)
		must(t, y.sealer(func(cfg *tlog.SealerConfig) {
			cfg.Committer, cfg.Reader, cfg.Reporter, cfg.Log, cfg.Limit = c, e, e, m, 50
		}).Seal(t.Context()))
		y.growOn(e)
		if read := m.entries.Load(); h > 4 && read > 4*each {
			t.Errorf("hour %d: %d entries were read for %d", h, read, each)
		}
	}
	must(t, c.Close(t.Context()))
	y.proveOn(e, hours, each)
	must(t, e.Close())
}

func addAll(entries []ledger.Entry) func(*ledger.View) error {
	return func(v *ledger.View) error {
		return v.Try(func(v *ledger.View) error {
			for _, one := range entries {
				v.AddEntry(one)
			}
			return nil
		})
	}
}

// growOn puts into the log what is stored.
func (y *yard) growOn(e ledger.Engine) {
	y.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	i := y.integrator(e, func(c *tlog.IntegratorConfig) {
		c.Idle, c.Every = time.Millisecond, time.Millisecond
		c.Observe = func(a tlog.Advance) {
			rest, _, err := e.Unlogged(ctx, ledger.LogHead{}, 1<<20)
			if err != nil || int64(len(rest)) == a.Size || a.Halted {
				cancel()
			}
		}
	})
	must(y, i.Run(ctx))
	if f := i.Halted(); f != nil {
		y.Fatal(f)
	}
}

func (y *yard) proveOn(e ledger.Engine, hours, each int) {
	y.Helper()
	entries, _, err := e.Unlogged(context.Background(), ledger.LogHead{}, 1<<20)
	must(y, err)
	list, err := tlog.Seals(context.Background(), e, tlog.SealIDsOf(y.ring), "neva-bank", epoch, epoch.Add(time.Duration(hours)*time.Hour))
	must(y, err)
	if len(list) != hours || len(entries) != hours*(each+3) {
		y.Fatalf("%d seals, %d entries", len(list), len(entries))
	}
	var before canon.Seal
	for i, one := range list {
		s, err := canon.ParseSeal(one.Detail)
		must(y, err)
		must(y, verify.CheckSeal(s, covered(s, "neva-bank", entries)))
		if s.Count != int64(each) {
			y.Errorf("hour %d has %d entries", i, s.Count)
		}
		if i > 0 {
			must(y, verify.SealFollows(before, s))
		}
		before = s
	}
}
