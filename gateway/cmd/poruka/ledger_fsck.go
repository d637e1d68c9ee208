package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// ledgerFsckCmd checks the whole ledger.
type ledgerFsckCmd struct {
	DataDir     string `help:"Folder of the embedded ledger and of the key ring." default:".poruka" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH, postgres://... or cockroach://... Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
	Keyring     string `help:"File of the key ring, by which marks, checkpoints and profiles are checked. Default: DATADIR/keyring.json." placeholder:"FILE"`
	TrustDomain string `help:"Of the gateway: it is in the name of the log." default:"dev.poruka" placeholder:"NAME"`
}

// Help is shown by --help.
func (*ledgerFsckCmd) Help() string {
	return `Goes through all entries and derives everything else from them: records, marks, links, blocks, tiles, the head, every checkpoint, and what
accounts owe to entries. Whatever disagrees is named, with its position in the log and the id of the entry or account. It changes nothing.
The embedded ledger belongs to one process at a time: stop the gateway first. On a database server gateways may go on.

Exit code 1: something is wrong. Keep the database as it is then, and find out who had access to it.

Examples:

    poruka ledger fsck --data-dir .poruka
    poruka ledger fsck --database-url postgres://poruka@db.example/poruka --keyring keyring.json --trust-domain bank.example
`
}

// fsckResult is what `ledger fsck --json` prints.
type fsckResult struct {
	URL         string        `json:"url"`
	Whole       bool          `json:"whole"`
	Entries     int64         `json:"entries"` // in the log
	Waiting     int64         `json:"waiting"`
	Checkpoints int64         `json:"checkpoints"`
	Accounts    int64         `json:"accounts"`
	Size        int64         `json:"treeSize"`
	Root        string        `json:"root"`
	Count       int64         `json:"count"` // of findings
	Findings    []fsckFinding `json:"findings"`
}

// fsckFinding is one of them. Position is left out when it has none.
type fsckFinding struct {
	Kind     fsck.Kind `json:"kind"`
	Position *int64    `json:"position,omitempty"`
	Entry    string    `json:"entry,omitempty"`
	Account  string    `json:"account,omitempty"`
	What     string    `json:"what"`
}

// mostFindings are kept and printed; the others are counted.
const mostFindings = 1000

// Run checks the ledger.
func (c *ledgerFsckCmd) Run(ctx context.Context, s *streams) error {
	settings, err := config.Config{DataDir: c.DataDir, DatabaseURL: c.DatabaseURL, KeyRing: c.Keyring, TrustDomain: c.TrustDomain}.Complete()
	if err != nil {
		return wrongUsef("%w", err)
	}
	if _, err := sizeOf(settings); err != nil {
		return err
	}
	ring, err := seal.File{Path: settings.KeyRing}.Load(ctx)
	if err != nil {
		return keyringError(err)
	}
	lines, err := tlog.VerifierKeys(settings.LogOrigin(), ring)
	if err != nil {
		return err
	}
	keys, err := verify.ParseKeys(strings.Join(lines, "\n"))
	if err != nil {
		return err
	}
	result := fsckResult{URL: shownURL(settings.DatabaseURL), Findings: []fsckFinding{}}
	if err := result.check(ctx, s, settings, ring, keys); err != nil {
		return err
	}
	if err := result.print(s); err != nil {
		return err
	}
	if !result.Whole {
		return answerNo()
	}
	return nil
}

func (r *fsckResult) check(ctx context.Context, s *streams, settings config.Config, ring *seal.Ring, keys verify.Keys) (err error) {
	store, err := server.OpenLedger(ctx, settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("the ledger cannot be opened: %w%s", err, embeddedHint(settings))
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var bar *progress
	stage := ""
	tell := func(now string, done, total int64) {
		if now != stage {
			if bar != nil {
				bar.finish()
			}
			bar, stage = newProgress(s, "fsck", now, total), now
		}
		bar.set(done, done)
	}
	sum, err := fsck.Run(ctx, fsck.Config{Ledger: store, Ring: ring, Keys: keys, Report: r.add, Progress: tell})
	if bar != nil {
		bar.finish()
	}
	r.Entries, r.Waiting, r.Checkpoints, r.Accounts = sum.Entries, sum.Waiting, sum.Checkpoints, sum.Accounts
	r.Size, r.Root, r.Whole = sum.Size, fmt.Sprintf("%x", sum.Root), r.Count == 0
	return err
}

func (r *fsckResult) add(f fsck.Finding) {
	if r.Count++; r.Count > mostFindings {
		return
	}
	found := fsckFinding{Kind: f.Kind, What: f.What}
	if f.Position >= 0 {
		found.Position = &f.Position
	}
	if !f.Entry.IsZero() {
		found.Entry = f.Entry.String()
	}
	if !f.Account.IsZero() {
		found.Account = f.Account.String()
	}
	r.Findings = append(r.Findings, found)
}

func (r *fsckResult) print(s *streams) error {
	if s.JSON {
		return s.printJSON(r)
	}
	if len(r.Findings) > 0 {
		t := newTable("WHAT", "POSITION#", "ENTRY", "ACCOUNT", "WHY")
		for _, f := range r.Findings {
			position := ""
			if f.Position != nil {
				position = thousands(*f.Position)
			}
			t.add(strings.ToLower(string(f.Kind)), position, f.Entry, f.Account, f.What)
		}
		if err := t.print(s); err != nil {
			return err
		}
	}
	verdict := s.green("yes") + " the ledger is whole"
	if !r.Whole {
		verdict = s.red("no") + " the ledger is not whole: " + thousands(r.Count) + " findings"
	}
	_, err := fmt.Fprintf(s.Out, "%s; %s entries in the log, %s that wait, %s checkpoints, %s accounts; root %s\n",
		verdict, thousands(r.Entries), thousands(r.Waiting), thousands(r.Checkpoints), thousands(r.Accounts), r.Root)
	return err
}
