package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// Config says what is disturbed.
type Config struct {
	// Database makes a database with the ledger's schema, for the length of a test, and gives its URL.
	Database func(t *testing.T) string
	// Open opens the ledger at a URL.
	Open func(url string, l Limits) (ledger.Engine, error)
	// Statements are those of the ledger.
	Statements Statements
	// MaxAttempts is how often the ledger runs a transaction at most.
	MaxAttempts int
}

// Limits are what a test wants of a ledger. Zero numbers leave it to the ledger.
type Limits struct {
	Conns          int           // for decisions
	AcquireTimeout time.Duration // how long a decision waits for a connection
	Observe        func(Told)    // is told of every transaction when it has ended
}

// Told is what a ledger tells of a transaction.
type Told struct {
	Attempts int // 1 when nothing went wrong
	Settled  int // how often the outcome had to be read back
}

// Statements are those of a confirmation, each by its pgproxy.Statement.Key, in the order in which they are said. The suite
// confirms by SNILS.
type Statements struct {
	Begin       []string // what begins the transaction
	FindAccount string
	FindEntry   string // it also reads back
	Find        []string
	Raise       string
	Record      string
	Count       string
	Decide      string // by whose answer the transaction is committed, or not
	Behind      string // follows Decide and decides nothing; empty when nothing does
	Back        string // ends or restarts a transaction that failed
	// CanRestart: Back leads back to the beginning of the same transaction.
	CanRestart bool
}

// all gives every statement of a confirmation that succeeds.
func (s Statements) all() []string {
	all := append([]string{}, s.Begin...)
	all = append(all, s.FindAccount, s.FindEntry)
	all = append(all, s.Find...)
	all = append(all, s.Raise, s.Record, s.Count, s.Decide)
	if s.Behind != "" {
		all = append(all, s.Behind)
	}
	return all
}

// rig is a ledger behind a proxy, and beside it the same ledger without.
type rig struct {
	Statements
	maxAttempts       int
	proxy             *pgproxy.Proxy
	through, straight ledger.Engine
	told              chan Told
	subjects          int
}

const (
	rigConns   = 2
	rigAcquire = time.Second
)

func newRig(t *testing.T, c Config) *rig {
	t.Helper()
	url := c.Database(t)
	p, err := pgproxy.Start(url)
	must(t, err)
	t.Cleanup(func() { must(t, p.Close()) })
	r := &rig{Statements: c.Statements, maxAttempts: c.MaxAttempts, proxy: p, told: make(chan Told, 100)}
	r.through = open(t, c, p.URL(), Limits{Conns: rigConns, AcquireTimeout: rigAcquire, Observe: func(x Told) { r.told <- x }})
	r.straight = open(t, c, url, Limits{})
	return r
}

func open(t *testing.T, c Config, url string, l Limits) ledger.Engine {
	t.Helper()
	e, err := c.Open(url, l)
	must(t, err)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// subject gives the number of a new account. The way to it is warm.
func (r *rig) subject(t *testing.T) int {
	t.Helper()
	r.proxy.Apply(nil)
	r.subjects++
	a := account(r.subjects)
	must(t, r.through.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{a.ID}}, func(v *ledger.View) error { v.PutAccount(a); return nil }))
	for len(r.told) > 0 {
		<-r.told
	}
	return r.subjects
}

// begins is a moment in whole microseconds.
var begins = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC) //nolint:gochecknoglobals // is only read

func account(n int) ledger.Account {
	id := key(1, n)
	return ledger.Account{
		ID: ledger.AccountID(id[:16]), Level: ledger.LevelStandard, Version: 1, Registry: ledger.RegistryVerified, RegistryAt: begins,
		Profile: ledger.Sealed{WrappedKey: []byte{1, 2}, Box: []byte{3, 4}}, Digest: key(2, n),
		SNILS: ledger.Index(key(3, n)), Phone: ledger.Index(key(4, n)), CreatedAt: begins, UpdatedAt: begins,
	}
}

func entry(n int) ledger.Entry {
	id := key(5, n)
	return ledger.Entry{
		ID: ledger.EntryID(id[:16]), Kind: ledger.KindConfirmation, Partner: "bank-a", Digest: key(6, n), Account: account(n).ID,
		Outcome: ledger.OutcomeConfirmed, Before: ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank,
		Policy: "match/1", Style: "native", Serial: "0a0b", AuthedAt: begins, DecidedAt: begins, Encoding: ledger.EncodingVersion,
	}
}

func key(kind byte, n int) [32]byte { return [32]byte{kind ^ byte(n*31), byte(n), byte(n >> 8), kind} } //nolint:gosec // any bits will do

// confirm is one confirmation: it raises the account, adds an entry and counts, or replays the entry.
func confirm(ctx context.Context, e ledger.Engine, n int) (replayed bool, err error) {
	mine, counter := entry(n), ledger.AttemptKey{Subject: account(n).SNILS}
	keys := ledger.Keys{SNILS: []ledger.Index{account(n).SNILS}, Entries: []ledger.EntryID{mine.ID}, Attempts: []ledger.AttemptKey{counter}}
	err = e.Transact(ctx, keys, func(v *ledger.View) error {
		if _, replayed = v.Entry(mine.ID); replayed {
			return nil
		}
		a, _ := v.AccountBySNILS(account(n).SNILS)
		a.Level, a.Version = ledger.LevelConfirmed, a.Version+1
		v.PutAccount(a)
		v.AddEntry(mine)
		v.SetAttempts(counter, ledger.Attempts{Failures: append(v.Attempts(counter).Failures, begins.Truncate(time.Second))})
		return nil
	})
	return replayed, err
}

// insist confirms, and repeats it while others are in the way, such as what arrives late.
func insist(ctx context.Context, e ledger.Engine, n int) (replayed bool, err error) {
	for range 20 {
		if replayed, err = confirm(ctx, e, n); !errors.Is(err, ledger.ErrConflict) {
			break
		}
	}
	return replayed, err
}

// isStored checks that the confirmation is there whole and once, or not at all.
func isStored(t *testing.T, e ledger.Engine, n int) bool {
	t.Helper()
	a, err := e.Account(t.Context(), account(n).ID)
	must(t, err)
	_, err = e.Entry(t.Context(), entry(n).ID)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		t.Fatal(err)
	}
	isFound, counter, counted := err == nil, ledger.AttemptKey{Subject: account(n).SNILS}, 0
	must(t, e.Transact(t.Context(), ledger.Keys{Attempts: []ledger.AttemptKey{counter}}, func(v *ledger.View) error {
		counted = len(v.Attempts(counter).Failures)
		return nil
	}))
	want := [2]int64{1, 0}
	if isFound {
		want = [2]int64{2, 1}
	}
	if got := [2]int64{a.Version, int64(counted)}; got != want || isFound != (a.Level == ledger.LevelConfirmed) {
		t.Fatalf("entry found: %v; account at level %v, version and counter %v", isFound, a.Level, got)
	}
	return isFound
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
