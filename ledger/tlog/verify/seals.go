package verify

import (
	"fmt"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// Seals is what the seals among the rows say. A seal is an entry that counts a bank's entries in a part of the log by the hours in
// which they were decided; the parts of a bank's seals follow each other without gaps.
type Seals struct {
	Hours    int64 // of banks, each sealed, whole in the period, and with as many rows as were sealed
	Unsealed int64 // rows behind the last seal of their bank
}

// sealing counts rows against seals.
type sealing struct {
	row   int64
	banks map[ledger.PartnerID]*account
}

// account is what was counted of one bank.
type account struct {
	recent   []sealable // rows behind the end of the last seal
	tooMany  bool       // of them to keep: the bank cannot be judged
	rows     map[int64]int64
	sealed   map[int64]int64
	rowOf    map[int64]int64 // number of the row that seals an hour
	isSealed bool
	isWhole  bool  // from the beginning of the log on
	end      int64 // of the last seal
}

type sealable struct{ position, hour int64 }

// mostRecent bounds the rows of a bank in an hour that can be judged.
const mostRecent = 1 << 22

func (s *sealing) bank(id ledger.PartnerID) *account {
	if s.banks == nil {
		s.banks = map[ledger.PartnerID]*account{}
	}
	bank := s.banks[id]
	if bank == nil {
		bank = &account{rows: map[int64]int64{}, sealed: map[int64]int64{}, rowOf: map[int64]int64{}}
		s.banks[id] = bank
	}
	return bank
}

func (s *sealing) add(r *row) error {
	s.row++
	bank := s.bank(r.entry.Partner)
	if r.entry.Kind != ledger.KindSeal {
		if bank.tooMany = bank.tooMany || len(bank.recent) >= mostRecent; bank.tooMany {
			bank.recent = nil
			return nil
		}
		bank.recent = append(bank.recent, sealable{r.position, hourOf(r.entry.DecidedAt)})
		return nil
	}
	seal, err := canon.ParseSeal(r.entry.Detail)
	if err != nil || seal.To > r.position {
		return &Finding{Row: s.row, Position: r.position, What: "it is no seal that a gateway makes"}
	}
	if bank.isSealed && seal.From != bank.end {
		return &Finding{Row: s.row, Position: r.position, What: fmt.Sprintf("a seal before it is missing: it begins at position %d, not %d", seal.From, bank.end)}
	}
	bank.seal(&seal, s.row)
	return nil
}

func hourOf(t time.Time) int64 { return canon.HourOf(t).Unix() }

func (a *account) seal(seal *canon.Seal, row int64) {
	if !a.isSealed {
		a.isSealed, a.isWhole = true, seal.From == 0
	}
	a.end = seal.To
	a.sealed[seal.Hour.Unix()] += seal.Count
	a.rowOf[seal.Hour.Unix()] = row
	for _, list := range [][]canon.HourCount{seal.Late, seal.Early} {
		for _, one := range list {
			a.sealed[one.Hour.Unix()] += one.Entries
		}
	}
	kept := a.recent[:0]
	for _, one := range a.recent {
		if one.position >= seal.To {
			kept = append(kept, one)
		} else {
			a.rows[one.hour]++
		}
	}
	a.recent = kept
}

const hour = int64(time.Hour / time.Second)

// judge compares the counts of the hours that lie whole in the period. An hour is sealed when its own seal is there and the one before
// it, which has what was decided in its first minute.
func (s *sealing) judge(f ledger.Filter) (seals Seals, err error) {
	if f.Outcome != ledger.OutcomeNone {
		return seals, nil // a seal counts all outcomes
	}
	for id, bank := range s.banks {
		seals.Unsealed += int64(len(bank.recent))
		if !bank.isSealed || bank.tooMany {
			continue
		}
		for at, row := range bank.rowOf {
			isInside := (f.From.IsZero() || at >= f.From.Unix()+b2i(f.From.Nanosecond() > 0)) && (f.To.IsZero() || at+hour <= f.To.Unix())
			if !isInside {
				continue
			}
			if bank.rows[at] < bank.sealed[at] {
				return seals, &Finding{Row: row, Position: -1, What: fmt.Sprintf(
					"rows are missing: %d of %s decided in the hour from %s are sealed, and the report has %d",
					bank.sealed[at], id, time.Unix(at, 0).UTC().Format(time.RFC3339), bank.rows[at])}
			}
			if _, before := bank.rowOf[at-hour]; (before || bank.isWhole) && bank.rows[at] == bank.sealed[at] {
				seals.Hours++
			}
		}
	}
	return seals, nil
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
