package embedded

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embeddedMigrations embed.FS

func migrations() (fs.FS, error) { return fs.Sub(embeddedMigrations, "migrations") }

// applicationID marks the file as a ledger of Poruka: «Poru».
const applicationID = 0x506f7275

// Refusals to touch a file.
var (
	errForeign = errors.New("the file belongs to another program")
	errNewer   = errors.New("the file was written by a newer poruka")
)

// migrate brings the schema forward, never back, to the last of files, and gives its version.
func migrate(path string, files fs.FS, logger *slog.Logger) (version int64, err error) {
	db, err := sql.Open("sqlite", dsn(path, patience, "synchronous(full)"))
	if err != nil {
		return 0, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx := context.Background()
	if err := claim(ctx, db); err != nil {
		return 0, err
	}
	if _, err := db.ExecContext(ctx, `pragma journal_mode = wal`); err != nil { // is kept in the file
		return 0, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, err
	}
	have, want, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return 0, err
	case have > want:
		return 0, fmt.Errorf("%w: schema %d, this one knows %d", errNewer, have, want)
	case have == want:
		return want, nil
	}
	logger.Info("migrating the ledger", "from", have, "to", want)
	return want, advance(ctx, db, provider, have)
}

// claim marks a new file as ours and refuses that of another program.
func claim(ctx context.Context, db *sql.DB) error {
	var mark, pages int64
	err := errors.Join(
		db.QueryRowContext(ctx, `pragma application_id`).Scan(&mark),
		db.QueryRowContext(ctx, `select count(*) from sqlite_schema`).Scan(&pages))
	switch {
	case err != nil:
		return err
	case mark == applicationID:
		return nil
	case mark != 0 || pages != 0:
		return errForeign
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`pragma application_id = %d`, applicationID))
	return err
}

// advance migrates a file that is sound, and makes sure that nothing was lost on the way.
func advance(ctx context.Context, db *sql.DB, provider *goose.Provider, from int64) error {
	before := contents{}
	if from > 0 {
		if err := before.read(ctx, db); err != nil {
			return err
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	after := contents{}
	if err := after.read(ctx, db); err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("the migration changed the ledger: %+v became %+v", before, after)
	}
	return nil
}

// contents is what a migration must keep.
type contents struct{ Accounts, Entries int64 }

func (c *contents) read(ctx context.Context, db *sql.DB) error {
	var verdict string
	var guards int
	err := errors.Join(
		db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict),
		db.QueryRowContext(ctx, `select count(*) from accounts`).Scan(&c.Accounts),
		db.QueryRowContext(ctx, `select count(*) from entries`).Scan(&c.Entries),
		db.QueryRowContext(ctx, `select count(*) from sqlite_schema where type = 'trigger' and tbl_name = 'entries'`).Scan(&guards))
	switch {
	case err != nil:
		return err
	case verdict != "ok":
		return fmt.Errorf("the file is damaged: %s", verdict)
	case guards != 3:
		return errors.New("the entries are not guarded")
	}
	return nil
}
