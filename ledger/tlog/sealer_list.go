package tlog

import (
	"context"
	"errors"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/seal"
)

// SealIDsOf names seals by the keys of a ring, so that each hour of a partner has one seal whoever makes it.
func SealIDsOf(ring *seal.Ring) SealIDs {
	return func(partner ledger.PartnerID, hour time.Time) []ledger.EntryID {
		return ring.EntryIDs(partner, "seal "+hour.UTC().Format(time.RFC3339)) // no request has such an id
	}
}

// Seals lists the seals of a partner that tell of what was decided from one time up to another: those of the hours between, the one
// before, in which the first minute of the first hour may be counted, and the next, in which the late of the last hour are. Hours
// that are not sealed are left out. Ranges of seals that follow each other are contiguous.
func Seals(ctx context.Context, reader ledger.Reader, ids SealIDs, partner ledger.PartnerID, from, to time.Time) ([]ledger.Entry, error) {
	var list []ledger.Entry
	for hour := canon.HourOf(from).Add(-time.Hour); hour.Before(to.Add(time.Hour)); hour = hour.Add(time.Hour) {
		e, err := readSeal(ctx, reader, ids(partner, hour))
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}
