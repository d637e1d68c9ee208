package crdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
)

// reads may be repeated at will: one loss of a connection is nobody's business.
const readAttempts = 3

// read runs statements outside of any transaction, in one round trip. Each sees what is there when its turn comes.
func (s *Store) read(ctx context.Context, pool *pgxpool.Pool, calls ...call) error {
	for n := 1; ; n++ {
		f := s.readOnce(ctx, pool, calls)
		if f == nil {
			return nil
		}
		if f.class == reconnect {
			s.suspect()
		}
		if n == readAttempts || (f.class != reconnect && f.class != again) || pause(ctx, backoff(n+1)) != nil {
			return f.public()
		}
	}
}

func (s *Store) readOnce(ctx context.Context, pool *pgxpool.Pool, calls []call) *failure {
	l, err := s.link(ctx, pool)
	if err != nil {
		return failureOf(err)
	}
	defer l.conn.Release()
	if _, err := l.send(ctx, calls); err != nil {
		return classify(ctx, calls[0].name, reading, err)
	}
	return nil
}

// Account implements ledger.Reader.
func (s *Store) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return s.oneAccount(ctx, s.statements.account, id[:])
}

// AccountBySNILS implements ledger.Reader.
func (s *Store) AccountBySNILS(ctx context.Context, index ledger.Index) (ledger.Account, error) {
	if index.IsZero() {
		return ledger.Account{}, ledger.ErrNotFound
	}
	return s.oneAccount(ctx, s.statements.accountBySNILS, index[:])
}

func (s *Store) oneAccount(ctx context.Context, by *statement, key []byte) (ledger.Account, error) {
	var found []ledger.Account
	err := s.read(ctx, s.requests, call{statement: by, args: [][]byte{key}, read: func(r *row) { found = append(found, r.account()) }})
	return only(found, err)
}

// Accounts implements ledger.Census.
func (s *Store) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	var accounts []ledger.Account
	text := "SELECT " + accountColumns + fmt.Sprintf(" FROM account WHERE id > $1::UUID ORDER BY id LIMIT %d", max(limit, 1))
	err := s.report(ctx, s.reports, "census", text, [][]byte{after[:]}, func(r *row) {
		if r.isFirst {
			accounts = nil
		}
		accounts = append(accounts, r.account())
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// Entry implements ledger.Reader.
func (s *Store) Entry(ctx context.Context, id ledger.EntryID) (ledger.Entry, error) {
	var found []ledger.Entry
	err := s.read(ctx, s.requests, call{
		statement: s.statements.entry, args: [][]byte{id[:]},
		read: func(r *row) { found = append(found, r.entry()) },
	})
	return only(found, err)
}

// only gives the last of what was found; a reading that was repeated may have found it before.
func only[T any](found []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(found) == 0 {
		return zero, ledger.ErrNotFound
	}
	return found[len(found)-1], nil
}

// EntriesOfAccount implements ledger.Reader.
func (s *Store) EntriesOfAccount(ctx context.Context, id ledger.AccountID, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	after, errAfter := parseCursor(page.After)
	until, errUntil := parseCursor(page.Until)
	if err := errors.Join(errAfter, errUntil); err != nil {
		return nil, "", err
	}
	if id.IsZero() {
		return nil, "", nil
	}
	q := newQuery(s.dialect)
	q.where("account = %s::UUID", id[:])
	if !after.isZero() {
		q.wherePlace("<", after.place)
	}
	if !until.isZero() {
		q.wherePlace(">=", until.place)
	}
	return s.list(ctx, s.requests, q, " ORDER BY entry.place DESC, entry.ordinal DESC", page.Limit, "")
}
