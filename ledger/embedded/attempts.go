package embedded

import (
	"time"

	"github.com/poruka/poruka/ledger"
)

const (
	selectAttempts = `select subject, partner, data from attempts where (subject, partner) in (values `
	upsertAttempts = `insert into attempts (subject, partner, data, updated_at) values (?, ?, ?, ?)
		on conflict do update set data = excluded.data, updated_at = excluded.updated_at`
	// sweepAttempts walks a stretch of the table, so that its cost does not depend on the table's size; sweepEnd is where
	// the stretch ends, NULL at the end of the table.
	sweepEnd      = `select subject from attempts where subject > ? order by subject limit 1 offset ?`
	sweepAttempts = `delete from attempts where subject > ? and subject <= ? and ` + isForgotten
	sweepRest     = `delete from attempts where subject > ? and ` + isForgotten
	// isForgotten asks the first byte, which is ledger.VouchMark, whether the counter holds vouches.
	isForgotten  = `updated_at < iif(substr(data, 1, 1) = x'ff', ?, ?)`
	sweepStretch = 1000 // rows
)

func storeAttempts(c *conn, counters map[ledger.AttemptKey]ledger.Attempts, now time.Time) error {
	for key, a := range counters {
		data, err := a.MarshalBinary()
		if err != nil {
			return err
		}
		if err := c.exec(upsertAttempts, key.Subject[:], string(key.Partner), data, now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes the counters of one stretch behind after that nobody remembers, and gives the place to go on from.
func sweep(c *conn, after []byte, now time.Time) (next []byte, err error) {
	err = c.query(func(r row) error { next = r.bytes(0); return nil }, sweepEnd, after, int64(sweepStretch))
	if err != nil {
		return nil, err
	}
	// A counter is written later than its times are, never earlier.
	vouched, counted := now.Add(-ledger.VouchMemory).UnixMicro(), now.Add(-ledger.AttemptMemory).UnixMicro()
	if next == nil {
		err = c.exec(sweepRest, after, vouched, counted)
	} else {
		err = c.exec(sweepAttempts, after, next, vouched, counted)
	}
	return next, err
}
