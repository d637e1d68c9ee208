package tlog

import (
	"crypto/rand"
	"slices"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// Marker makes marks. A seal.Ring is one.
type Marker interface {
	// Mark gives the mark of a record.
	Mark(record ledger.Record) [32]byte
}

// Scribe gives the entries of one writer their links and marks, and hands what was stored to Receipts. It is used by one
// goroutine at a time.
type Scribe struct {
	marker   Marker
	receipts *Receipts

	writer   [8]byte
	sequence uint64 // of the next group
	previous [32]byte

	attempted bool            // something was finished since the last answer
	records   []ledger.Record // of the group as finished last
}

// NewScribe makes the scribe of one writer. Without receipts nothing is remembered for them.
func NewScribe(marker Marker, receipts *Receipts) *Scribe {
	s := &Scribe{marker: marker, receipts: receipts}
	s.renew()
	return s
}

// renew begins a new chain: what became of the last group of this one is not sure.
func (s *Scribe) renew() {
	_, _ = rand.Read(s.writer[:]) // never fails: see its documentation
	s.sequence, s.previous = 0, [32]byte{}
}

// Finish sets Encoding, Link and Mark of the entries of a group. It may be called again for the next attempt to store the group.
// An earlier attempt may still arrive, so what differs from it must not take the same number: it begins a new chain.
func (s *Scribe) Finish(entries []ledger.Entry) {
	records := s.link(entries)
	if s.attempted && !slices.Equal(records, s.records) {
		s.renew()
		records = s.link(entries)
	}
	for i := range entries {
		entries[i].Mark = s.marker.Mark(records[i])
	}
	s.attempted = s.attempted || len(entries) > 0
	s.records = records
}

func (s *Scribe) link(entries []ledger.Entry) []ledger.Record {
	records := make([]ledger.Record, len(entries))
	for i := range entries {
		entries[i].Encoding = ledger.EncodingVersion
		entries[i].Link = ledger.Link{
			Writer: s.writer, Sequence: s.sequence, Previous: s.previous,
			Index: uint16(i), Size: uint16(len(entries)), //nolint:gosec // a group is far smaller: see group.Config
		}
		records[i] = canon.Record(entries[i])
	}
	return records
}

// Stored is called when the group as finished last is durable.
func (s *Scribe) Stored(entries []ledger.Entry) {
	if len(entries) > 0 {
		s.sequence++
		s.previous = canon.GroupDigest(s.records)
		if s.receipts != nil {
			s.receipts.remember(entries, s.records)
		}
	} else if s.attempted {
		s.renew() // an earlier attempt had entries, and they are there
	}
	s.attempted, s.records = false, nil
}

// Lost is called when the group was not stored, so that its number is free, or when nobody knows.
func (s *Scribe) Lost(unknown bool) {
	if unknown {
		s.renew()
	}
	s.attempted, s.records = false, nil
}
