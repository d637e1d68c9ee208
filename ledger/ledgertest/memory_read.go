package ledgertest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// copyEntry gives an entry as a store gives it back: in microseconds UTC, without empty slices, sharing no memory.
func copyEntry(e ledger.Entry) ledger.Entry {
	e.AuthedAt, e.DecidedAt = stored(e.AuthedAt), stored(e.DecidedAt)
	e.Reasons = append([]ledger.Reason(nil), e.Reasons...)
	e.Fields = append([]ledger.FieldResult(nil), e.Fields...)
	e.Commitments = append([]ledger.Commitment(nil), e.Commitments...)
	return e
}

func copyAccount(a ledger.Account) ledger.Account {
	a.ConfirmedAt, a.RegistryAt = stored(a.ConfirmedAt), stored(a.RegistryAt)
	a.CreatedAt, a.UpdatedAt = stored(a.CreatedAt), stored(a.UpdatedAt)
	a.Profile.WrappedKey = append([]byte(nil), a.Profile.WrappedKey...)
	a.Profile.Box = append([]byte(nil), a.Profile.Box...)
	return a
}

func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// Account reads an account by id.
func (m *Memory) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.Account{}, err
	}
	defer m.unlock()
	a, ok := m.accounts[id]
	if !ok {
		return ledger.Account{}, ledger.ErrNotFound
	}
	return copyAccount(a), nil
}

// AccountBySNILS reads the account that holds a SNILS.
func (m *Memory) AccountBySNILS(ctx context.Context, index ledger.Index) (ledger.Account, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.Account{}, err
	}
	defer m.unlock()
	a, ok := m.accounts[m.snils[index]]
	if !ok {
		return ledger.Account{}, ledger.ErrNotFound
	}
	return copyAccount(a), nil
}

// Accounts lists accounts in the order of their ids.
func (m *Memory) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	byID := func(a, b ledger.AccountID) int { return bytes.Compare(a[:], b[:]) }
	var out []ledger.Account
	for _, id := range slices.SortedFunc(maps.Keys(m.accounts), byID) {
		if byID(id, after) > 0 && len(out) < max(limit, 1) {
			out = append(out, copyAccount(m.accounts[id]))
		}
	}
	return out, nil
}

// Entry reads an entry by id.
func (m *Memory) Entry(ctx context.Context, id ledger.EntryID) (ledger.Entry, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.Entry{}, err
	}
	defer m.unlock()
	place, ok := m.places[id]
	if !ok {
		return ledger.Entry{}, ledger.ErrNotFound
	}
	return copyEntry(m.entries[place]), nil
}

// EntriesOfAccount lists the entries of an account, newest first.
func (m *Memory) EntriesOfAccount(ctx context.Context, id ledger.AccountID, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	return m.list(ctx, page, true, func(e ledger.Entry) bool { return e.Account == id && !id.IsZero() })
}

// Entries lists entries in the order of the ledger.
func (m *Memory) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	return m.list(ctx, page, false, filterFunc(filter))
}

func filterFunc(f ledger.Filter) func(ledger.Entry) bool {
	return func(e ledger.Entry) bool {
		return (f.From.IsZero() || !e.DecidedAt.Before(f.From)) && (f.To.IsZero() || e.DecidedAt.Before(f.To)) &&
			(f.Partner == "" || e.Partner == f.Partner) && (f.Outcome == ledger.OutcomeNone || e.Outcome == f.Outcome)
	}
}

// list walks positions from 1 upwards, or from the newest downwards.
func (m *Memory) list(ctx context.Context, page ledger.Page, newestFirst bool, choose func(ledger.Entry) bool) ([]ledger.Entry, ledger.Cursor, error) {
	if err := m.lock(ctx); err != nil {
		return nil, "", err
	}
	defer m.unlock()
	after, errAfter := place(page.After)
	until, errUntil := place(page.Until)
	if err := cmp.Or(errAfter, errUntil); err != nil {
		return nil, "", err
	}
	var out []ledger.Entry
	last := 0
	for n := range m.entries {
		position := n + 1
		if newestFirst {
			position = len(m.entries) - n
		}
		if !within(position, after, until, newestFirst) || !choose(m.entries[position-1]) {
			continue
		}
		if len(out) == max(page.Limit, 1) {
			return out, cursorAt(last), nil
		}
		out, last = append(out, copyEntry(m.entries[position-1])), position
	}
	return out, "", nil
}

func within(position, after, until int, newestFirst bool) bool {
	if newestFirst {
		return (after == 0 || position < after) && (until == 0 || position >= until)
	}
	return position > after && (until == 0 || position <= until)
}

func cursorAt(position int) ledger.Cursor {
	return ledger.Cursor(hex.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(position)))) //nolint:gosec // not negative
}

func place(c ledger.Cursor) (int, error) {
	if c == "" {
		return 0, nil
	}
	raw, err := hex.DecodeString(string(c))
	if err != nil || len(raw) != 8 || raw[0] > 0x7f {
		return 0, ledger.ErrCursor
	}
	return int(binary.BigEndian.Uint64(raw)), nil //nolint:gosec // checked
}

// Head is the place of the newest entry.
func (m *Memory) Head(ctx context.Context) (ledger.Cursor, error) {
	if err := m.lock(ctx); err != nil {
		return "", err
	}
	defer m.unlock()
	if len(m.entries) == 0 {
		return "", nil
	}
	return cursorAt(len(m.entries)), nil
}

// Summary counts entries.
func (m *Memory) Summary(ctx context.Context, filter ledger.Filter) ([]ledger.Count, error) {
	entries, _, err := m.Entries(ctx, filter, ledger.Page{Limit: int(^uint(0) >> 1)})
	if err != nil {
		return nil, err
	}
	return Recount(entries), nil
}

// Recount is the Summary of entries.
func Recount(entries []ledger.Entry) []ledger.Count {
	type group struct {
		partner ledger.PartnerID
		kind    ledger.Kind
		outcome ledger.Outcome
	}
	counts := map[group]ledger.Count{}
	for _, e := range entries {
		g := group{e.Partner, e.Kind, e.Outcome}
		c := counts[g]
		c.Partner, c.Kind, c.Outcome = e.Partner, e.Kind, e.Outcome
		c.Entries++
		if e.DryRun {
			c.DryRuns++
		}
		counts[g] = c
	}
	var out []ledger.Count
	for _, c := range counts {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b ledger.Count) int {
		return cmp.Or(cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}
