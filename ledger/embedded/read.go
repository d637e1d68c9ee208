package embedded

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/poruka/poruka/ledger"
)

// MaxPage is the most that one page of a list holds.
const MaxPage = 10_000

// Account reads an account by id, or ledger.ErrNotFound.
func (s *Store) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return s.account(ctx, selectAccounts+`id = ?`, id[:])
}

// AccountBySNILS reads the account that holds a SNILS, or ledger.ErrNotFound.
func (s *Store) AccountBySNILS(ctx context.Context, index ledger.Index) (ledger.Account, error) {
	return s.account(ctx, selectAccounts+`snils = ?`, index[:])
}

func (s *Store) account(ctx context.Context, query string, key []byte) (ledger.Account, error) {
	var h held
	err := s.read(ctx, func(c *conn) error {
		return c.query(func(r row) error { h = scanAccount(r); return nil }, query, key)
	})
	if err == nil && h.number == 0 {
		err = ledger.ErrNotFound
	}
	return h.account, err
}

// Accounts lists accounts in the order of their ids.
func (s *Store) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	var accounts []ledger.Account
	err := s.read(ctx, func(c *conn) error {
		return c.ask(ctx, func(r row) error { accounts = append(accounts, scanAccount(r).account); return nil },
			text{query: selectAccounts + `id > ? order by id limit ?`}, []driver.Value{after[:], int64(limitOf(ledger.Page{Limit: limit}))})
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// Entry reads an entry by id, or ledger.ErrNotFound.
func (s *Store) Entry(ctx context.Context, id ledger.EntryID) (ledger.Entry, error) {
	var p placed
	err := s.read(ctx, func(c *conn) error {
		return c.query(func(r row) (err error) { p, err = scanEntry(r); return err }, selectEntries+`id = ?`, id[:])
	})
	if err == nil && p.position == 0 {
		err = ledger.ErrNotFound
	}
	return p.entry, err
}

// EntriesOfAccount lists the entries of an account, newest first.
func (s *Store) EntriesOfAccount(ctx context.Context, id ledger.AccountID, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	after, until, err := span(page)
	if err != nil {
		return nil, "", err
	}
	if after == 0 {
		after = math.MaxInt64
	}
	l := list{limit: limitOf(page)}
	err = s.read(ctx, func(c *conn) error {
		return l.fill(ctx, c, selectEntries+`account = ? and position < ? and position >= ? order by position desc limit ?`,
			id[:], after, until)
	})
	if err != nil {
		return nil, "", err
	}
	return l.entries, l.next, nil
}

// read runs work on a snapshot of what is committed.
func (s *Store) read(ctx context.Context, work func(*conn) error) error {
	return s.readers.use(ctx, func(c *conn) error {
		if err := work(c); err != nil {
			return unavailable(err)
		}
		return nil
	})
}

func limitOf(page ledger.Page) int { return min(max(page.Limit, 1), MaxPage) }

// list is a page being filled.
type list struct {
	limit   int
	entries []ledger.Entry
	last    int64         // position of the last entry
	next    ledger.Cursor // set once an entry beyond the page was seen
}

func (l *list) full() bool { return l.next != "" }

// fill appends what query finds. Its last parameter, the limit, is added here: one more than there is room for.
func (l *list) fill(ctx context.Context, c *conn, query string, args ...driver.Value) error {
	return c.ask(ctx, func(r row) error {
		if len(l.entries) == l.limit {
			l.next = cursorAt(l.last)
			return nil
		}
		p, err := scanEntry(r)
		l.entries, l.last = append(l.entries, p.entry), p.position
		return err
	}, text{query: query}, append(args, int64(l.limit-len(l.entries)+1)))
}
