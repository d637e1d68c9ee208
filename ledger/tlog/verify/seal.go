package verify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// ErrSeal says that a seal does not fit the entries: some were changed, left out or added since.
var ErrSeal = errors.New("verify: the seal does not fit the entries")

// Sealed is what a seal covers of one entry.
type Sealed struct {
	Position  int64
	DecidedAt time.Time
	Record    ledger.Record
}

// SealCheck compares a seal with the entries that it covers, one after the other, without keeping them.
type SealCheck struct {
	seal   canon.Seal
	next   int64 // the least position that may come
	counts map[int64]int64
	size   int64
	peaks  []tlog.Hash // roots of complete subtrees, the largest first
}

// NewSealCheck begins a check.
func NewSealCheck(s canon.Seal) *SealCheck {
	return &SealCheck{seal: s, next: s.From, counts: map[int64]int64{}}
}

// CheckSeal compares a seal with the entries of its partner between its positions, seals left out, in the order of the log. The
// error is ErrSeal, and names the position or the hour.
func CheckSeal(s canon.Seal, entries iter.Seq[Sealed]) error {
	c := NewSealCheck(s)
	for e := range entries {
		if err := c.Add(e); err != nil {
			return err
		}
	}
	return c.Done()
}

// Add takes the next entry. The error is ErrSeal: it is not one of those that the seal covers, or not the next.
func (c *SealCheck) Add(e Sealed) error {
	if e.Position < c.next || e.Position >= c.seal.To {
		return fmt.Errorf("%w: position %d is not between %d and %d", ErrSeal, e.Position, c.next, c.seal.To)
	}
	hour := canon.HourOf(e.DecidedAt)
	if c.counts[hour.Unix()]++; c.counts[hour.Unix()] > c.seal.Of(hour) {
		return fmt.Errorf("%w: position %d is one too many of %s: there were %d", ErrSeal, e.Position, hour.Format(time.RFC3339), c.seal.Of(hour))
	}
	c.next = e.Position + 1
	hash := tlog.RecordHash(e.Record[:])
	for n := c.size; n&1 == 1; n >>= 1 {
		last := len(c.peaks) - 1
		hash, c.peaks = tlog.NodeHash(c.peaks[last], hash), c.peaks[:last]
	}
	c.peaks = append(c.peaks, hash)
	c.size++
	return nil
}

// Done ends the check. The error is ErrSeal: entries are missing, or not the same.
func (c *SealCheck) Done() error {
	hours := append([]canon.HourCount{{Hour: c.seal.Hour, Entries: c.seal.Count}}, c.seal.Late...)
	for _, one := range append(hours, c.seal.Early...) {
		if got := c.counts[one.Hour.Unix()]; got != one.Entries {
			return fmt.Errorf("%w: %d entries of %s instead of %d", ErrSeal, got, one.Hour.Format(time.RFC3339), one.Entries)
		}
	}
	if c.root() != c.seal.Root {
		return fmt.Errorf("%w: the counts are right, and entries between positions %d and %d are others", ErrSeal, c.seal.From, c.seal.To)
	}
	return nil
}

func (c *SealCheck) root() [32]byte {
	if c.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(c.peaks) - 1
	hash := c.peaks[last]
	for last--; last >= 0; last-- {
		hash = tlog.NodeHash(c.peaks[last], hash)
	}
	return hash
}

// SealFollows checks that one seal of a partner goes on where the one of the hour before has ended: between them nothing can be
// left out. The error is ErrSeal.
func SealFollows(older, newer canon.Seal) error {
	if !newer.Hour.Equal(older.Hour.Add(time.Hour)) || newer.From != older.To {
		return fmt.Errorf("%w: that of %s does not go on from that of %s", ErrSeal, newer.Hour.Format(time.RFC3339), older.Hour.Format(time.RFC3339))
	}
	return nil
}
