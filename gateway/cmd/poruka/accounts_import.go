package main

import (
	"context"
	"fmt"
	"os"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client/accountimport"
)

// accountsImportCmd puts a file of accounts.
type accountsImportCmd struct {
	File    string `arg:"" help:"Accounts, CSV or JSONL; '-' is standard input."`
	Format  string `help:"Form of the file: csv, jsonl, or auto: by the name, else by the first character." enum:"auto,csv,jsonl" default:"auto"`
	Resume  bool   `help:"Go on where an interrupted import of the same file stopped."`
	Journal string `help:"File that remembers how far the import is. Default: FILE.journal; for standard input there is none." placeholder:"FILE"`
	Rejects string `help:"File for the rows that were refused: row, column, reason; never a value. Default: FILE.rejects.csv." placeholder:"FILE"`
	connection
}

// Help is shown by --help.
func (*accountsImportCmd) Help() string {
	return `The portal's role is needed. An account is created, or replaced when its data differ; a level is never lowered. Repeating an
import changes nothing. A bad row is written to the rejects file and the rest goes on. Ctrl-C stops at a row from which
--resume goes on; so does anything worse. Memory does not grow with the file.

Exit code 1: some rows were refused. Exit code 3: it did not come to the end.

Examples:

    poruka accounts import accounts.csv
    poruka accounts import accounts.csv --resume
    zcat accounts.jsonl.gz | poruka accounts import - --format jsonl --rejects rejects.csv
`
}

// imported is what `accounts import --json` prints.
type imported struct {
	File     string `json:"file"`
	Complete bool   `json:"complete"`
	Rows     int64  `json:"rows"`
	accountimport.Counts
	Rejects       string  `json:"rejects,omitempty"` // file
	Seconds       float64 `json:"seconds"`
	RowsPerSecond float64 `json:"rowsPerSecond"` // of this run
	PeakMemory    int64   `json:"peakMemoryBytes"`
}

// Run imports.
func (c *accountsImportCmd) Run(ctx context.Context, s *streams) error {
	c.nameFiles()
	p, err := c.profile(certs.RolePortal)
	if err != nil {
		return err
	}
	file, err := openAccounts(s, c.File, c.Format)
	if err != nil {
		return err
	}
	defer file.Close()
	begin, err := c.begin(s, file, p.Address)
	if err != nil {
		return err
	}
	conn, err := c.dial(certs.RolePortal)
	if err != nil {
		return err
	}
	defer conn.Close()

	bar := newProgress(s, "import", "rows", file.size)
	bar.resume(begin.Rows)
	started := time.Now()
	state, err := accountimport.Run(ctx, accountimport.Config{
		Portal: porukav1.NewPortalServiceClient(conn), Source: file.rows, Begin: begin,
		Journal: c.Journal, Rejects: c.Rejects, Column: accountfile.Column,
		Progress: func(state accountimport.State, place int64) { bar.set(state.Rows, place) },
	})
	bar.finish()
	if err == nil && c.Journal != "" {
		err = os.Remove(c.Journal)
	}
	return c.finish(s, state, state.Rows-begin.Rows, time.Since(started), err)
}

func (c *accountsImportCmd) nameFiles() {
	base := c.File
	if c.File == "-" {
		base = "accounts"
	} else if c.Journal == "" {
		c.Journal = c.File + ".journal"
	}
	if c.Rejects == "" {
		c.Rejects = base + ".rejects.csv"
	}
}

// begin finds where to begin.
func (c *accountsImportCmd) begin(s *streams, file *accountsInput, gateway string) (accountimport.State, error) {
	fresh := accountimport.State{File: file.fingerprint, Gateway: gateway}
	if c.Journal == "" {
		if c.Resume {
			return fresh, wrongUsef("an import of standard input can be resumed only when it was begun with --journal")
		}
		return fresh, nil
	}
	state, found, err := accountimport.LoadState(c.Journal)
	switch {
	case !c.Resume && found && err == nil && state.Continues(fresh.File, gateway) == nil:
		s.notef("beginning anew; --resume would have gone on after row %s", thousands(state.Rows))
		return fresh, nil
	case !c.Resume:
		return fresh, nil
	case err != nil:
		return fresh, err
	case !found:
		s.notef("there is no %s: beginning with the first row", c.Journal)
		return fresh, nil
	}
	if err := state.Continues(fresh.File, gateway); err != nil {
		return fresh, fmt.Errorf("%w; without --resume it begins anew, which is safe", err)
	}
	s.notef("going on after row %s", thousands(state.Rows))
	return state, nil
}

// finish prints what was done and how to go on.
func (c *accountsImportCmd) finish(s *streams, state accountimport.State, rows int64, took time.Duration, failure error) error {
	result := imported{
		File: c.File, Complete: failure == nil, Rows: state.Rows, Counts: state.Counts,
		Seconds: took.Seconds(), RowsPerSecond: float64(rows) / max(took.Seconds(), 1e-9), PeakMemory: peakMemory(),
	}
	if state.Counts.Rejected > 0 {
		result.Rejects = c.Rejects
	}
	if err := result.print(s); err != nil {
		return err
	}
	switch {
	case failure != nil:
		return c.stopped(state, failure)
	case state.Counts.Rejected > 0:
		return answerNof("%s rows were refused; %s tells why", thousands(state.Counts.Rejected), c.Rejects)
	default:
		return nil
	}
}

func (c *accountsImportCmd) stopped(state accountimport.State, failure error) error {
	advice := "begin anew when it is mended: repeating is safe"
	if c.Journal != "" {
		advice = "the same command with --resume goes on"
	}
	return fmt.Errorf("%w; all rows up to row %s are settled; %s", failure, thousands(state.Rows), advice)
}

func (r imported) print(s *streams) error {
	if s.JSON {
		return s.printJSON(r)
	}
	t := newTable("ROWS#", "CREATED#", "UPDATED#", "UNCHANGED#", "LEVEL KEPT#", "REFUSED#")
	t.add(thousands(r.Rows), thousands(r.Created), thousands(r.Updated), thousands(r.Unchanged), thousands(r.LevelsKept), thousands(r.Rejected))
	if err := t.print(s); err != nil {
		return err
	}
	s.notef("%s, %s rows/s, at most %d MB of memory", elapsed(time.Duration(r.Seconds*float64(time.Second))), thousands(int64(r.RowsPerSecond)), r.PeakMemory>>20)
	return nil
}
