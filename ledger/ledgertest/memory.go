package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"sync"

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
	log        memoryLog
	bookmarks  map[string]ledger.Bookmark
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
