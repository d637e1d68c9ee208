package portal_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 22, 9, 0, 0, 250_000_000, time.UTC)

// bench is a Service over a ledger in memory, with a clock that stands still unless told.
type bench struct {
	*portal.Service
	t     testing.TB
	store *ledgertest.Memory
	ring  *seal.Ring

	mu  sync.Mutex
	now time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, store: &ledgertest.Memory{}, ring: ring, now: start}
	b.Service = b.service(b.store, ring)
	return b
}

func (b *bench) service(store ledger.Engine, ring *seal.Ring) *portal.Service {
	b.t.Helper()
	return b.serviceOver(store, store, ring)
}

// serviceReading makes a service that reads elsewhere than it decides.
func (b *bench) serviceReading(reader ledger.Reader) *portal.Service {
	b.t.Helper()
	return b.serviceOver(b.store, reader, b.ring)
}

func (b *bench) serviceOver(store ledger.Transactor, reader ledger.Reader, ring *seal.Ring) *portal.Service {
	b.t.Helper()
	committer, err := group.New(group.Config{Ledger: store})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = committer.Close(context.Background()) })
	s, err := portal.New(portal.Config{Committer: committer, Reader: reader, Ring: ring, Clock: b.clock})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func maria() person.Raw {
	return person.Raw{
		FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: "FEMALE",
		Passport: person.RawPassport{Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД"},
		SNILS:    "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
	}
}

// raw is maria's profile, changed.
func raw(change ...func(*portal.RawProfile)) portal.RawProfile {
	r := portal.RawProfile{Person: maria(), PhoneVerified: true}
	for _, c := range change {
		c(&r)
	}
	return r
}

func id(n byte) ledger.AccountID { return ledger.AccountID{0xac, n} }

func (b *bench) profile(r portal.RawProfile) person.Profile {
	b.t.Helper()
	p, err := b.ParseProfile(r)
	if err != nil {
		b.t.Fatalf("%v: %+v", err, fault.Of(err).Violations)
	}
	return p
}

// standard is a put of maria at STANDARD under id n.
func (b *bench) standard(n byte, change ...func(*portal.RawProfile)) portal.Put {
	b.t.Helper()
	return portal.Put{ID: id(n), Level: ledger.LevelStandard, Profile: b.profile(raw(change...)), Registry: ledger.RegistryVerified, RegistryAt: start}
}

func (b *bench) must(p portal.Put) portal.Stored {
	b.t.Helper()
	s, err := b.Put(context.Background(), p)
	if err != nil {
		b.t.Fatalf("%v: %+v %v", err, fault.Of(err).Violations, fault.Of(err).Unwrap())
	}
	return s
}

// fails puts and expects a fault.
func (b *bench) fails(p portal.Put, want fault.Reason) fault.Fault {
	b.t.Helper()
	s, err := b.Put(context.Background(), p)
	if err == nil {
		b.t.Fatalf("stored %v, want fault %v", s.Result, want)
	}
	f := fault.Of(err)
	if f.Reason != want {
		b.t.Fatalf("fault %v %+v (%v), want %v", f, f.Violations, f.Unwrap(), want)
	}
	return *f
}

func (b *bench) account(n byte) ledger.Account {
	b.t.Helper()
	a, err := b.store.Account(context.Background(), id(n))
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// change changes a stored account behind the portal's back.
func (b *bench) change(n byte, do func(*ledger.Account)) {
	b.t.Helper()
	err := b.store.Transact(context.Background(), ledger.Keys{Accounts: []ledger.AccountID{id(n)}}, func(v *ledger.View) error {
		a, _ := v.Account(id(n))
		do(&a)
		v.PutAccount(a)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// confirmedByBank is what package confirm makes of an account.
func confirmedByBank(a *ledger.Account) {
	a.Level, a.Method, a.ConfirmedBy, a.ConfirmedAt, a.Confirmation = ledger.LevelConfirmed, ledger.MethodBank, "vtb", start, ledger.EntryID{7}
	a.Version++
}

func fields(f fault.Fault) []string {
	var names []string
	for _, v := range f.Violations {
		names = append(names, v.Field)
	}
	return names
}
