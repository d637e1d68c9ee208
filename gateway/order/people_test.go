package order_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

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
