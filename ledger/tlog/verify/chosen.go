package verify

import (
	"time"

	"github.com/poruka/poruka/ledger"
)

// chosen remembers of the rows what it takes to see, once the filter is known, that each of them belongs there.
type chosen struct {
	rows     int64
	partner  ledger.PartnerID // of the first row
	outcome  ledger.Outcome
	otherOf  int64 // number of the first row of another partner than the first; 0 when there is none
	otherOut int64
	earliest marked
	latest   marked
}

// marked is a time with the number of the row that has it.
type marked struct {
	at  time.Time
	row int64
}

// sealedAfter is how long after the end of a period a report still takes the seals of its hours.
const sealedAfter = 2 * time.Hour

func (c *chosen) add(row int64, e *ledger.Entry) {
	at := e.DecidedAt
	if e.Kind == ledger.KindSeal { // it belongs to the hour that it seals
		at = at.Add(-sealedAfter)
	}
	if c.rows++; c.rows == 1 {
		c.partner, c.outcome = e.Partner, e.Outcome
		c.earliest, c.latest = marked{e.DecidedAt, row}, marked{at, row}
		return
	}
	if e.Partner != c.partner && c.otherOf == 0 {
		c.otherOf = row
	}
	if e.Outcome != c.outcome && c.otherOut == 0 {
		c.otherOut = row
	}
	if e.DecidedAt.Before(c.earliest.at) {
		c.earliest = marked{e.DecidedAt, row}
	}
	if at.After(c.latest.at) {
		c.latest = marked{at, row}
	}
}

// judge names a row that the filter does not choose.
func (c *chosen) judge(f ledger.Filter) error {
	if c.rows == 0 {
		return nil
	}
	var foreign int64
	switch {
	case f.Partner != "" && c.partner != f.Partner, f.Outcome != ledger.OutcomeNone && c.outcome != f.Outcome:
		foreign = 1
	case f.Partner != "" && c.otherOf > 0:
		foreign = c.otherOf
	case f.Outcome != ledger.OutcomeNone && c.otherOut > 0:
		foreign = c.otherOut
	case !f.From.IsZero() && c.earliest.at.Before(f.From):
		foreign = c.earliest.row
	case !f.To.IsZero() && !c.latest.at.Before(f.To):
		foreign = c.latest.row
	default:
		return nil
	}
	return &Finding{Row: foreign, Position: -1, What: "it is foreign: the filter of the report does not choose it"}
}
