package ledgertest

import (
	"cmp"
	"context"
	"slices"

	"github.com/poruka/poruka/ledger"
)

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
