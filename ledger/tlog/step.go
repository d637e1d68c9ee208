package tlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// place is where the log stands, and all that its next advance needs.
type place struct {
	head     ledger.LogHead
	frontier *frontier
	chains   *chains
}

// load reads where the log stands. errStale: it was advanced meanwhile.
func load(ctx context.Context, log ledger.Log) (*place, error) {
	head, err := log.LogHead(ctx)
	if err != nil {
		return nil, err
	}
	state, err := readTile(ctx, log, ledger.StateLevel, 0)
	if err != nil {
		return nil, err
	}
	c, err := decodeChains(state, head)
	if err != nil {
		return nil, err
	}
	f, err := loadFrontier(ctx, log, head)
	if err != nil {
		return nil, err
	}
	return &place{head, f, c}, nil
}

// batch is what can be put into the log at once.
type batch struct {
	entries []ledger.Entry
	records []ledger.Record
	chains  *chains // behind them
	// fault is why the first entry that is not in the batch never will be; nil when the rest only has to come
	fault *Fault
}

// pick takes as many entries as make whole groups.
func (p *place) pick(entries []ledger.Entry, marks Marks) batch {
	b := batch{chains: p.chains}
	f := follow(p.chains)
	records := make([]ledger.Record, len(entries))
	end := 0
	for i, e := range entries {
		records[i] = canon.Record(e)
		reason := "it does not bear our mark"
		if e.Encoding == 1 || marks.IsMarked(records[i], e.Mark) {
			reason = f.add(e, records[i])
		}
		if reason != "" {
			b.fault = &Fault{p.head.Size + int64(i), e.ID, reason}
			break
		}
		if f.groups == 0 {
			end = i + 1
		}
	}
	if end == len(entries) {
		b.chains = f.chains
	} else if end > 0 {
		b.chains = p.again(entries[:end], records)
	}
	b.entries, b.records = entries[:end], records[:end]
	return b
}

// again follows entries of which it is known that they make whole groups.
func (p *place) again(entries []ledger.Entry, records []ledger.Record) *chains {
	f := follow(p.chains)
	for i, e := range entries {
		f.add(e, records[i])
	}
	return f.chains
}

// step makes the advance that puts a batch into the log; after is the place of its last entry.
func (p *place) step(b batch, after ledger.Cursor) (ledger.LogStep, *place, error) {
	grown, tiles, err := p.frontier.grow(b.records)
	if err != nil {
		return ledger.LogStep{}, nil, err
	}
	next := &place{ledger.LogHead{Size: grown.size, Root: grown.root, Epoch: p.head.Epoch + 1, After: after}, grown, b.chains}
	state := ledger.Tile{TileID: ledger.TileID{Level: ledger.StateLevel}, Data: b.chains.encode(next.head)}
	step := ledger.LogStep{From: p.head, To: next.head, Tiles: append(tiles, state), Starts: map[int64]ledger.EntryID{}}
	for i := range b.entries {
		if at := p.head.Size + int64(i); at%ledger.BlockSize == 0 {
			step.Starts[at/ledger.BlockSize] = b.entries[i].ID
		}
	}
	return step, next, nil
}

// errMoved: the list of entries behind the head is not the same when it is read twice.
var errMoved = errors.New("tlog: the entries behind the head of the log have moved")

// placeOf reads the place of the last of the first entries behind the head.
func (p *place) placeOf(ctx context.Context, log ledger.Log, entries []ledger.Entry) (ledger.Cursor, error) {
	again, after, err := log.Unlogged(ctx, p.head, len(entries))
	if err != nil {
		return "", err
	}
	if len(again) != len(entries) {
		return "", fmt.Errorf("%w: %d instead of %d", errMoved, len(again), len(entries))
	}
	for i := range again {
		if again[i].ID != entries[i].ID {
			return "", fmt.Errorf("%w: number %d", errMoved, i)
		}
	}
	return after, nil
}
