package embedded

import (
	"context"
	"database/sql/driver"

	"github.com/poruka/poruka/ledger"
)

const (
	upsertSuspension = `insert into suspensions (partner, at, by, note) values (?, ?, ?, ?)
		on conflict do update set at = excluded.at, by = excluded.by, note = excluded.note`
	deleteSuspension = `delete from suspensions where partner = ?`
)

// Suspend stores a suspension or replaces it.
func (s *Store) Suspend(ctx context.Context, suspension ledger.Suspension) error {
	return s.write(ctx, upsertSuspension, string(suspension.Partner), timeOrNull(suspension.At), suspension.By, suspension.Note)
}

// Resume removes a suspension; without one it does nothing.
func (s *Store) Resume(ctx context.Context, partner ledger.PartnerID) error {
	return s.write(ctx, deleteSuspension, string(partner))
}

// write is one statement; repeating it changes nothing, so that whoever is told of a failure may.
func (s *Store) write(ctx context.Context, query string, args ...driver.Value) error {
	return s.writers.use(ctx, func(c *conn) error {
		if err := c.exec(query, args...); err != nil {
			return unavailable(err)
		}
		s.folder.noted()
		return s.inPlace()
	})
}

// Suspensions lists all, ordered by partner.
func (s *Store) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	var all []ledger.Suspension
	err := s.read(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			all = append(all, ledger.Suspension{Partner: ledger.PartnerID(r.text(0)), At: r.time(1), By: r.text(2), Note: r.text(3)})
			return nil
		}, `select partner, at, by, note from suspensions order by partner`)
	})
	return all, err
}
