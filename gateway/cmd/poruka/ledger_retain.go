package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/gateway/upkeep"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
)

// ledgerRetainCmd erases what was kept long enough.
type ledgerRetainCmd struct {
	ProfilesIdleFor string `help:"How long an account must have been idle: 5y, 18mo, 1825d or 43800h; at least a day." required:"" placeholder:"TIME"`
	Apply           bool   `help:"Erase what is due. Without it, it is only counted."`
	upkeepFlags
}

// Help is shown by --help.
func (*ledgerRetainCmd) Help() string {
	return `Finds the accounts that were neither changed nor decided about for so long and, with --apply, destroys their data as 'poruka accounts
erase' does, on the ground RETENTION_OVER: there is no way back. An account whose owner comes back meanwhile is left alone. Attempt
counters of living accounts are forgotten by the ledger itself; entries are never deleted.

It may be stopped at any moment and begun again: nothing is erased twice. The embedded ledger belongs to one process at a time: stop the
gateway first. On a database server gateways may go on. A gateway takes the entries of the erasures into the log.

Examples:

    poruka ledger retain --profiles-idle-for 5y
    poruka ledger retain --profiles-idle-for 1825d --apply --database-url postgres://poruka@db.example/poruka --keyring keyring.json
`
}

// retainResult is what `ledger retain --json` prints.
type retainResult struct {
	Applied      bool      `json:"applied"`
	IdleSince    time.Time `json:"idleSince"`
	Profiles     int64     `json:"profiles"` // before
	Due          int64     `json:"due"`
	Erased       int64     `json:"erased"`       // now
	Returned     int64     `json:"returned"`     // changed meanwhile, and left alone
	ErasedBefore int64     `json:"erasedBefore"` // accounts
	Entries      int64     `json:"entries"`      // which are kept for ever; on a database server about
}

// Run counts, and erases with --apply.
func (c *ledgerRetainCmd) Run(ctx context.Context, s *streams) error {
	before, err := longAgo(time.Now().UTC(), c.ProfilesIdleFor)
	if err != nil {
		return err
	}
	return c.run(ctx, func(store ledger.Engine, ring *seal.Ring) error {
		sum, err := c.retain(ctx, s, store, ring, before)
		if err != nil {
			return fmt.Errorf("%s accounts were erased; begin again to go on: %w", thousands(sum.Done), err)
		}
		status, err := store.Status(ctx)
		if err != nil {
			return err
		}
		return retainResult{
			Applied: c.Apply, IdleSince: before, Profiles: sum.Accounts - sum.Erased, Due: sum.Due, Erased: sum.Done, Returned: sum.Returned,
			ErasedBefore: sum.Erased, Entries: status.Entries,
		}.print(s)
	})
}

func (c *ledgerRetainCmd) retain(
	ctx context.Context, s *streams, store ledger.Engine, ring *seal.Ring, before time.Time,
) (sum upkeep.Retained, err error) {
	status, err := store.Status(ctx)
	if err != nil {
		return sum, err
	}
	what := "counting"
	cfg := upkeep.RetainConfig{Ledger: store, Before: before}
	if c.Apply {
		if lacks := ring.Unfit(); len(lacks) > 0 {
			return sum, fmt.Errorf("the ring has no key for %v; 'poruka keys rotate' adds what is missing", lacks)
		}
		committer, err := group.New(group.Config{Ledger: store, Scribe: func() group.Scribe { return tlog.NewScribe(ring, nil) }})
		if err != nil {
			return sum, err
		}
		defer func() { err = errors.Join(err, committer.Close(context.WithoutCancel(ctx))) }()
		if cfg.Eraser, err = portal.New(portal.Config{Committer: committer, Reader: store, Ring: ring, Clock: time.Now}); err != nil {
			return sum, err
		}
		what = "erasing"
	}
	bar := newProgress(s, what, "accounts", status.Accounts)
	defer bar.finish()
	cfg.Progress = func(done int64) { bar.set(done, done) }
	return upkeep.Retain(ctx, cfg)
}

// longAgo gives the time that lies so long before now. Years and months are those of the calendar.
func longAgo(now time.Time, text string) (time.Time, error) {
	before := now
	for _, unit := range []struct {
		name                string
		years, months, days int
	}{{"mo", 0, 1, 0}, {"y", 1, 0, 0}, {"d", 0, 0, 1}} {
		number, ok := strings.CutSuffix(text, unit.name)
		if n, err := strconv.ParseUint(number, 10, 16); ok && err == nil {
			before = now.AddDate(-int(n)*unit.years, -int(n)*unit.months, -int(n)*unit.days)
		}
	}
	if idle, err := time.ParseDuration(text); err == nil {
		before = now.Add(-idle)
	}
	if now.Sub(before) < 24*time.Hour {
		return time.Time{}, wrongUsef("--profiles-idle-for must be a time like 5y, 18mo, 1825d or 43800h, and at least a day")
	}
	return before, nil
}

func (r retainResult) print(s *streams) error {
	if s.JSON {
		return s.printJSON(r)
	}
	t := newTable("CLASS", "HELD#", "DUE#", "ERASED#", "KEPT")
	t.add("profiles", thousands(r.Profiles), thousands(r.Due), thousands(r.Erased), "until idle since "+r.IdleSince.Format(time.DateOnly))
	t.add("attempts", "", "", "", "24 hours, what banks claimed in vain a year; forgotten without this command")
	t.add("entries", thousands(r.Entries), "0", "0", "for ever")
	if err := t.print(s); err != nil {
		return err
	}
	if r.Returned > 0 {
		s.notef("%s accounts were changed meanwhile and left alone", thousands(r.Returned))
	}
	if !r.Applied && r.Due > 0 {
		s.notef("nothing was erased; --apply erases what is due")
	}
	return nil
}
