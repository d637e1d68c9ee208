package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/poruka/poruka/ledger"
)

const fence = `insert into meta (name, value) values ('fence', 1) on conflict do update set value = value + 1`

// settle finds out what became of a COMMIT that failed with lost. The log may hold the whole transaction, not known to be
// on the disk, and would bring it to life after a crash: so another small transaction is stored in its place, or after it
// when it did take effect, and then it is looked for.
func (s *Store) settle(c *conn, lost error, holds func(*conn) (bool, error)) error {
	stored := false
	_ = c.exec(rollback) // fails when SQLite has done so itself
	err := func() error {
		fresh, err := s.writers.dial()
		if err != nil {
			return err
		}
		if err = fresh.exec(fence); err == nil {
			stored, err = holds(fresh)
		}
		return errors.Join(err, fresh.close(), s.file.check())
	}()
	s.cfg.Logger.Error("a commit failed", "error", lost, "stored", stored, "settled", err == nil)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w; then %w", ledger.ErrOutcomeUnknown, lost, err)
	case stored:
		return nil
	default:
		return unavailable(lost)
	}
}

// holds reports whether the ledger holds what a transaction wanted stored. One thing tells for all: they are stored together.
func holds(c *conn, w *ledger.Writes) (bool, error) {
	accounts := slices.Concat(w.Created, w.Updated)
	switch {
	case len(w.Entries) > 0:
		return holdsEntry(c, &w.Entries[0])
	case len(accounts) > 0:
		return holdsAccount(c, &accounts[0])
	default:
		return holdsAttempts(c, w.Attempts)
	}
}

func holdsEntry(c *conn, e *ledger.Entry) (bool, error) {
	f, err := load(c, &ledger.Keys{Entries: []ledger.EntryID{e.ID}})
	if err != nil || len(f.entries) == 0 {
		return false, err
	}
	was := f.entries[0]
	return was.Digest == e.Digest && was.Outcome == e.Outcome && was.DecidedAt.UnixMicro() == e.DecidedAt.UnixMicro(), nil
}

func holdsAccount(c *conn, a *ledger.Account) (bool, error) {
	f, err := load(c, &ledger.Keys{Accounts: []ledger.AccountID{a.ID}})
	if err != nil {
		return false, err
	}
	was := f.accounts[a.ID].account
	return was.ID == a.ID && was.Version == a.Version && was.UpdatedAt.UnixMicro() == a.UpdatedAt.UnixMicro() &&
		sameOwner(&was, a), nil
}

func holdsAttempts(c *conn, counters map[ledger.AttemptKey]ledger.Attempts) (bool, error) {
	for key, a := range counters {
		f, err := load(c, &ledger.Keys{Attempts: []ledger.AttemptKey{key}})
		if err != nil {
			return false, err
		}
		was, errWas := f.attempts[key].MarshalBinary()
		want, errWant := a.MarshalBinary()
		return bytes.Equal(was, want), errors.Join(errWas, errWant)
	}
	return false, nil
}
