package crdb

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// settleTimeout is how long settling may go on when the caller's time is over.
const settleTimeout = time.Second

// settle finds out whether the writes of a transaction whose COMMIT was not answered are stored. Neither settled nor an
// error: they were not there. The transaction may still arrive late; running it again with the same keys is safe, for it
// waits for the locks of the first or runs into its keys.
func (s *Store) settle(ctx context.Context, t *transaction) (settled bool, err error) {
	isOver := ctx.Err() != nil
	if isOver {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
	}
	t.told.Settled++
	s.suspect()
	for n := 2; ; n++ {
		state, f := s.readBack(ctx, t)
		switch {
		case f == nil && state == stored:
			t.told.Entries = len(t.writes.Entries)
			return true, nil
		case f == nil && state == absent && !isOver:
			return false, nil
		case f == nil:
			return false, fmt.Errorf("%w: not to be told by reading back", ledger.ErrOutcomeUnknown)
		case f.class == giveUp || f.class == refused:
			return false, fmt.Errorf("%w: while reading back: %w", ledger.ErrOutcomeUnknown, f)
		}
		if err := pause(ctx, backoff(n)); err != nil {
			return false, fmt.Errorf("%w: while reading back: %w", ledger.ErrOutcomeUnknown, f)
		}
	}
}

// state is what reading back shows of writes.
type state int

const (
	stored  state = iota + 1
	absent        // everything is as it was before, or another's entry has the key
	clouded       // others have changed it since
)

// readBack looks for the writes of t on a connection of its own. Entries prove everything that was stored with them.
func (s *Store) readBack(ctx context.Context, t *transaction) (state, *failure) {
	l, err := s.link(ctx, s.requests)
	if err != nil {
		return 0, failureOf(err)
	}
	defer l.conn.Release()
	found, w := ledger.Loaded{Attempts: map[ledger.AttemptKey]ledger.Attempts{}}, t.evidence()
	var calls []call
	judge := func() state { return judgeEntries(w.Entries, found.Entries) }
	switch {
	case len(w.Entries) > 0:
		ids := make([]ledger.EntryID, len(w.Entries))
		for i, e := range w.Entries {
			ids[i] = e.ID
		}
		calls = []call{{
			statement: s.statements.entriesByID, args: [][]byte{entryIDs(ids)},
			read: func(r *row) { found.Entries = append(found.Entries, r.entry()) },
		}}
	case len(w.Created)+len(w.Updated) > 0:
		var ids []ledger.AccountID
		for _, a := range slices.Concat(w.Created, w.Updated) {
			ids = append(ids, a.ID)
		}
		// FOR UPDATE: a transaction that still holds them is waited for.
		calls = []call{{
			statement: s.statements.accountsByID, args: [][]byte{accountIDs(ids)},
			read: func(r *row) { found.Accounts = append(found.Accounts, r.account()) },
		}}
		judge = func() state { return judgeAccounts(w, t.found.Accounts, found.Accounts) }
	case len(w.Attempts) == 0:
		return clouded, nil
	default:
		var keys []ledger.AttemptKey
		for key := range w.Attempts {
			keys = append(keys, key)
		}
		calls = []call{s.statements.findAttempts(keys, found.Attempts)}
		judge = func() state { return judgeAttempts(w.Attempts, t.found.Attempts, found.Attempts) }
	}
	t.told.RoundTrips++
	if _, err := l.send(ctx, calls); err != nil {
		return 0, classify(ctx, "read back", reading, err)
	}
	return judge(), nil
}

// evidence gives the writes that, when they are there, must be those of t: it looked for their keys, and what it found was
// different.
func (t *transaction) evidence() ledger.Writes {
	w := ledger.Writes{Attempts: map[ledger.AttemptKey]ledger.Attempts{}}
	for _, e := range t.writes.Entries {
		wasThere := slices.ContainsFunc(t.found.Entries, func(old ledger.Entry) bool { return old.ID == e.ID })
		if !wasThere && slices.Contains(t.keys.Entries, e.ID) {
			w.Entries = append(w.Entries, e)
		}
	}
	for _, a := range t.writes.Created {
		if slices.Contains(t.keys.Accounts, a.ID) || slices.Contains(t.keys.SNILS, a.SNILS) || slices.Contains(t.keys.Phones, a.Phone) {
			w.Created = append(w.Created, a)
		}
	}
	for _, a := range t.writes.Updated {
		if !slices.ContainsFunc(t.found.Accounts, func(old ledger.Account) bool { return old.ID == a.ID && sameState(a, old) }) {
			w.Updated = append(w.Updated, a)
		}
	}
	for key, counter := range t.writes.Attempts {
		if slices.Contains(t.keys.Attempts, key) && !reflect.DeepEqual(seconds(counter), seconds(t.found.Attempts[key])) {
			w.Attempts[key] = counter
		}
	}
	return w
}

// sameState compares what every change of an account changes a part of.
func sameState(want, have ledger.Account) bool {
	return have.Version == want.Version && have.Digest == want.Digest && have.Level == want.Level && have.UpdatedAt.Equal(micros(want.UpdatedAt))
}

func judgeEntries(want, have []ledger.Entry) state {
	if len(have) < len(want) {
		return absent
	}
	for _, e := range have {
		i := slices.IndexFunc(want, func(w ledger.Entry) bool { return w.ID == e.ID })
		if i < 0 || !sameEntry(want[i], e) {
			return absent // the next attempt finds it and replays it
		}
	}
	return stored
}

// sameEntry compares an entry with what was read back of it.
func sameEntry(want, have ledger.Entry) bool {
	if !slices.Equal(want.Reasons, have.Reasons) || !slices.Equal(want.Fields, have.Fields) || !slices.Equal(want.Commitments, have.Commitments) {
		return false
	}
	want.Reasons, want.Fields, have.Reasons, have.Fields = nil, nil, nil, nil
	want.Commitments, have.Commitments = nil, nil
	want.AuthedAt, want.DecidedAt = micros(want.AuthedAt), micros(want.DecidedAt)
	return reflect.DeepEqual(want, have)
}

func judgeAccounts(w ledger.Writes, before, have []ledger.Account) state {
	byID := func(list []ledger.Account, id ledger.AccountID) (ledger.Account, bool) {
		i := slices.IndexFunc(list, func(a ledger.Account) bool { return a.ID == id })
		if i < 0 {
			return ledger.Account{}, false
		}
		return list[i], true
	}
	verdict := state(0)
	for _, want := range slices.Concat(w.Created, w.Updated) {
		now, exists := byID(have, want.ID)
		old, existed := byID(before, want.ID)
		seen := clouded
		switch {
		case exists && sameState(want, now):
			seen = stored
		case exists == existed && now.Version == old.Version:
			seen = absent
		}
		if verdict != 0 && seen != verdict {
			return clouded
		}
		verdict = seen
	}
	return verdict
}

func judgeAttempts(want, before, have map[ledger.AttemptKey]ledger.Attempts) state {
	verdict := state(0)
	for key := range want {
		seen := clouded
		switch {
		case reflect.DeepEqual(seconds(have[key]), seconds(want[key])):
			seen = stored
		case reflect.DeepEqual(have[key], before[key]):
			seen = absent
		}
		if verdict != 0 && seen != verdict {
			return clouded
		}
		verdict = seen
	}
	return verdict
}

// seconds gives attempts as they are stored.
func seconds(a ledger.Attempts) ledger.Attempts {
	data, err := a.MarshalBinary()
	if err != nil || a.UnmarshalBinary(data) != nil {
		return ledger.Attempts{}
	}
	return a
}
