package crdb

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/poruka/poruka/ledger"
)

// load reads what keys name, in one round trip.
func load(ctx context.Context, t *tx, keys ledger.Keys) (ledger.Loaded, error) {
	var found ledger.Loaded
	var calls []call
	if locks := lockKeys(keys); locks != nil && t.statements.lock != nil {
		calls = append(calls, call{statement: t.statements.lock, args: [][]byte{locks}})
	}
	if c, ok := t.statements.findAccounts(keys); ok {
		c.read = func(r *row) { found.Accounts = append(found.Accounts, r.account()) }
		calls = append(calls, c)
	}
	if len(keys.Entries) > 0 {
		calls = append(calls, call{
			statement: t.statements.entriesByID, args: [][]byte{entryIDs(keys.Entries)},
			read: func(r *row) { found.Entries = append(found.Entries, r.entry()) },
		})
	}
	if len(keys.Attempts) > 0 {
		found.Attempts = make(map[ledger.AttemptKey]ledger.Attempts, len(keys.Attempts))
		calls = append(calls, t.statements.findAttempts(keys.Attempts, found.Attempts))
	}
	err := t.query(ctx, "read", calls...)
	return found, err
}

// findAccounts asks by one kind of key where it can: that is one look-up for each account.
func (s *statements) findAccounts(keys ledger.Keys) (call, bool) {
	byID, bySNILS, byPhone := len(keys.Accounts) > 0, len(keys.SNILS) > 0, len(keys.Phones) > 0
	switch {
	case byPhone || (byID && bySNILS):
		return call{statement: s.accountsByAny, args: [][]byte{accountIDs(keys.Accounts), indexes(keys.SNILS), indexes(keys.Phones)}}, true
	case byID:
		return call{statement: s.accountsByID, args: [][]byte{accountIDs(keys.Accounts)}}, true
	case bySNILS:
		return call{statement: s.accountsBySNILS, args: [][]byte{indexes(keys.SNILS)}}, true
	}
	return call{}, false
}

func (s *statements) findAttempts(keys []ledger.AttemptKey, into map[ledger.AttemptKey]ledger.Attempts) call {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compareAttemptKeys)
	keys = slices.Compact(keys)
	subjects, partners := newArray(oidBytes, 36*len(keys)), newArray(oidText, 20*len(keys))
	for _, k := range keys {
		subjects.add(k.Subject[:])
		partners.addText(string(k.Partner))
	}
	args := finished(subjects, partners)
	if s.wholeSubjects {
		args = args[:1]
	}
	return call{statement: s.attemptsByKey, args: args, read: func(r *row) {
		var key ledger.AttemptKey
		r.fixed(key.Subject[:])
		key.Partner = ledger.PartnerID(r.text())
		var a ledger.Attempts
		if err := a.UnmarshalBinary(r.column()); err != nil {
			r.err = errRow
		}
		if _, isAsked := slices.BinarySearchFunc(keys, key, compareAttemptKeys); isAsked {
			into[key] = a
		}
	}}
}

func compareAttemptKeys(a, b ledger.AttemptKey) int {
	return cmp.Or(bytes.Compare(a.Subject[:], b.Subject[:]), cmp.Compare(a.Partner, b.Partner))
}

func entryIDs(ids []ledger.EntryID) []byte {
	a := newArray(oidUUID, 20*len(ids))
	for _, id := range ids {
		a.add(id[:])
	}
	return a.bytes()
}

func accountIDs(ids []ledger.AccountID) []byte {
	a := newArray(oidUUID, 20*len(ids))
	for _, id := range ids {
		a.add(id[:])
	}
	return a.bytes()
}

// indexes leaves out the zero index, which no account has.
func indexes(keys []ledger.Index) []byte {
	a := newArray(oidBytes, 36*len(keys))
	for _, k := range keys {
		if !k.IsZero() {
			a.add(k[:])
		}
	}
	return a.bytes()
}
