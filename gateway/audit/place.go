package audit

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// placer finds where entries stand in the log. They come in its order.
type placer struct {
	tree *tree
	next int64 // position from which to look on
}

// sparse: with more blocks than this for each entry of a page, each entry's block is asked for.
const sparse = 1

// page prepares for the next entries. It tells the last block of them, and the block of each when they stand far apart.
func (p *placer) page(ctx context.Context, entries []ledger.Entry) (last int64, blocks []int64, err error) {
	ends, err := p.tree.log.LogBlocks(ctx, []ledger.EntryID{entries[0].ID, entries[len(entries)-1].ID})
	if err != nil {
		return 0, nil, err
	}
	if len(ends) != 2 || ends[0] < 0 || ends[1] < ends[0] {
		return 0, nil, fmt.Errorf("%w: entry %v is in no block", errBroken, entries[0].ID)
	}
	p.next = max(p.next, ends[0]*ledger.BlockSize)
	if ends[1]-ends[0] <= int64(len(entries))*sparse {
		return ends[1], nil, nil
	}
	ids := make([]ledger.EntryID, len(entries))
	for i := range entries {
		ids[i] = entries[i].ID
	}
	blocks, err = p.tree.log.LogBlocks(ctx, ids)
	if err == nil && len(blocks) != len(entries) {
		err = fmt.Errorf("%w: its blocks", errBroken)
	}
	return ends[1], blocks, err
}

// find gives the position of an entry, at or behind next and not behind the block last, and the digest of its rest. ok is false for
// one that is behind the size of the tree.
func (p *placer) find(ctx context.Context, e *ledger.Entry, facts []byte, last int64) (position int64, rest [32]byte, ok bool, err error) {
	rest = canon.RestDigest(*e)
	record := canon.RecordOf(facts, rest)
	for p.next < p.tree.size && p.next/ledger.BlockSize <= last {
		index := p.next / ledger.BlockSize
		block, err := p.tree.block(ctx, index, last)
		if err != nil {
			return 0, rest, false, err
		}
		begin := index * ledger.BlockSize
		for at := (p.next - begin) * tlog.HashSize; at < int64(len(block.records)); at += tlog.HashSize {
			if bytes.Equal(block.records[at:at+tlog.HashSize], record[:]) {
				position = begin + at/tlog.HashSize
				p.next = position + 1
				return position, rest, true, nil
			}
		}
		p.next = begin + ledger.BlockSize
	}
	return 0, rest, false, p.behind(ctx, e.ID, record)
}

// behind makes sure that an entry which is not in the tree stands behind it, and is not another than was put into the log.
func (p *placer) behind(ctx context.Context, id ledger.EntryID, record ledger.Record) error {
	blocks, err := p.tree.log.LogBlocks(ctx, []ledger.EntryID{id})
	if err != nil {
		return err
	}
	end := p.tree.size / ledger.BlockSize
	if len(blocks) == 1 && blocks[0] > end {
		return nil
	}
	if len(blocks) == 1 && blocks[0] == end {
		tiles, err := p.tree.log.LogTiles(ctx, []ledger.TileID{{Level: ledger.RecordLevel, Index: end}})
		if err != nil {
			return err
		}
		width := p.tree.size % ledger.BlockSize * tlog.HashSize
		for at := width; len(tiles) == 1 && at+tlog.HashSize <= int64(len(tiles[0].Data)); at += tlog.HashSize {
			if bytes.Equal(tiles[0].Data[at:at+tlog.HashSize], record[:]) {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: entry %v", errBroken, id)
}
