package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
)

// ledgerCmd looks after the store.
type ledgerCmd struct {
	Status ledgerStatusCmd `cmd:"" help:"Tell what is in the ledger of a gateway that is not running."`
}

// ledgerStatusCmd opens the ledger and counts.
type ledgerStatusCmd struct {
	DataDir     string `help:"Folder of the embedded ledger." default:".poruka" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH. Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
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
	Bytes         int64  `json:"bytes"`
}

// Run prints the status.
func (c *ledgerStatusCmd) Run(ctx context.Context, s *streams) error {
	settings, err := config.Config{DataDir: c.DataDir, DatabaseURL: c.DatabaseURL}.Complete()
	if err != nil {
		return wrongUsef("%w", err)
	}
	path, _ := settings.SQLitePath() // Complete refuses all others
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no ledger at %s; 'poruka serve' makes one", path)
	}
	if err != nil {
		return fmt.Errorf("the ledger cannot be read: %w", err)
	}
	status, err := statusOf(ctx, path)
	if err != nil {
		return fmt.Errorf("the ledger cannot be opened: %w; while a gateway serves it, ask the gateway: 'poruka audit summary'", err)
	}
	return ledgerStatus{
		URL: settings.DatabaseURL, Engine: status.Engine, EngineVersion: status.ServerVersion, Schema: status.Schema,
		WantSchema: status.WantSchema, Accounts: status.Accounts, Entries: status.Entries, Bytes: info.Size(),
	}.print(s)
}

func statusOf(ctx context.Context, path string) (status ledger.Status, err error) {
	store, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
	if err != nil {
		return status, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Status(ctx)
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
	facts.add("size", fmt.Sprintf("%.1f MB", float64(l.Bytes)/1e6))
	return facts.print(s)
}
