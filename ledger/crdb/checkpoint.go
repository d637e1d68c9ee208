package crdb

import (
	"context"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

// AddCheckpoint implements ledger.Checkpoints. It is one statement, which may be repeated.
func (s *Store) AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error {
	isStored := false
	err := s.report(ctx, s.requests, "checkpoint", `INSERT INTO log_checkpoint (size, root, note) VALUES ($1::INT8, $2::BYTEA, $3::BYTEA)
ON CONFLICT (size) DO UPDATE SET note = excluded.note WHERE log_checkpoint.root = excluded.root RETURNING true`,
		[][]byte{number(size), root[:], append([]byte{}, text...)}, func(r *row) { isStored = r.flag() })
	if err == nil && !isStored {
		err = fmt.Errorf("%w: that size has another root", ledger.ErrConflict)
	}
	return err
}

// Checkpoint implements ledger.Checkpoints.
func (s *Store) Checkpoint(ctx context.Context, atMost int64) ([]byte, error) {
	var found [][]byte
	err := s.report(ctx, s.requests, "checkpoint", "SELECT note FROM log_checkpoint WHERE size <= $1::INT8 ORDER BY size DESC LIMIT 1",
		[][]byte{number(atMost)}, func(r *row) { found = append(found, r.keep()) })
	return only(found, err)
}
