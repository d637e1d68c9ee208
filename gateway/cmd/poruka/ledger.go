package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
)

// ledgerCmd looks after the store.
type ledgerCmd struct {
	Status     ledgerStatusCmd     `cmd:"" help:"Tell what is in the ledger."`
	Checkpoint ledgerCheckpointCmd `cmd:"" help:"Print what was signed last of the log."`
	Migrate    ledgerMigrateCmd    `cmd:"" help:"Make or update the schema on a database server."`
	Fsck       ledgerFsckCmd       `cmd:"" help:"Check the whole ledger: derive everything from the entries, and name what disagrees."`
	Retain     ledgerRetainCmd     `cmd:"" help:"Erase the accounts that were idle for too long."`
}

// ledgerStatusCmd opens the ledger and counts.
type ledgerStatusCmd struct {
	DataDir     string `help:"Folder of the embedded ledger." default:".poruka" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH, postgres://... or cockroach://... Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
}

// Help is shown by --help.
func (*ledgerStatusCmd) Help() string {
	return `The embedded ledger belongs to one process at a time: while a gateway serves it, ask the gateway, with 'poruka audit summary'.
Opening a ledger of an older version brings its schema up to date.

Example:

    poruka ledger status --data-dir .poruka
`
}

// ledgerStatus is what `ledger status --json` prints.
type ledgerStatus struct {
	URL           string `json:"url"`
	Engine        string `json:"engine"`
	EngineVersion string `json:"engineVersion"`
	Schema        int64  `json:"schema"`
	WantSchema    int64  `json:"wantSchema"`
	Accounts      int64  `json:"accounts"`
	Entries       int64  `json:"entries"`
	LogSize       int64  `json:"logSize"`         // entries in the log
	Signed        int64  `json:"checkpointSize"`  // entries that the last checkpoint signs, as it says; 'ledger checkpoint' checks it
	Bytes         int64  `json:"bytes,omitempty"` // of an embedded ledger
}

// Run prints the status.
func (c *ledgerStatusCmd) Run(ctx context.Context, s *streams) error {
	settings, err := config.Config{DataDir: c.DataDir, DatabaseURL: c.DatabaseURL}.Complete()
	if err != nil {
		return wrongUsef("%w", err)
	}
	size, err := sizeOf(settings)
	if err != nil {
		return err
	}
	status, log, err := statusOf(ctx, settings)
	if err != nil {
		return fmt.Errorf("the ledger cannot be opened: %w%s", err, embeddedHint(settings))
	}
	return ledgerStatus{
		URL: shownURL(settings.DatabaseURL), Engine: status.Engine, EngineVersion: status.ServerVersion, Schema: status.Schema,
		WantSchema: status.WantSchema, Accounts: status.Accounts, Entries: status.Entries, LogSize: log.size, Signed: log.signed,
		Bytes: size,
	}.print(s)
}

// sizeOf is the size of the file of an embedded ledger, which must be there; 0 for a database server.
func sizeOf(settings config.Config) (int64, error) {
	path, ok := settings.SQLitePath()
	if !ok {
		return 0, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("there is no ledger at %s; 'poruka serve' makes one", path)
	}
	if err != nil {
		return 0, fmt.Errorf("the ledger cannot be read: %w", err)
	}
	return info.Size(), nil
}

// embeddedHint says why an embedded ledger may not open: one program has it at a time.
func embeddedHint(settings config.Config) string {
	if _, ok := settings.SQLitePath(); !ok {
		return ""
	}
	return "; stop the gateway that serves it, or ask that: 'poruka audit summary'"
}

// shownURL leaves out what may be secret.
func shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery = ""
	return u.Redacted()
}

// logStatus is how far the log is.
type logStatus struct{ size, signed int64 }

func statusOf(ctx context.Context, settings config.Config) (status ledger.Status, log logStatus, err error) {
	store, err := server.OpenLedger(ctx, settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return status, log, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if status, err = store.Status(ctx); err != nil {
		return status, log, err
	}
	log, err = logStatusOf(ctx, store)
	return status, log, err
}

func logStatusOf(ctx context.Context, store ledger.Engine) (log logStatus, err error) {
	head, err := store.LogHead(ctx)
	if err != nil {
		return log, err
	}
	log.size = head.Size
	text, err := store.Checkpoint(ctx, math.MaxInt64)
	if errors.Is(err, ledger.ErrNotFound) {
		return log, nil
	}
	if lines := strings.SplitN(string(text), "\n", 3); err == nil && len(lines) == 3 {
		log.signed, err = strconv.ParseInt(lines[1], 10, 64)
	}
	return log, err
}

// ledgerMigrateCmd makes the schema on a database server.
type ledgerMigrateCmd struct {
	DatabaseURL string `name:"database-url" help:"The ledger: postgres://... or cockroach://..." required:"" placeholder:"URL"`
}

// Help is shown by --help.
func (*ledgerMigrateCmd) Help() string {
	return `Makes the schema, or brings it to the version that this binary wants; there is no way back. Several may run at once: one works, the
others wait. A gateway of the version before goes on working meanwhile. The embedded ledger needs none of this.

Example:

    poruka ledger migrate --database-url postgres://poruka@db.example/poruka
`
}

// Run migrates.
func (c *ledgerMigrateCmd) Run(ctx context.Context, s *streams) error {
	settings, err := config.Config{DatabaseURL: c.DatabaseURL}.Complete()
	if err != nil {
		return wrongUsef("%w", err)
	}
	if _, ok := settings.SQLitePath(); ok {
		return wrongUsef("the embedded ledger brings its schema up to date when it is opened")
	}
	if err := crdb.Migrate(ctx, settings.DatabaseURL); err != nil {
		return fmt.Errorf("the schema was not brought to the wanted version: %w", err)
	}
	steps, err := crdb.MigrationStatus(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	s.notef("the schema has the version that this binary wants: %d", steps[len(steps)-1].Version)
	return nil
}

func (l ledgerStatus) print(s *streams) error {
	if s.JSON {
		return s.printJSON(l)
	}
	facts := newFacts()
	facts.add("ledger", l.URL)
	facts.add("engine", l.Engine+" "+l.EngineVersion)
	facts.add("schema", fmt.Sprintf("%d, as this version wants", l.Schema))
	if l.Schema != l.WantSchema {
		facts.rows[len(facts.rows)-1][1] = fmt.Sprintf("%d, this version wants %d", l.Schema, l.WantSchema)
	}
	facts.add("accounts", thousands(l.Accounts))
	facts.add("entries", thousands(l.Entries))
	facts.add("log", fmt.Sprintf("%s entries, %s of them signed", thousands(l.LogSize), thousands(l.Signed)))
	if l.Bytes > 0 {
		facts.add("size", fmt.Sprintf("%.1f MB", float64(l.Bytes)/1e6))
	}
	return facts.print(s)
}
