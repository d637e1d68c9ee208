package embedded

import (
	"context"
	"errors"

	"github.com/poruka/poruka/ledger"
)

const (
	begin    = `begin immediate`
	commit   = `commit`
	rollback = `rollback`
)

func commitNow(c *conn) error {
	err := c.exec(commit)
	return err
}

// Transact runs one decision at a time; see ledger.Transactor. It calls decide once.
func (s *Store) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	t := transaction{store: s, keys: &keys, decide: decide}
	if err := s.writers.use(ctx, func(c *conn) error { return t.run(ctx, c) }); err != nil {
		return err
	}
	return t.refusal
}

// transaction is one call of Transact.
type transaction struct {
	store  *Store
	keys   *ledger.Keys
	decide func(*ledger.View) error

	writes  ledger.Writes
	refusal error // an answer that leaves the connection sound
}

// run leaves no transaction open on c unless it fails.
func (t *transaction) run(ctx context.Context, c *conn) error {
	if err := t.store.file.check(); err != nil {
		t.refusal = unavailable(err)
		return nil
	}
	if err := c.exec(begin); err != nil {
		return unavailable(err)
	}
	found, err := load(c, t.keys)
	if err != nil {
		return unavailable(err)
	}
	view := found.view()
	if t.refusal = view.Try(t.decide); t.refusal == nil {
		t.writes = view.Writes()
		t.refusal = over(ctx)
	}
	if t.refusal != nil || t.writes.Empty() {
		return t.rollback(c)
	}
	if err := t.apply(c, found); err != nil {
		if t.refusal = conflict(err); t.refusal != nil {
			return t.rollback(c)
		}
		return unavailable(err)
	}
	return t.commit(c)
}

func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

func (t *transaction) rollback(c *conn) error {
	if err := c.exec(rollback); err != nil {
		return unavailable(errors.Join(t.refusal, err))
	}
	return nil
}

func (t *transaction) apply(c *conn, found *found) error {
	if err := storeAccounts(c, found.accounts, &t.writes); err != nil {
		return err
	}
	if erases(found.accounts, t.writes.Updated) {
		t.store.folder.erased.Store(true)
	}
	if err := storeAttempts(c, t.writes.Attempts, t.store.cfg.Clock()); err != nil {
		return err
	}
	if len(t.writes.Entries) == 0 {
		return nil
	}
	position, err := c.number(lastPosition)
	if err != nil {
		return err
	}
	sums := tallies{}
	for i := range t.writes.Entries {
		position++
		if err := storeEntry(c, position, &t.writes.Entries[i]); err != nil {
			return err
		}
		sums.add(position, &t.writes.Entries[i])
	}
	return sums.store(c)
}

func (t *transaction) commit(c *conn) error {
	return t.store.finish(c, func(c *conn) (bool, error) { return holds(c, &t.writes) })
}

// finish commits, and fails unless what was written is stored, on the disk, in the files that the path names. holds tells
// whether it is there.
func (s *Store) finish(c *conn, holds func(*conn) (bool, error)) error {
	err := s.commit(c)
	if err == nil {
		s.folder.noted()
		err = s.file.check()
	}
	switch {
	case err == nil:
		return nil
	case unfinished(err):
		return unavailable(err)
	default:
		return s.settle(c, err, holds)
	}
}
