package main

import (
	"context"
	"fmt"

	"github.com/poruka/poruka/gateway/upkeep"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// keysRewrapCmd brings all accounts under the newest data key.
type keysRewrapCmd struct{ upkeepFlags }

// Help is shown by --help.
func (*keysRewrapCmd) Help() string {
	return `After 'poruka keys rotate data' only new accounts are under the new key. This brings the others under it: the data key of each account
is wrapped anew; the profile itself is not touched, and commitments to it hold. It may be stopped at any moment and begun again:
what is done is not done twice. In the end it looks through all accounts once more and tells whether any still needs an older key.
Backups of the ledger go on needing the older keys: keep the ring's backups as long as them.

The embedded ledger belongs to one process at a time: stop the gateway first. On a database server gateways may go on; each must
have been started with the new ring, otherwise it cannot read what was rewrapped.

Exit code 1: some accounts are still under an older key. Those that do not open with this ring are named.

Examples:

    poruka keys rewrap --data-dir .poruka
    poruka keys rewrap --database-url postgres://poruka@db.example/poruka --keyring keyring.json
`
}

// rewrapResult is what `keys rewrap --json` prints.
type rewrapResult struct {
	Key       uint32   `json:"key"` // the newest
	Accounts  int64    `json:"accounts"`
	Rewrapped int64    `json:"rewrapped"`
	Skipped   int64    `json:"skipped"` // under it before
	Erased    int64    `json:"erased"`
	Refused   int64    `json:"refused"`
	Left      int64    `json:"left"`               // still under an older key
	Names     []string `json:"refusedAccounts"`    // the first of them
	Needed    bool     `json:"olderKeysAreNeeded"` // by the ledger; backups are not known of
}

// Run rewraps.
func (c *keysRewrapCmd) Run(ctx context.Context, s *streams) error {
	return c.run(ctx, func(store ledger.Engine, ring *seal.Ring) error {
		status, err := store.Status(ctx)
		if err != nil {
			return err
		}
		bar := newProgress(s, "rewrapping", "accounts", status.Accounts)
		sum, err := upkeep.Rewrap(ctx, upkeep.RewrapConfig{Ledger: store, Ring: ring, Progress: func(done int64) { bar.set(done, done) }})
		bar.finish()
		if err != nil {
			return fmt.Errorf("%s accounts were rewrapped; begin again to go on: %w", thousands(sum.Rewrapped), err)
		}
		return rewrapOf(sum, ring).print(s)
	})
}

func rewrapOf(sum upkeep.Rewrapped, ring *seal.Ring) rewrapResult {
	r := rewrapResult{
		Key: ring.DataKey(), Accounts: sum.Seen, Rewrapped: sum.Rewrapped, Skipped: sum.Current, Erased: sum.Erased, Refused: sum.Refused,
		Left: sum.Left, Names: []string{}, Needed: sum.Left > 0,
	}
	for _, id := range sum.Accounts {
		r.Names = append(r.Names, id.String())
	}
	return r
}

func (r rewrapResult) print(s *streams) error {
	if err := r.show(s); err != nil {
		return err
	}
	if !r.Needed {
		return nil
	}
	for _, id := range r.Names {
		s.notef("account %s does not open with this ring", id)
	}
	return answerNof("%s accounts are still under an older key: %s of them do not open with this ring, the others came meanwhile; begin again when "+
		"every gateway has the new ring", thousands(r.Left), thousands(r.Refused))
}

func (r rewrapResult) show(s *streams) error {
	if s.JSON {
		return s.printJSON(r)
	}
	facts := newFacts()
	facts.add("key", fmt.Sprint(r.Key))
	facts.add("accounts", thousands(r.Accounts))
	facts.add("rewrapped", thousands(r.Rewrapped))
	facts.add("skipped", thousands(r.Skipped)+", under this key before")
	facts.add("erased", thousands(r.Erased)+", without a data key")
	needed := "no longer needed by the ledger, only by its backups"
	if r.Needed {
		needed = fmt.Sprintf("needed by %s accounts", thousands(r.Left))
	}
	facts.add("older keys", needed)
	return facts.print(s)
}
