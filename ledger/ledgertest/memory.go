package ledgertest

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Memory is a ledger.Engine that forgets when the process ends: the model with which engines are compared, and the ledger
// of tests of other rooms. The zero Memory is empty and ready. It is safe for concurrent use.
type Memory struct {
	// Fault, when set, is asked before each transaction is stored: an error refuses it. Set it before use.
	Fault func(ledger.Writes) error

	once       sync.Once
	turn       chan struct{}  // holds one while somebody works on what follows
	entries    []ledger.Entry // in the order of the ledger
	places     map[ledger.EntryID]int
	accounts   map[ledger.AccountID]ledger.Account
	snils      map[ledger.Index]ledger.AccountID
	phones     map[ledger.Index]ledger.AccountID
	attempts   map[ledger.AttemptKey][]byte // as stored
	suspended  map[ledger.PartnerID]ledger.Suspension
	isClosed   bool
	transacted int
}

var _ ledger.Engine = (*Memory)(nil)

// Transactions counts the calls of Transact that stored something.
func (m *Memory) Transactions() int {
	m.turns() <- struct{}{}
	defer m.unlock()
	return m.transacted
}

// Transact is serial.
func (m *Memory) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	found, err := m.load(keys)
	if err != nil {
		return err
	}
	view := ledger.NewView(found)
	if err := view.Try(decide); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	w := view.Writes()
	if w.Empty() {
		return nil
	}
	if m.Fault != nil {
		if err := m.Fault(w); err != nil {
			return err
		}
	}
	return m.store(w)
}

// lock waits for its turn; the error is that of a closed engine or of ctx.
func (m *Memory) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	select {
	case m.turns() <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, ctx.Err())
	}
	if m.isClosed {
		m.unlock()
		return ledger.ErrUnavailable
	}
	return nil
}

func (m *Memory) unlock() { <-m.turns() }

func (m *Memory) turns() chan struct{} {
	m.once.Do(func() { m.turn = make(chan struct{}, 1) })
	return m.turn
}

func (m *Memory) load(keys ledger.Keys) (ledger.Loaded, error) {
	found := ledger.Loaded{Attempts: map[ledger.AttemptKey]ledger.Attempts{}}
	for _, id := range distinct(keys.Entries) {
		if place, ok := m.places[id]; ok {
			found.Entries = append(found.Entries, copyEntry(m.entries[place]))
		}
	}
	ids := slices.Clone(keys.Accounts)
	for _, index := range keys.SNILS {
		ids = append(ids, m.snils[index])
	}
	for _, index := range keys.Phones {
		ids = append(ids, m.phones[index])
	}
	for _, id := range distinct(ids) {
		if a, ok := m.accounts[id]; ok {
			found.Accounts = append(found.Accounts, copyAccount(a))
		}
	}
	for _, key := range keys.Attempts {
		if data, ok := m.attempts[key]; ok {
			var a ledger.Attempts
			if err := a.UnmarshalBinary(data); err != nil {
				return found, err
			}
			found.Attempts[key] = a
		}
	}
	return found, nil
}

func distinct[K comparable](keys []K) []K {
	seen := map[K]bool{}
	var out []K
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

// store checks everything first, so that a refusal leaves nothing.
func (m *Memory) store(w ledger.Writes) error {
	changed := slices.Concat(w.Created, w.Updated)
	if m.clashes(w, changed) {
		return ledger.ErrConflict
	}
	stored := map[ledger.AttemptKey][]byte{}
	for key, a := range w.Attempts {
		data, err := a.MarshalBinary()
		if err != nil {
			return err
		}
		stored[key] = data
	}
	for _, a := range changed {
		m.forget(a.ID)
	}
	for _, a := range changed {
		m.keep(copyAccount(a))
	}
	for _, e := range w.Entries {
		set(&m.places, e.ID, len(m.entries))
		m.entries = append(m.entries, copyEntry(e))
	}
	for key, data := range stored {
		set(&m.attempts, key, data)
	}
	m.transacted++
	return nil
}

// clashes reports whether w would break a unique key.
func (m *Memory) clashes(w ledger.Writes, changed []ledger.Account) bool {
	entries := map[ledger.EntryID]bool{}
	for _, e := range w.Entries {
		if _, exists := m.places[e.ID]; exists || entries[e.ID] {
			return true
		}
		entries[e.ID] = true
	}
	for _, a := range w.Created {
		if _, exists := m.accounts[a.ID]; exists {
			return true
		}
	}
	moved := map[ledger.AccountID]bool{}
	for _, a := range changed {
		moved[a.ID] = true
	}
	snils, phones := map[ledger.Index]bool{}, map[ledger.Index]bool{}
	for _, a := range changed {
		if taken(m.snils, snils, moved, a.SNILS) || taken(m.phones, phones, moved, a.Phone) {
			return true
		}
	}
	return false
}

func taken(held map[ledger.Index]ledger.AccountID, claimed map[ledger.Index]bool, moved map[ledger.AccountID]bool, index ledger.Index) bool {
	if index.IsZero() {
		return false
	}
	holder, ok := held[index]
	if (ok && !moved[holder]) || claimed[index] {
		return true
	}
	claimed[index] = true
	return false
}

func (m *Memory) forget(id ledger.AccountID) {
	old := m.accounts[id]
	delete(m.snils, old.SNILS)
	delete(m.phones, old.Phone)
}

func (m *Memory) keep(a ledger.Account) {
	set(&m.accounts, a.ID, a)
	if !a.SNILS.IsZero() {
		set(&m.snils, a.SNILS, a.ID)
	}
	if !a.Phone.IsZero() {
		set(&m.phones, a.Phone, a.ID)
	}
}

func set[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// copyEntry gives an entry as a store gives it back: in microseconds UTC, without empty slices, sharing no memory.
func copyEntry(e ledger.Entry) ledger.Entry {
	e.AuthedAt, e.DecidedAt = stored(e.AuthedAt), stored(e.DecidedAt)
	e.Reasons = append([]ledger.Reason(nil), e.Reasons...)
	e.Fields = append([]ledger.FieldResult(nil), e.Fields...)
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

// Suspend stores a suspension or replaces it.
func (m *Memory) Suspend(ctx context.Context, s ledger.Suspension) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	s.At = stored(s.At)
	set(&m.suspended, s.Partner, s)
	return nil
}

// Resume removes a suspension.
func (m *Memory) Resume(ctx context.Context, partner ledger.PartnerID) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	delete(m.suspended, partner)
	return nil
}

// Suspensions lists all, ordered by partner.
func (m *Memory) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	var out []ledger.Suspension
	for _, s := range m.suspended {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b ledger.Suspension) int { return cmp.Compare(a.Partner, b.Partner) })
	return out, nil
}

// Status counts exactly.
func (m *Memory) Status(ctx context.Context) (ledger.Status, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.Status{}, err
	}
	defer m.unlock()
	return ledger.Status{
		Engine: "memory", Schema: 1, WantSchema: 1,
		Accounts: int64(len(m.accounts)), Entries: int64(len(m.entries)),
	}, nil
}

// Ping fails once closed.
func (m *Memory) Ping(ctx context.Context) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	m.unlock()
	return nil
}

// Close refuses everything from now on.
func (m *Memory) Close() error {
	m.turns() <- struct{}{}
	defer m.unlock()
	m.isClosed = true
	return nil
}

// Reopen takes back what Close did.
func (m *Memory) Reopen() {
	m.turns() <- struct{}{}
	defer m.unlock()
	m.isClosed = false
}
