package embedded

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/poruka/poruka/ledger"
)

// found is what keys name, with the places of the accounts.
type found struct {
	entries  []ledger.Entry
	accounts map[ledger.AccountID]held
	attempts map[ledger.AttemptKey]ledger.Attempts
}

// view is found as a decision sees it.
func (f *found) view() *ledger.View {
	loaded := ledger.Loaded{Entries: f.entries, Attempts: f.attempts}
	for _, h := range f.accounts {
		loaded.Accounts = append(loaded.Accounts, h.account)
	}
	return ledger.NewView(loaded)
}

// load reads what keys name, in sets: a lone key costs as much to ask for as eight.
func load(c *conn, keys *ledger.Keys) (*found, error) {
	f := &found{accounts: map[ledger.AccountID]held{}, attempts: map[ledger.AttemptKey]ledger.Attempts{}}
	account := func(r row) error {
		if h := scanAccount(r); f.accounts[h.account.ID].number == 0 {
			f.accounts[h.account.ID] = h
		}
		return nil
	}
	entry := func(r row) error {
		p, err := scanEntry(r)
		f.entries = append(f.entries, p.entry)
		return err
	}
	attempt := func(r row) error {
		var a ledger.Attempts
		err := a.UnmarshalBinary(r.bytes(2))
		f.attempts[ledger.AttemptKey{Subject: r.key32(0), Partner: ledger.PartnerID(r.text(1))}] = a
		return err
	}
	for _, set := range []struct {
		query  text
		values []driver.Value
		each   func(row) error
	}{
		{text{query: selectEntries + `id in (`, unit: `?`}, values16(keys.Entries), entry},
		{text{query: selectAccounts + `id in (`, unit: `?`}, values16(keys.Accounts), account},
		{text{query: selectAccounts + `snils in (`, unit: `?`}, values32(keys.SNILS), account},
		{text{query: selectAccounts + `phone in (`, unit: `?`}, values32(keys.Phones), account},
		{text{query: selectAttempts, unit: `(?, ?)`}, attemptValues(keys.Attempts), attempt},
	} {
		if err := inSets(c, set.query, set.values, set.each); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// inSets asks query for values in statements of few sizes, each compiled once; the last value fills a set up.
func inSets(c *conn, query text, values []driver.Value, each func(row) error) error {
	width := strings.Count(query.unit, `?`)
	for len(values) > 0 {
		query.times = setSize(len(values) / width)
		size := query.times * width
		set := values[:min(size, len(values))]
		values = values[len(set):]
		for len(set) < size {
			set = append(set, set[len(set)-width:]...)
		}
		if err := c.ask(context.Background(), each, query, set); err != nil {
			return err
		}
	}
	return nil
}

func setSize(n int) int {
	for _, size := range [...]int{1, 8, 64} {
		if n <= size {
			return size
		}
	}
	return 256
}

func values16[K ~[16]byte](keys []K) []driver.Value {
	values := make([]driver.Value, len(keys))
	for i := range keys {
		key := [16]byte(keys[i])
		values[i] = key[:]
	}
	return values
}

func values32(keys []ledger.Index) []driver.Value {
	values := make([]driver.Value, len(keys))
	for i := range keys {
		values[i] = keys[i][:]
	}
	return values
}

func attemptValues(keys []ledger.AttemptKey) []driver.Value {
	values := make([]driver.Value, 0, 2*len(keys))
	for i := range keys {
		values = append(values, keys[i].Subject[:], string(keys[i].Partner))
	}
	return values
}
