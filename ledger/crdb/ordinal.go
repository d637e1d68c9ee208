package crdb

import (
	"encoding/binary"

	"github.com/poruka/poruka/ledger"
)

// ordinalBits hold the number of an entry among those of its transaction: more than a transaction can have.
const ordinalBits = 15

// numbered gives the ordinals under which entries are stored. Where two transactions may have one place, an ordinal begins with 48
// random bits of the transaction's first entry: no two entries have place and ordinal in common, and those of a transaction stay together.
func (s *statements) numbered(first ledger.EntryID, ordinals []int) []int64 {
	var tag int64
	if s.sharedPlaces {
		tag = int64(binary.BigEndian.Uint64(first[:8])>>16) << ordinalBits
	}
	out := make([]int64, len(ordinals))
	for i, n := range ordinals {
		out[i] = tag + int64(n)
	}
	return out
}
