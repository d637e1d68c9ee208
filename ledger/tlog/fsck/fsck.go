package fsck

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// Kind is what a finding is about. The names are stable.
type Kind string

// Kinds of findings.
const (
	Altered    Kind = "ALTERED"    // an entry is not the one that was put into the log
	Missing    Kind = "MISSING"    // an entry of the log is not in the ledger
	Foreign    Kind = "FOREIGN"    // an entry stands among those of the log and is not in it
	Moved      Kind = "MOVED"      // an entry stands elsewhere than in the log
	Unmarked   Kind = "UNMARKED"   // an entry does not bear our mark
	Unlinked   Kind = "UNLINKED"   // groups of a writer do not follow each other, or are not whole
	BadBlock   Kind = "BLOCK"      // a block does not begin where it should
	BadTile    Kind = "TILE"       // a tile does not hold what the entries give
	BadHead    Kind = "HEAD"       // the head of the log is not what the entries give
	BadState   Kind = "STATE"      // what is remembered of the writers is not what the entries give
	BadSigned  Kind = "CHECKPOINT" // a checkpoint is not signed by a trusted key, or signs another root
	BadAccount Kind = "ACCOUNT"    // an account disagrees with the entries, or with itself
)

// Finding is something that is wrong.
type Finding struct {
	Kind     Kind
	Position int64            // in the log; of a checkpoint its size; -1 when it has none
	Entry    ledger.EntryID   // zero when it is about none
	Account  ledger.AccountID // likewise
	What     string           // no personal data
}

// Ledger is what is checked.
type Ledger interface {
	ledger.Reader
	ledger.Reporter
	ledger.Log
	ledger.Checkpoints
	ledger.Census
}

// Config is what a check needs.
type Config struct {
	Ledger Ledger
	Ring   *seal.Ring  // nil: marks and profiles are not checked
	Keys   verify.Keys // whose checkpoints are believed; nil: signatures are not checked
	Report func(Finding)
	// Progress is told now and then how much of a stage is done; total is -1 when nobody knows. May be nil.
	Progress func(stage string, done, total int64)
}

// Summary tells what was gone through.
type Summary struct {
	Entries     int64 // in the log
	Waiting     int64 // entries that are not in the log yet
	Checkpoints int64
	Accounts    int64
	Findings    int64
	Size        int64 // of the log
	Root        [32]byte
}

// Run checks a ledger. Findings are no errors; an error means that the check did not come to its end.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	if cfg.Ledger == nil || cfg.Report == nil {
		return Summary{}, errors.New("fsck: a ledger and a place for findings are required")
	}
	if cfg.Progress == nil {
		cfg.Progress = func(string, int64, int64) {}
	}
	head, err := cfg.Ledger.LogHead(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("fsck: the head of the log: %w", err)
	}
	c := &check{Config: cfg, head: head, links: newLinks(), deeds: &deeds{}}
	c.sum.Size, c.sum.Root = head.Size, head.Root
	for _, stage := range []func(context.Context) error{c.entries, c.waiting, c.checkpoints, c.accounts} {
		if err := stage(ctx); err != nil {
			return c.sum, fmt.Errorf("fsck: %w", err)
		}
	}
	return c.sum, nil
}

// check is one run.
type check struct {
	Config
	head  ledger.LogHead
	sum   Summary
	links *links
	deeds *deeds

	isLogSound bool // entries and log agree
	tiles      int  // findings about tiles
}

func (c *check) find(f Finding) {
	c.sum.Findings++
	if f.Kind == BadTile {
		c.tiles++
	}
	c.Report(f)
}

// pageSize of entries and accounts.
const pageSize = 1000
