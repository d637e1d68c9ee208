package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// logWorld is what the cases of the log share on one engine.
type logWorld struct {
	*world
	report *report
	server *postgres.Server // nil: the embedded ledger
	dir    string           // its own, empty at first
	engine string           // name, for the table
	ring   *seal.Ring
	sealer *sealer
	origin string

	exportMemory int64 // that a report took beyond idle, at most
}

// named is the name of a case on this engine.
func (l *logWorld) named(what string) string { return l.engine + ": " + what }

func (l *logWorld) meter() meter { return meter{database: l.server} }

// store makes an empty ledger, and tells its URL when it is on a server.
func (l *logWorld) store(ctx context.Context, name string) (ledger.Engine, string, error) {
	if l.server == nil {
		store, err := embedded.Open(embedded.Config{Path: filepath.Join(l.dir, name+".db"), Clock: time.Now})
		return store, "", err
	}
	url, _, err := l.server.Database(ctx, "")
	if err != nil {
		return nil, "", err
	}
	if err := crdb.Migrate(ctx, url); err != nil {
		return nil, "", err
	}
	store, err := crdb.Open(ctx, crdb.Config{URL: url})
	return store, url, err
}

// writers is how many transactions a gateway runs at a time.
func (l *logWorld) writers() int {
	if l.server == nil {
		return 1
	}
	return 2
}

func (l *logWorld) key() (*tlog.Key, error) { return tlog.NewKey(l.origin, l.ring) }

// trusted are the keys of those who check.
func (l *logWorld) trusted() (verify.Keys, error) {
	lines, err := tlog.VerifierKeys(l.origin, l.ring)
	if err != nil {
		return nil, err
	}
	return verify.ParseKeys(strings.Join(lines, "\n"))
}

// newProver proves as a gateway does.
func newProver(store ledger.Engine, origin string, ring *seal.Ring) (*tlog.Prover, error) {
	keys, err := tlog.Keys(origin, ring)
	if err != nil {
		return nil, err
	}
	return tlog.NewProver(tlog.ProverConfig{Log: store, Checkpoints: store, Origin: origin, Keys: keys})
}

// machine makes the log of a ledger, with the settings of a gateway.
type machine struct {
	store      ledger.Engine
	integrator *tlog.Integrator
	signer     *tlog.Signer
	advances   func(tlog.Advance)
}

// newMachine makes a machine over what may watch the ledger.
func (l *logWorld) newMachine(store ledger.Engine) (*machine, error) {
	key, err := l.key()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(l.dir, "signer-*")
	if err != nil {
		return nil, err
	}
	m, quiet := &machine{store: store, advances: func(tlog.Advance) {}}, slog.New(slog.DiscardHandler)
	m.integrator, err = tlog.NewIntegrator(tlog.IntegratorConfig{
		Log: store, Marks: l.ring, Clock: time.Now, Logger: quiet, Observe: func(a tlog.Advance) { m.advances(a) },
	})
	if err != nil {
		return nil, err
	}
	m.signer, err = tlog.NewSigner(tlog.SignerConfig{
		Log: store, Checkpoints: store, Key: key, HeadFile: filepath.Join(folder, "head"), Logger: quiet,
	})
	return m, err
}

// start lets integrator and signer run until stop is called.
func (m *machine) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() { _ = m.integrator.Run(ctx) })
	both.Go(func() { _ = m.signer.Run(ctx) })
	return func() {
		cancel()
		both.Wait()
	}
}

// drain waits until everything is in the log.
func (m *machine) drain(ctx context.Context) error {
	for {
		head, err := m.store.LogHead(ctx)
		if err != nil {
			return err
		}
		left, _, err := m.store.Unlogged(ctx, head, 1)
		if err != nil || len(left) == 0 {
			return err
		}
		if fault := m.integrator.Halted(); fault != nil {
			return fault
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// confirmer is the ledger layer of a gateway, with the log or without it.
type confirmer struct {
	committer   *group.Committer
	receipts    *tlog.Receipts // nil: without the log
	commitments []ledger.Commitment
}

func (l *logWorld) newConfirmer(ctx context.Context, store ledger.Engine, withLog bool) (*confirmer, error) {
	cfg, c := group.Config{Ledger: store, Writers: l.writers()}, &confirmer{commitments: someCommitments()}
	if withLog {
		key, err := l.key()
		if err != nil {
			return nil, err
		}
		if c.receipts, err = tlog.NewReceipts(tlog.ReceiptsConfig{Key: key, Marks: l.ring}); err != nil {
			return nil, err
		}
		cfg.Scribe = func() group.Scribe { return tlog.NewScribe(l.ring, c.receipts) }
	}
	var err error
	if c.committer, err = group.New(cfg); err != nil {
		return nil, err
	}
	return c, fillEngine(ctx, c.committer, logAccounts)
}

var errNoReceipt = errors.New("a confirmation has no receipt")

// confirm raises an account and has a receipt signed, as each answer carries one.
func (c *confirmer) confirm(ctx context.Context, _ int, n int64) error {
	e, err := raised(ctx, c.committer, engineAccount(uint64(n)%logAccounts).SNILS, c.commitments)
	if err == nil && c.receipts != nil && c.receipts.Of(e) == "" {
		return errNoReceipt
	}
	return err
}

// someCommitments have the size of those of a confirmation.
func someCommitments() (all []ledger.Commitment) {
	for g := ledger.GroupName; g <= ledger.GroupContact; g++ {
		all = append(all, ledger.Commitment{Group: g, Digest: [16]byte{byte(g)}})
	}
	return all
}
