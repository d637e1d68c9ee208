package tlog_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = "gateway.example/log"

// world is a ledger with its keys.
type world struct {
	testing.TB
	memory *ledgertest.Memory
	ring   *seal.Ring
	key    *tlog.Key
	keys   verify.Keys
	made   int // entries
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	must(t, err)
	w := &world{TB: t, memory: &ledgertest.Memory{}, ring: ring}
	w.key, err = tlog.NewKey(origin, ring)
	must(t, err)
	w.keys = trusted(t, ring)
	return w
}

func trusted(t testing.TB, ring *seal.Ring) verify.Keys {
	t.Helper()
	lines, err := tlog.VerifierKeys(origin, ring)
	must(t, err)
	keys, err := verify.ParseKeys(strings.Join(lines, "\n"))
	must(t, err)
	for i := range keys {
		keys[i].From = time.Time{} // clocks of tests may go wrong
	}
	return keys
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var epoch = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// entry makes a new one, not yet finished.
func (w *world) entry() ledger.Entry {
	w.made++
	var id ledger.EntryID
	binary.BigEndian.PutUint64(id[:], uint64(w.made)*0x9e3779b97f4a7c15)
	return ledger.Entry{
		ID: id, Kind: ledger.KindConfirmation, Partner: "neva-bank", Outcome: ledger.OutcomeNotMatched, Policy: "match/1",
		DecidedAt: epoch.Add(time.Duration(w.made) * time.Millisecond),
	}
}

func (w *world) group(n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		entries[i] = w.entry()
	}
	return entries
}

// put stores entries as they are, in one transaction.
func (w *world) put(entries []ledger.Entry) error {
	return w.memory.Transact(context.Background(), ledger.Keys{}, func(v *ledger.View) error {
		return v.Try(func(v *ledger.View) error {
			for _, e := range entries {
				v.AddEntry(e)
			}
			return nil
		})
	})
}

// store finishes a group of n new entries and stores it.
func (w *world) store(s *tlog.Scribe, n int) []ledger.Entry {
	w.Helper()
	entries := w.group(n)
	s.Finish(entries)
	must(w, w.put(entries))
	s.Stored(entries)
	return entries
}

func (w *world) scribe() *tlog.Scribe { return tlog.NewScribe(w.ring, nil) }

func (w *world) integrator(log ledger.Log, change ...func(*tlog.IntegratorConfig)) *tlog.Integrator {
	w.Helper()
	cfg := tlog.IntegratorConfig{Log: log, Marks: w.ring, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	i, err := tlog.NewIntegrator(cfg)
	must(w, err)
	return i
}

// integrate lets an integrator work on log for some time of a synctest bubble.
func (w *world) integrate(log ledger.Log, long time.Duration, change ...func(*tlog.IntegratorConfig)) *tlog.Integrator {
	w.Helper()
	i := w.integrator(log, change...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	time.Sleep(long)
	synctest.Wait()
	cancel()
	must(w, <-done)
	return i
}

func (w *world) head() ledger.LogHead {
	w.Helper()
	head, err := w.memory.LogHead(context.Background())
	must(w, err)
	return head
}

func (w *world) signer(dir string, change ...func(*tlog.SignerConfig)) *tlog.Signer {
	w.Helper()
	cfg := tlog.SignerConfig{
		Log: w.memory, Checkpoints: w.memory, Key: w.key, HeadFile: filepath.Join(dir, "log.head"), Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := tlog.NewSigner(cfg)
	must(w, err)
	return s
}

func (w *world) prover() *tlog.Prover {
	w.Helper()
	p, err := tlog.NewProver(tlog.ProverConfig{Log: w.memory, Checkpoints: w.memory, Origin: origin, Keys: []*tlog.Key{w.key}})
	must(w, err)
	return p
}

// published reads the newest checkpoint as a stranger does.
func (w *world) published() verify.Signed {
	w.Helper()
	text, err := w.memory.Checkpoint(context.Background(), 1<<62)
	must(w, err)
	signed, err := verify.Checkpoint(text, w.keys)
	must(w, err)
	return signed
}
