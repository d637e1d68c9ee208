package confirm_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// start is noon in Moscow.
var start = time.Date(2026, 11, 22, 9, 0, 0, 250_000_000, time.UTC)

// bench is a Service over a ledger.
type bench struct {
	*confirm.Service
	t     testing.TB
	store ledger.Engine
	ring  *seal.Ring
	clock *clock
	ids   int
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return benchOn(t, &ledgertest.Memory{}, newRing(t))
}

// onEachLedger runs a test on the ledger in memory and on SQLite.
func onEachLedger(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Run("memory", func(t *testing.T) { test(t, newBench(t)) })
	t.Run("sqlite", func(t *testing.T) {
		test(t, benchOn(t, openSQLite(t, filepath.Join(t.TempDir(), "ledger.db")), newRing(t)))
	})
}

func openSQLite(t testing.TB, path string) *embedded.Store {
	t.Helper()
	store, err := embedded.Open(embedded.Config{Path: path, Clock: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// broken makes the ledger in memory refuse to store; nil mends it.
func (b *bench) broken(err error) {
	b.t.Helper()
	memory, ok := b.store.(*ledgertest.Memory)
	if !ok {
		b.t.Fatal("only the ledger in memory can be broken")
	}
	memory.Fault = nil
	if err != nil {
		memory.Fault = func(ledger.Writes) error { return err }
	}
}

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func benchOn(t testing.TB, store ledger.Engine, ring *seal.Ring) *bench {
	t.Helper()
	b := &bench{t: t, store: store, ring: ring, clock: &clock{now: start}}
	b.Service = b.service(store, 0)
	return b
}

// service makes a further gateway on the same ledger.
func (b *bench) service(store ledger.Engine, maxRunning int) *confirm.Service {
	b.t.Helper()
	committer, err := group.New(group.Config{Ledger: store})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = committer.Close(context.Background()) })
	s, err := confirm.New(confirm.Config{Committer: committer, Reader: store, Ring: b.ring, Clock: b.clock.Now, MaxRunning: maxRunning})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// maria is an invented person.
func maria() person.Raw {
	return person.Raw{
		FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: "FEMALE", Citizenship: "RUS",
		Passport: person.RawPassport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
		SNILS:    "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
	}
}

// stored is an account to put into the ledger.
type stored struct {
	id         byte
	level      ledger.Level
	method     ledger.Method
	registryAt time.Time
	owner      person.Raw
	unverified bool // phone
	previous   []person.RawPassport
}

func mariasAccount() stored { return stored{id: 1, level: ledger.LevelStandard, owner: maria()} }

func (b *bench) parse(raw person.Raw) person.Person {
	b.t.Helper()
	p, _, err := person.Parse(raw, nil, person.DateOf(start))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) put(s stored) ledger.AccountID {
	b.t.Helper()
	profile := person.Profile{Person: b.parse(s.owner), PhoneVerified: !s.unverified}
	for _, raw := range s.previous {
		profile.Previous = append(profile.Previous, b.parse(person.Raw{Passport: raw}).Passport)
	}
	data, err := profile.MarshalBinary()
	if err != nil {
		b.t.Fatal(err)
	}
	id := ledger.AccountID{0xac, s.id}
	sealed, err := b.ring.Seal(id, data)
	if err != nil {
		b.t.Fatal(err)
	}
	a := ledger.Account{
		ID: id, Level: s.level, Method: s.method, Version: 1, RegistryAt: s.registryAt, Profile: sealed,
		SNILS: b.ring.SNILS(profile.SNILS.Digits()), CreatedAt: start, UpdatedAt: start,
	}
	b.change(func(v *ledger.View) { v.PutAccount(a) }, ledger.Keys{Accounts: []ledger.AccountID{id}})
	return id
}

func (b *bench) change(do func(*ledger.View), keys ledger.Keys) {
	b.t.Helper()
	if err := b.store.Transact(context.Background(), keys, func(v *ledger.View) error { do(v); return nil }); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) account(id ledger.AccountID) ledger.Account {
	b.t.Helper()
	a, err := b.store.Account(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *bench) entries() []ledger.Entry {
	b.t.Helper()
	list, _, err := b.store.Entries(context.Background(), ledger.Filter{}, ledger.Page{Limit: 1 << 20})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// bank makes a caller.
func bank(id partners.ID) confirm.Caller {
	return confirm.Caller{Partner: partners.Partner{ID: id, Policy: match.V1}, Serial: "0af3", Style: confirm.Native}
}

// requestID makes a UUID of its own for each n.
func requestID(n int) string { return fmt.Sprintf("7b0c1e9e-6a5f-4a52-9f0c-%012x", n) }

// ask makes a request about a person that is fine in everything else, with an id of its own.
func (b *bench) ask(raw person.Raw, change ...func(*confirm.Request)) confirm.Request {
	b.t.Helper()
	b.ids++
	claimed, trace, err := b.Parse(raw, partners.Partner{})
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.clock.Now()
	r := confirm.Request{
		ID: requestID(b.ids), Person: claimed, Trace: trace, BankAccount: confirm.BankAccount{Active: true, PhoneBound: true},
		Authentication: confirm.Authentication{Means: ledger.AuthenticatedBySMS, At: now.Add(-30 * time.Second)},
		Consent:        confirm.Consent{Given: true, At: now.Add(-40 * time.Second)},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

// must confirms and does not expect a fault.
func (b *bench) must(who confirm.Caller, r confirm.Request) confirm.Decision {
	b.t.Helper()
	d, err := b.Confirm(context.Background(), who, r)
	if err != nil {
		b.t.Fatalf("fault %v: %v", err, fault.Of(err).Unwrap())
	}
	return d
}

// fails confirms and expects a fault.
func (b *bench) fails(who confirm.Caller, r confirm.Request, want fault.Reason) fault.Fault {
	b.t.Helper()
	d, err := b.Confirm(context.Background(), who, r)
	if err == nil {
		b.t.Fatalf("outcome %v, want fault %v", d.Entry.Outcome, want)
	}
	f := fault.Of(err)
	if f.Reason != want {
		b.t.Fatalf("fault %v (%v), want %v", f, f.Unwrap(), want)
	}
	return *f
}

// with changes a person.
func with(raw person.Raw, change func(*person.Raw)) person.Raw {
	change(&raw)
	return raw
}

// counted gives the counters of maria for a bank, or over all.
func (b *bench) counted(partner ledger.PartnerID) (failures, closes int) {
	b.t.Helper()
	key := ledger.AttemptKey{Subject: b.ring.SNILS("11223344595"), Partner: partner}
	b.change(func(v *ledger.View) {
		a := v.Attempts(key)
		failures, closes = len(a.Failures), len(a.Closes)
	}, ledger.Keys{Attempts: []ledger.AttemptKey{key}})
	return failures, closes
}

func partnerID(name string) partners.ID { return partners.ID(name) }

func partnersNone() partners.Partner { return partners.Partner{} }
