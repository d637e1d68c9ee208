package embedded

import (
	"context"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

const schemaFound = `select max(version_id) from goose_db_version where is_applied`

// Status describes the store. Its counts are exact and cost nothing: both tables are numbered without gaps.
func (s *Store) Status(ctx context.Context) (ledger.Status, error) {
	status := ledger.Status{Engine: "sqlite", ServerVersion: s.version, WantSchema: s.schema}
	err := s.read(ctx, func(c *conn) (err error) {
		if status.Schema, err = c.number(schemaFound); err != nil {
			return err
		}
		if status.Entries, err = c.number(lastPosition); err != nil {
			return err
		}
		status.Accounts, err = c.number(`select coalesce(max(number), 0) from accounts`)
		return err
	})
	if err == nil {
		err = s.inPlace()
	}
	return status, err
}

// Ping checks that the files are in place and have the wanted schema.
func (s *Store) Ping(ctx context.Context) error {
	var schema int64
	err := s.read(ctx, func(c *conn) (err error) {
		schema, err = c.number(schemaFound)
		return err
	})
	if err == nil && schema != s.schema {
		return fmt.Errorf("%w: schema %d, want %d", ledger.ErrUnavailable, schema, s.schema)
	}
	if err == nil {
		err = s.inPlace()
	}
	return err
}

func (s *Store) inPlace() error {
	if err := s.file.check(); err != nil {
		return unavailable(err)
	}
	return nil
}
