package order_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is noon in Moscow.
var start = time.Date(2026, 11, 22, 9, 0, 0, 250_000_000, time.UTC)

// clock is a clock that stands still unless told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bankList is a roster: vtb is asked, sberbank calls, away is suspended.
type bankList map[partners.ID]partners.Partner

func newBankList() bankList {
	list := bankList{}
	for _, id := range []partners.ID{"sberbank", "vtb", "away"} {
		list[id] = partners.Partner{ID: id, Policy: match.V1, Style: string(id)}
	}
	vtb := list["vtb"]
	vtb.Endpoint = partners.Endpoint{URL: "https://vtb.invalid", OrdersPath: "/orders", Link: "https://vtb.invalid/go?order={order}&code={code}"}
	list["vtb"] = vtb
	return list
}

func (l bankList) Find(id partners.ID) (partners.Partner, bool) { p, ok := l[id]; return p, ok }

func (l bankList) All() []partners.Partner { return nil }

func (l bankList) Check(id partners.ID) (partners.Partner, error) {
	if p, ok := l[id]; ok && id != "away" {
		return p, nil
	}
	return partners.Partner{}, fault.New(fault.Denied, fault.PartnerInactive)
}

// puller is what banks answer to a pull. The zero puller cannot be reached.
type puller struct {
	mu    sync.Mutex
	pull  func(ctx context.Context, order string) (style.Request, error)
	calls int
}

func (p *puller) Pull(ctx context.Context, _ partners.Partner, order string) (style.Request, error) {
	p.mu.Lock()
	p.calls++
	pull := p.pull
	p.mu.Unlock()
	if pull == nil {
		return style.Request{}, &orderUnreachable
	}
	return pull(ctx, order)
}

var orderUnreachable = order.Unreachable{Cause: errors.New("nobody answers")}

func (p *puller) answers(pull func(ctx context.Context, order string) (style.Request, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pull = pull
}

func (p *puller) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// bench is a Service over a ledger.
type bench struct {
	*order.Service
	t       testing.TB
	confirm *confirm.Service
	store   ledger.Engine
	ring    *seal.Ring
	clock   *clock
	banks   bankList
	puller  *puller
	ids     int
	closers []func()

	mu      sync.Mutex
	failed  []error
	decided []string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return benchOn(t, &ledgertest.Memory{}, newRing(t))
}

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// onEachLedger runs a test on the ledger in memory and on SQLite.
func onEachLedger(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Run("memory", func(t *testing.T) { test(t, newBench(t)) })
	t.Run("sqlite", func(t *testing.T) {
		store, err := embedded.Open(embedded.Config{Path: filepath.Join(t.TempDir(), "ledger.db"), Clock: func() time.Time { return start }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		test(t, benchOn(t, store, newRing(t)))
	})
}

func benchOn(t testing.TB, store ledger.Engine, ring *seal.Ring) *bench {
	t.Helper()
	b := &bench{t: t, store: store, ring: ring, clock: &clock{now: start}, banks: newBankList(), puller: &puller{}}
	b.gateway(ring)
	return b
}

// gateway makes a further gateway on the same ledger the one that is asked.
func (b *bench) gateway(ring *seal.Ring) {
	b.t.Helper()
	b.ring = ring
	committer, err := group.New(group.Config{Ledger: b.store})
	if err != nil {
		b.t.Fatal(err)
	}
	b.closers = append(b.closers, func() { _ = committer.Close(context.Background()) })
	b.t.Cleanup(b.closeCommitters)
	b.confirm, err = confirm.New(confirm.Config{Committer: committer, Reader: b.store, Ring: ring, Clock: b.clock.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Service, err = order.New(order.Config{
		Committer: committer, Reader: b.store, Ring: ring, Directory: b.banks, Banks: b.banks, Confirm: b.confirm, Clock: b.clock.Now, Puller: b.puller,
		Failed: func(_ context.Context, _ partners.ID, reason error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.failed = append(b.failed, reason)
		},
		Decided: func(bank, outcome string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.decided = append(b.decided, bank+" "+outcome)
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) closeCommitters() {
	for _, c := range b.closers {
		c()
	}
	b.closers = nil
}
