package tlog

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// sealDelay is how long after the end of an hour it is sealed: time for what was decided in it to get into the log.
const sealDelay = time.Minute

// dueAt is when an hour may be sealed. Where the log has an entry that was decided then or later, the range of the hour ends before
// it, whoever seals and whenever; so two gateways that catch up make the same seals.
func dueAt(hour time.Time) time.Time { return hour.Add(time.Hour + sealDelay) }

// round is the seals of one hour: one range, one seal for each partner. They are stored together or not at all.
type round struct {
	hour     time.Time
	to       int64
	partners map[ledger.PartnerID]bool
}

// draft is a round that is being made.
type draft struct {
	before  round
	hour    time.Time
	tallies map[ledger.PartnerID]*tally
	entries int64
}

func (r round) next() *draft {
	return &draft{before: r, hour: r.hour.Add(time.Hour), tallies: map[ledger.PartnerID]*tally{}}
}

func (d *draft) from() int64 { return d.before.to }

// add counts an entry of the range. Seals count for nothing: what they say is proved by their own chain.
func (d *draft) add(e ledger.Entry, record ledger.Record) {
	if e.Kind == ledger.KindSeal {
		return
	}
	t := d.of(e.Partner)
	t.hours[canon.HourOf(e.DecidedAt)]++
	t.tree.add(record)
	d.entries++
}

func (d *draft) of(partner ledger.PartnerID) *tally {
	t := d.tallies[partner]
	if t == nil {
		t = &tally{hours: map[time.Time]int64{}}
		d.tallies[partner] = t
	}
	return t
}

// close ends the range. A seal is made for each of partners, for who has entries, and for who had a seal before: so from the first
// on, a partner has one for every hour. The first begins with the log, since there is nothing of the partner before.
func (d *draft) close(to int64, partners []ledger.PartnerID) (round, map[ledger.PartnerID]canon.Seal) {
	for _, p := range partners {
		d.of(p)
	}
	for p := range d.before.partners {
		d.of(p)
	}
	made := round{hour: d.hour, to: to, partners: map[ledger.PartnerID]bool{}}
	seals := make(map[ledger.PartnerID]canon.Seal, len(d.tallies))
	for p, t := range d.tallies {
		made.partners[p] = true
		s := t.seal(d.hour)
		s.To = to
		if d.before.partners[p] {
			s.From = d.from()
		}
		seals[p] = s
	}
	return made, seals
}

// tally is what is known of one partner's entries in a range.
type tally struct {
	hours map[time.Time]int64
	tree  shortTree
}

func (t *tally) seal(hour time.Time) canon.Seal {
	s := canon.Seal{Hour: hour, Count: t.hours[hour], Root: t.tree.root()}
	for _, at := range slices.SortedFunc(maps.Keys(t.hours), time.Time.Compare) {
		switch one := (canon.HourCount{Hour: at, Entries: t.hours[at]}); at.Compare(hour) {
		case -1:
			s.Late = append(s.Late, one)
		case 1:
			s.Early = append(s.Early, one)
		}
	}
	return s
}

// shortTree is a tree of which only the root will be asked: it keeps the roots of its complete subtrees, the largest first.
type shortTree struct {
	size  int64
	peaks []tlog.Hash
}

func (t *shortTree) add(record ledger.Record) {
	hash := tlog.RecordHash(record[:])
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		hash = tlog.NodeHash(t.peaks[last], hash)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, hash)
	t.size++
}

func (t *shortTree) root() [32]byte {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.peaks) - 1
	hash := t.peaks[last]
	for _, peak := range slices.Backward(t.peaks[:last]) {
		hash = tlog.NodeHash(peak, hash)
	}
	return hash
}

// inOrder lists partners always in the same order, so that who stores the same round stores it alike.
func inOrder(seals map[ledger.PartnerID]canon.Seal) []ledger.PartnerID {
	return slices.SortedFunc(maps.Keys(seals), cmp.Compare[ledger.PartnerID])
}
