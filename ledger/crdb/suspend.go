package crdb

import (
	"context"

	"github.com/poruka/poruka/ledger"
)

// Suspend implements ledger.Suspender.
func (s *Store) Suspend(ctx context.Context, what ledger.Suspension) error {
	var since []byte
	if !what.At.IsZero() {
		since = instant(what.At)
	}
	return s.report(ctx, s.requests, "suspend", `INSERT INTO suspension (partner, since, by_whom, note)
VALUES ($1::TEXT, $2::TIMESTAMPTZ, $3::TEXT, $4::TEXT)
ON CONFLICT (partner) DO UPDATE SET since = excluded.since, by_whom = excluded.by_whom, note = excluded.note`,
		[][]byte{[]byte(what.Partner), since, []byte(what.By), []byte(what.Note)}, nil)
}

// Resume implements ledger.Suspender.
func (s *Store) Resume(ctx context.Context, partner ledger.PartnerID) error {
	return s.report(ctx, s.requests, "resume", "DELETE FROM suspension WHERE partner = $1::TEXT", [][]byte{[]byte(partner)}, nil)
}

// Suspensions implements ledger.Suspender.
func (s *Store) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	var out []ledger.Suspension
	err := s.report(ctx, s.requests, "suspensions", "SELECT partner, since, by_whom, note FROM suspension ORDER BY partner", nil, func(r *row) {
		if r.isFirst {
			out = nil
		}
		out = append(out, ledger.Suspension{Partner: ledger.PartnerID(r.text()), At: r.time(), By: r.text(), Note: r.text()})
	})
	return out, err
}
