package crdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

// wantSchema is the version of the schema that this binary is made for.
const wantSchema = 3

// Status implements ledger.Engine. On a database without a schema it tells version 0.
func (s *Store) Status(ctx context.Context) (ledger.Status, error) {
	status := ledger.Status{Engine: s.dialect.engine, ServerVersion: s.version, WantSchema: wantSchema}
	found, _, _, err := s.schema(ctx)
	if err != nil || found == 0 {
		return status, err
	}
	status.Schema = found
	if status.Accounts, err = s.count(ctx, "account"); err != nil {
		return status, err
	}
	status.Entries, err = s.count(ctx, "entry")
	return status, err
}

// Ping implements ledger.Engine. It fails when the schema is older than this binary wants, or so much newer that something
// this binary needs is gone.
func (s *Store) Ping(ctx context.Context) error {
	found, oldest, isMisplaced, err := s.schema(ctx)
	switch {
	case err != nil:
		return err
	case found < wantSchema:
		return fmt.Errorf("%w: the schema has version %d, this binary needs %d: run `poruka ledger migrate`", ledger.ErrUnavailable, found, wantSchema)
	case oldest > wantSchema:
		return fmt.Errorf("%w: the schema has version %d and serves binaries for %d and later, this one is for %d", ledger.ErrUnavailable, found, oldest, wantSchema)
	case isMisplaced:
		return fmt.Errorf("%w: the database was restored on another server, which numbers its transactions anew: run `poruka ledger migrate`", ledger.ErrUnavailable)
	}
	return nil
}

// schema gives the version of the schema, and the oldest that a binary may want to work with it. 0 when there is none.
func (s *Store) schema(ctx context.Context) (found, oldest int64, isMisplaced bool, err error) {
	misplaced := "false"
	if s.dialect.misplaced != "" {
		misplaced = "(" + s.dialect.misplaced + ")"
	}
	err = s.report(ctx, s.requests, "schema", "SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied), "+
		"(SELECT max(oldest) FROM compatibility), "+misplaced, nil,
		func(r *row) { found, oldest, isMisplaced = r.integer(), r.integer(), r.flag() })
	if f := (*failure)(nil); errors.As(err, &f) && (f.code == undefinedTable || f.code == undefinedFunction) {
		return 0, 0, false, nil
	}
	return found, oldest, isMisplaced, err
}

const (
	undefinedTable    = "42P01"
	undefinedFunction = "42883"
)

// countedAtMost is how many rows are counted; beyond that the server's estimate is told.
const countedAtMost = 100_000

func (s *Store) count(ctx context.Context, table string) (int64, error) {
	var n int64
	text := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d) AS counted", table, countedAtMost)
	if err := s.report(ctx, s.reports, "count", text, nil, func(r *row) { n = r.integer() }); err != nil || n < countedAtMost {
		return n, err
	}
	var estimate int64
	err := s.report(ctx, s.reports, "count", s.dialect.estimate, [][]byte{[]byte(table)}, func(r *row) {
		if c := r.column(); len(c) == 8 {
			estimate = (&row{columns: [][]byte{c}}).integer()
		}
	})
	if err != nil { // what was counted is true all the same
		s.cfg.Logger.WarnContext(ctx, "the number of rows could not be estimated", "table", table, "error", err)
	}
	return max(n, estimate), nil
}
