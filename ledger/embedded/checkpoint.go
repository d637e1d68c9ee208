package embedded

import (
	"context"

	"github.com/poruka/poruka/ledger"
)

const (
	upsertCheckpoint = `insert into log_checkpoints (size, root, note) values (?, ?, ?)
		on conflict do update set note = excluded.note where root = excluded.root returning size`
	selectCheckpoint = `select note from log_checkpoints where size <= ? order by size desc limit 1`
)

// AddCheckpoint stores the text of a checkpoint, unless one of that size with another root is there. Repeating it changes
// nothing, so that whoever is told of a failure may.
func (s *Store) AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error {
	isStored := false
	err := s.writers.use(ctx, func(c *conn) error {
		err := c.query(func(row) error { isStored = true; return nil }, upsertCheckpoint, size, root[:], append([]byte{}, text...))
		if err != nil {
			return unavailable(err)
		}
		s.folder.noted()
		return s.inPlace()
	})
	if err == nil && !isStored {
		err = ledger.ErrConflict
	}
	return err
}

// Checkpoint reads the text of the greatest checkpoint of at most size, or ledger.ErrNotFound.
func (s *Store) Checkpoint(ctx context.Context, atMost int64) ([]byte, error) {
	var text []byte
	found := false
	err := s.read(ctx, func(c *conn) error {
		return c.query(func(r row) error { text, found = r.bytes(0), true; return nil }, selectCheckpoint, atMost)
	})
	if err == nil && !found {
		err = ledger.ErrNotFound
	}
	return text, err
}
