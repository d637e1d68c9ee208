package order_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/poruka/poruka/ledger/person"
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

// maria is an invented person.
func maria() person.Raw {
	return person.Raw{
		FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: "FEMALE", Citizenship: "RUS",
		Passport: person.RawPassport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
		SNILS:    "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
	}
}

// oleg is another.
func oleg() person.Raw {
	raw := maria()
	raw.FamilyName, raw.GivenName, raw.Sex, raw.SNILS, raw.MobilePhone = "Кузнецов", "Олег", "MALE", "112-233-446 96", "+79161234568"
	return raw
}

// put stores an account.
func (b *bench) put(n byte, owner person.Raw, change ...func(*ledger.Account)) ledger.AccountID {
	b.t.Helper()
	p, _, err := person.Parse(owner, nil, person.DateOf(start))
	if err != nil {
		b.t.Fatal(err)
	}
	data, err := person.Profile{Person: p, PhoneVerified: true}.MarshalBinary()
	if err != nil {
		b.t.Fatal(err)
	}
	id := ledger.AccountID{0xac, n}
	sealed, err := b.ring.Seal(id, data)
	if err != nil {
		b.t.Fatal(err)
	}
	a := ledger.Account{
		ID: id, Level: ledger.LevelStandard, Version: 1, Profile: sealed, SNILS: b.ring.SNILS(p.SNILS.Digits()), CreatedAt: start, UpdatedAt: start,
	}
	for _, c := range change {
		c(&a)
	}
	err = b.store.Transact(b.t.Context(), ledger.Keys{Accounts: []ledger.AccountID{id}}, func(v *ledger.View) error { v.PutAccount(a); return nil })
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// next makes a UUID of its own each time.
func (b *bench) next() string {
	b.ids++
	return fmt.Sprintf("7b0c1e9e-6a5f-4a52-9f0c-%012x", b.ids)
}

func (b *bench) create(account ledger.AccountID, bank partners.ID) order.Order {
	b.t.Helper()
	o, err := b.Create(b.t.Context(), order.Create{Account: account, Bank: bank, RequestID: b.next(), Serial: "0af3"})
	if err != nil {
		b.t.Fatalf("creating: %v: %v", err, errors.Unwrap(err))
	}
	return o
}

func (b *bench) get(id ledger.OrderID) order.Order {
	b.t.Helper()
	o, err := b.Get(b.t.Context(), id)
	if err != nil {
		b.t.Fatalf("reading: %v: %v", err, errors.Unwrap(err))
	}
	return o
}

// asks gives a request about a person that is fine in everything else.
func (b *bench) asks(id string, raw person.Raw, change ...func(*confirm.Request)) confirm.Request {
	b.t.Helper()
	claimed, trace, err := b.confirm.Parse(raw, partners.Partner{})
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.clock.Now()
	r := confirm.Request{
		ID: id, Person: claimed, Trace: trace, BankAccount: confirm.BankAccount{Active: true, PhoneBound: true},
		Authentication: confirm.Authentication{Means: ledger.AuthenticatedBySMS, At: now.Add(-30 * time.Second)},
		Consent:        confirm.Consent{Given: true, At: now.Add(-40 * time.Second)},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

// pulled is what a bank tells of a person when it is asked.
func (b *bench) pulled(id string, raw person.Raw) style.Request {
	now := b.clock.Now()
	return style.Request{
		ID: id, Person: raw, AccountActive: true, PhoneBound: true, Means: "APP", AuthenticatedAt: now.Add(-30 * time.Second), ConsentGiven: true,
		ConsentAt: now.Add(-40 * time.Second),
	}
}

func (b *bench) confirms(bank partners.ID, r confirm.Request) (confirm.Decision, error) {
	return b.confirm.Confirm(b.t.Context(), confirm.Caller{Partner: b.banks[bank], Serial: "0af3", Style: confirm.Native}, r)
}

func (b *bench) mustConfirm(bank partners.ID, r confirm.Request) ledger.Entry {
	b.t.Helper()
	d, err := b.confirms(bank, r)
	if err != nil {
		b.t.Fatalf("confirming: %v: %v", err, errors.Unwrap(err))
	}
	return d.Entry
}

// refused expects a fault.
func refused(t testing.TB, err error, want fault.Reason) fault.Fault {
	t.Helper()
	if err == nil {
		t.Fatalf("no fault, want %v", want)
	}
	f := fault.Of(err)
	if f.Reason != want {
		t.Fatalf("fault %v (%v), want %v", f, f.Unwrap(), want)
	}
	return *f
}

func (b *bench) entries() []ledger.Entry {
	b.t.Helper()
	list, _, err := b.store.Entries(b.t.Context(), ledger.Filter{}, ledger.Page{Limit: 1 << 20})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// failures gives how often claims about a person failed, at all banks.
func (b *bench) failures(raw person.Raw) (n int) {
	b.t.Helper()
	snils, err := person.ParseSNILS(raw.SNILS)
	if err != nil {
		b.t.Fatal(err)
	}
	key := ledger.AttemptKey{Subject: b.ring.SNILS(snils.Digits())}
	err = b.store.Transact(b.t.Context(), ledger.Keys{Attempts: []ledger.AttemptKey{key}}, func(v *ledger.View) error {
		n = len(v.Attempts(key).Failures)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}
