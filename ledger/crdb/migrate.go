package crdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/poruka/poruka/ledger"
)

//go:embed migrations
var files embed.FS

// lockID keeps migrations of several gateways apart.
const lockID = 0x706f72756b61 // "poruka"

// Migrate brings the schema to the version that this binary wants, or leaves a later one as it is. Several may run at once: one
// works, the others wait. Before and after each step it checks what the step relies on and what it should have done. There is
// no way back.
func Migrate(ctx context.Context, url string) error {
	m, err := newMigrator(url)
	if err != nil {
		return err
	}
	defer m.db.Close()
	if err := m.found(ctx); err != nil {
		return err
	}
	unlock, err := m.lock(ctx)
	if err != nil {
		return fmt.Errorf("%w: the lock on migrations was not got: %w", ledger.ErrUnavailable, withoutValues(err))
	}
	return errors.Join(m.toTheEnd(ctx), unlock())
}

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero when it is still to come
}

// MigrationStatus lists the steps that this binary knows, in order.
func MigrationStatus(ctx context.Context, url string) ([]Migration, error) {
	m, err := newMigrator(url)
	if err != nil {
		return nil, err
	}
	defer m.db.Close()
	if err := m.found(ctx); err != nil {
		return nil, err
	}
	states, err := m.goose.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, withoutValues(err))
	}
	out := make([]Migration, len(states))
	for i, st := range states {
		out[i] = Migration{Version: st.Source.Version, Name: st.Source.Path, AppliedAt: st.AppliedAt}
	}
	return out, nil
}

type migrator struct {
	dialect *dialect
	db      *sql.DB
	goose   *goose.Provider
	steps   fs.FS
}

func newMigrator(url string) (*migrator, error) {
	d, address, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errURL
	}
	config.RuntimeParams["application_name"] = "poruka-migrate"
	config.ConnectTimeout = 5 * time.Second
	steps, err := d.migrations()
	if err != nil {
		return nil, err
	}
	m := &migrator{dialect: d, db: stdlib.OpenDB(*config), steps: steps}
	m.goose, err = goose.NewProvider(goose.DialectPostgres, m.db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, errors.Join(err, m.db.Close())
	}
	return m, nil
}

// found makes the table of versions where goose cannot.
func (m *migrator) found(ctx context.Context) error {
	for _, text := range m.dialect.versions {
		if _, err := m.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%w: the table of versions: %w", ledger.ErrUnavailable, withoutValues(err))
		}
	}
	return nil
}

// lock keeps other processes out: an advisory lock on PostgreSQL, a row of a table on CockroachDB, which has no such locks.
func (m *migrator) lock(ctx context.Context) (unlock func() error, err error) {
	if m.dialect.engine == cockroachEngine {
		l, err := lock.NewPostgresTableLocker(lock.WithTableLockID(lockID))
		if err != nil {
			return nil, err
		}
		if err := l.Lock(ctx, m.db); err != nil {
			return nil, err
		}
		return func() error { return withoutValues(l.Unlock(context.WithoutCancel(ctx), m.db)) }, nil
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lockID)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockID))
		return errors.Join(withoutValues(err), conn.Close())
	}, nil
}

func (m *migrator) toTheEnd(ctx context.Context) error {
	if err := m.up(ctx); err != nil {
		return err
	}
	if err := m.tune(ctx); err != nil {
		return err
	}
	return m.realign(ctx)
}

func (m *migrator) tune(ctx context.Context) error {
	var version string
	if err := m.db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, withoutValues(err))
	}
	for _, text := range m.dialect.tuning(version) {
		if _, err := m.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("crdb: tuning: %w", withoutValues(err))
		}
	}
	return nil
}

func (m *migrator) up(ctx context.Context) error {
	for {
		current, target, err := m.goose.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("%w: the version of the schema cannot be read: %w", ledger.ErrUnavailable, withoutValues(err))
		}
		if current >= target {
			return nil
		}
		next := current + 1
		if err := m.check(ctx, next, "before"); err != nil {
			return err
		}
		if _, err := m.goose.UpByOne(ctx); err != nil {
			return fmt.Errorf("crdb: migration %d: %w", next, withoutValues(err))
		}
		if err := m.check(ctx, next, "after"); err != nil {
			return err
		}
	}
}

// check runs the assertions of a step; each row of their result is one that does not hold.
func (m *migrator) check(ctx context.Context, version int64, when string) error {
	text, err := fs.ReadFile(m.steps, fmt.Sprintf("assert/%05d_%s.sql", version, when))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := m.db.QueryContext(ctx, string(text))
	if err != nil {
		return fmt.Errorf("crdb: assertions %s migration %d: %w", when, version, withoutValues(err))
	}
	defer rows.Close()
	var broken []string
	for rows.Next() {
		var sentence string
		if err := rows.Scan(&sentence); err != nil {
			return err
		}
		broken = append(broken, sentence)
	}
	if err := rows.Err(); err != nil {
		return withoutValues(err)
	}
	if len(broken) > 0 {
		return fmt.Errorf("crdb: %s migration %d: %s", when, version, strings.Join(broken, "; "))
	}
	return nil
}

// realign moves the places of new entries behind those that are stored, when a dump was restored on a server that counts its
// transactions from a lower number.
func (m *migrator) realign(ctx context.Context) error {
	if m.dialect.misplaced == "" {
		return nil
	}
	var isMisplaced bool
	var newest int64
	question := "SELECT coalesce(max(place), 0), (" + m.dialect.misplaced + ") FROM entry"
	if err := m.db.QueryRowContext(ctx, question).Scan(&newest, &isMisplaced); err != nil {
		return fmt.Errorf("%w: the order of the entries cannot be read: %w", ledger.ErrUnavailable, withoutValues(err))
	}
	if !isMisplaced {
		return nil
	}
	for _, text := range m.dialect.places(newest + 1) {
		if _, err := m.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("crdb: order of entries: %w", withoutValues(err))
		}
	}
	return nil
}

// withoutValues keeps of an error of the server its code alone; what else it says may quote what is stored.
func withoutValues(err error) error {
	if err == nil {
		return nil
	}
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return fmt.Errorf("SQLSTATE %s: %s", told.Code, told.TableName+told.ConstraintName)
	}
	return err
}
