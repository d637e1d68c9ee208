package tlog

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/group"
)

// pass goes once through the entries from the range of a draft on, for all partners, and stores round after round. isMore: another
// gateway was faster, and everything must be looked at anew.
func (s *Sealer) pass(ctx context.Context, d *draft, size int64, now time.Time) (isMore bool, err error) {
	p := passing{Sealer: s, draft: d, at: s.at, size: size, now: now, began: now}
	for p.at.position < size && p.isDue() && !p.raced {
		if err := p.read(ctx); err != nil {
			return false, err
		}
	}
	for p.isDue() && !p.raced {
		if err := p.finish(ctx, size); err != nil {
			return false, err
		}
	}
	return p.raced, nil
}

// passing is a pass on its way.
type passing struct {
	*Sealer
	draft *draft
	at    spot  // of the page that is read
	size  int64 // of the log
	now   time.Time
	began time.Time // of this round
	raced bool
}

func (p *passing) isDue() bool { return !p.now.Before(dueAt(p.draft.hour)) }

// read takes a page of entries.
func (p *passing) read(ctx context.Context) error {
	entries, next, err := p.unlogged(ctx, p.at.cursor, p.cfg.Limit)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return missing(p.at.position)
	}
	isLast := p.at.position+int64(len(entries)) > p.size
	if isLast {
		entries = entries[:p.size-p.at.position]
	}
	if err := p.take(ctx, entries); err != nil {
		return err
	}
	if isLast { // the cursor stands behind entries that are not in the log yet: only the place before them is sure
		for p.isDue() && !p.raced && err == nil {
			err = p.finish(ctx, p.size)
		}
		return err
	}
	p.at = spot{next, p.at.position + int64(len(entries))}
	return nil
}

// take counts the entries of a page, and ends rounds where entries from after their time begin.
func (p *passing) take(ctx context.Context, entries []ledger.Entry) error {
	records, err := p.records(ctx, entries)
	if err != nil {
		return err
	}
	for i, e := range entries {
		position := p.at.position + int64(i)
		if position < p.draft.from() {
			continue
		}
		for p.isDue() && p.ends(e) {
			if err := p.finish(ctx, position); err != nil || p.raced {
				return err
			}
		}
		p.draft.add(e, records[i])
	}
	return nil
}

// ends reports whether the range of the draft ends before an entry. One that claims to be from the future, by a clock that is wrong,
// ends nothing: otherwise the ranges of all hours up to its own would be empty.
func (p *passing) ends(e ledger.Entry) bool {
	return !e.DecidedAt.Before(dueAt(p.draft.hour)) && !e.DecidedAt.After(p.now)
}

// records gives the records of a page of entries, and believes them only when the log has the same.
func (p *passing) records(ctx context.Context, entries []ledger.Entry) ([]ledger.Record, error) {
	first, last := p.at.position/ledger.BlockSize, (p.at.position+int64(len(entries))-1)/ledger.BlockSize
	var ids []ledger.TileID
	for block := first; block <= last; block++ {
		ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: block})
	}
	tiles, err := ask(ctx, p.Sealer, func(ctx context.Context) ([]ledger.Tile, error) { return p.cfg.Log.LogTiles(ctx, ids) })
	if err != nil {
		return nil, err
	}
	if len(tiles) != len(ids) {
		return nil, errShort
	}
	records := make([]ledger.Record, len(entries))
	for i, e := range entries {
		records[i] = canon.Record(e)
		position := p.at.position + int64(i)
		data := tiles[position/ledger.BlockSize-first].Data
		at := int(position % ledger.BlockSize * tlog.HashSize)
		if len(data) < at+tlog.HashSize {
			return nil, fmt.Errorf("%w: %w: the record at position %d", ErrBroken, errShort, position)
		}
		if !bytes.Equal(data[at:at+tlog.HashSize], records[i][:]) {
			return nil, fmt.Errorf("%w: entry %v, position %d", ErrAltered, e.ID, position)
		}
	}
	return records, nil
}

// finish ends a round before a position, stores it and begins the next.
func (p *passing) finish(ctx context.Context, to int64) error {
	d := p.draft
	partners := append([]ledger.PartnerID{ledger.PortalID, ledger.StaffID}, p.cfg.Partners()...)
	made, seals := d.close(to, partners)
	raced, err := p.store(ctx, d.before, seals)
	if err != nil {
		return err
	}
	now := p.cfg.Clock()
	report := Sealing{Hour: d.hour, Seals: len(seals), Entries: d.entries, Delay: now.Sub(dueAt(d.hour)), Duration: now.Sub(p.began)}
	if raced {
		report.Seals = 0
	}
	p.cfg.Observe(report)
	p.raced, p.began = raced, now
	if !raced {
		p.last, p.Sealer.at, p.draft = &made, p.at, made.next()
	}
	return nil
}

// store stores a round, unless it is there already.
func (p *passing) store(ctx context.Context, before round, seals map[ledger.PartnerID]canon.Seal) (raced bool, err error) {
	w := roundWrite{at: p.cfg.Clock().UTC().Truncate(time.Microsecond)}
	var keys ledger.Keys
	for _, partner := range inOrder(seals) {
		one := sealWrite{partner: partner, seal: seals[partner], ids: p.cfg.IDs(partner, seals[partner].Hour)}
		keys.Entries = append(keys.Entries, one.ids...)
		if before.to > 0 && !before.partners[partner] {
			one.older = p.cfg.IDs(partner, before.hour)
			keys.Entries = append(keys.Entries, one.older...)
		}
		w.seals = append(w.seals, one)
	}
	return ask(ctx, p.Sealer, func(ctx context.Context) (bool, error) {
		return group.Do(ctx, p.cfg.Committer, sealLane, keys, w.decide)
	})
}

// roundWrite is a round on its way into the ledger.
type roundWrite struct {
	at    time.Time
	seals []sealWrite
}

type sealWrite struct {
	partner ledger.PartnerID
	seal    canon.Seal
	ids     []ledger.EntryID
	older   []ledger.EntryID // of the hour before, in which this partner must not have one
}

// decide runs in the transaction. raced: the round is there already.
func (w roundWrite) decide(v *ledger.View) (raced bool, err error) {
	for i := range w.seals {
		isThere, err := w.seals[i].look(v)
		if err != nil {
			return false, err
		}
		raced = raced || isThere
	}
	if raced {
		return true, nil
	}
	for i := range w.seals {
		one := &w.seals[i]
		v.AddEntry(ledger.Entry{ID: one.ids[0], Kind: ledger.KindSeal, Partner: one.partner, DecidedAt: w.at, Detail: one.seal.Detail()})
	}
	return false, nil
}

// look reports whether the seal is there already.
func (w *sealWrite) look(v *ledger.View) (isThere bool, err error) {
	for _, id := range w.older {
		if _, ok := v.Entry(id); ok {
			return false, fmt.Errorf("%w: a list of seals had not that of %s for the hour before %v", ErrAltered, w.partner, w.seal.Hour)
		}
	}
	for _, id := range w.ids {
		e, ok := v.Entry(id)
		if !ok {
			continue
		}
		said, err := parseSealOf(e)
		if err != nil {
			return true, err
		}
		isSame := said.From == w.seal.From && said.To == w.seal.To
		if isSame && e.Detail != w.seal.Detail() {
			return true, fmt.Errorf("%w: %s, %v, positions %d to %d", ErrConflictingSeal, w.partner, said.Hour, said.From, said.To)
		}
		return true, nil
	}
	return false, nil
}
