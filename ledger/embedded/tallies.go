package embedded

import "github.com/poruka/poruka/ledger"

// blockBits is the binary logarithm of the positions in a block.
const blockBits = 10

const addTally = `insert into tallies (block, partner, kind, outcome, entries, dry_runs, earliest, latest)
	values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set entries = entries + excluded.entries,
	dry_runs = dry_runs + excluded.dry_runs, earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`

type tallyKey struct {
	block   int64
	partner ledger.PartnerID
	kind    ledger.Kind
	outcome ledger.Outcome
}

type tally struct {
	entries, dryRuns int64
	earliest, latest int64 // microseconds
}

// tallies add up what a transaction inserts.
type tallies map[tallyKey]tally

func (t tallies) add(position int64, e *ledger.Entry) {
	key := tallyKey{block: position >> blockBits, partner: e.Partner, kind: e.Kind, outcome: e.Outcome}
	at := e.DecidedAt.UnixMicro()
	sum, ok := t[key]
	if !ok {
		sum = tally{earliest: at, latest: at}
	}
	sum.entries++
	if e.DryRun {
		sum.dryRuns++
	}
	sum.earliest, sum.latest = min(sum.earliest, at), max(sum.latest, at)
	t[key] = sum
}

func (t tallies) store(c *conn) error {
	for key, sum := range t {
		err := c.exec(addTally, key.block, string(key.partner), number(key.kind), number(key.outcome),
			sum.entries, sum.dryRuns, sum.earliest, sum.latest)
		if err != nil {
			return err
		}
	}
	return nil
}
