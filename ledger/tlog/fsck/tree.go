package fsck

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

const (
	hashSize = tlog.HashSize
	height   = 8
)

// tree derives the tiles from the leaves, and compares.
type tree struct {
	*check
	blocks map[int64]*block
	done   int64 // blocks that were compared
	levels []level
	peaks  []peak
	begins []begin // blocks whose entries are still to be asked for
}

// block is what is kept of a block, and what its entries were.
type block struct {
	records, leaves []byte // as kept: the tiles of the level of records and of level 0
	byLeaf          [ledger.BlockSize]bool
	byRecord        [ledger.BlockSize]bool
	first, last     *found
}

// level is the tile of a level that is growing.
type level struct {
	index  int64
	hashes []tlog.Hash
}

type peak struct {
	level int
	hash  tlog.Hash
}

// begin is an entry and the block in which it is.
type begin struct {
	found
	block int64
}

func newTree(c *check) *tree { return &tree{check: c, blocks: map[int64]*block{}} }

// readAhead is how many blocks are read at once.
const readAhead = 16

func (t *tree) block(ctx context.Context, index int64) (*block, error) {
	if b := t.blocks[index]; b != nil {
		return b, nil
	}
	end := (t.head.Size + ledger.BlockSize - 1) / ledger.BlockSize
	if index < 0 || index >= end {
		return &block{}, nil
	}
	var ids []ledger.TileID
	for n := index; n < min(index+readAhead, end); n++ {
		ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: n}, ledger.TileID{Level: 0, Index: n})
	}
	tiles, err := t.Ledger.LogTiles(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(tiles); i += 2 {
		n := tiles[i].Index
		width := int(min(t.head.Size-n*ledger.BlockSize, ledger.BlockSize)) * hashSize
		if t.blocks[n] == nil {
			t.blocks[n] = &block{records: prefix(tiles[i].Data, width), leaves: prefix(tiles[i+1].Data, width)}
		}
	}
	return t.blocks[index], nil
}

// prefix gives as much of a tile as belongs to the log that is checked.
func prefix(data []byte, width int) []byte { return data[:min(len(data)/hashSize*hashSize, width)] }

func part(data []byte, n int) []byte {
	if (n+1)*hashSize > len(data) {
		return nil
	}
	return data[n*hashSize : (n+1)*hashSize]
}

// has reports whether the log has a record at a position.
func (t *tree) has(ctx context.Context, at int64, record ledger.Record) (bool, error) {
	b, err := t.block(ctx, at/ledger.BlockSize)
	if err != nil {
		return false, err
	}
	return b.has(int(at%ledger.BlockSize), record, nil), nil
}

func (b *block) has(n int, record ledger.Record, leaf *tlog.Hash) bool {
	if bytes.Equal(part(b.records, n), record[:]) {
		return true
	}
	if leaf == nil {
		hash := tlog.RecordHash(record[:])
		leaf = &hash
	}
	return bytes.Equal(part(b.leaves, n), leaf[:])
}

// search looks for a record in a block; -1: it is not there.
func (t *tree) search(ctx context.Context, index int64, record ledger.Record) (int64, error) {
	b, err := t.block(ctx, index)
	if err != nil {
		return -1, err
	}
	leaf := tlog.RecordHash(record[:])
	for n := range max(len(b.records), len(b.leaves)) / hashSize {
		if b.has(n, record, &leaf) {
			return index*ledger.BlockSize + int64(n), nil
		}
	}
	return -1, nil
}

// matched notes the entry of a position. Positions only grow.
func (t *tree) matched(ctx context.Context, e found) error {
	index := e.at / ledger.BlockSize
	b, err := t.block(ctx, index)
	if err != nil {
		return err
	}
	n := int(e.at % ledger.BlockSize)
	b.byRecord[n] = bytes.Equal(part(b.records, n), e.record[:])
	b.byLeaf[n] = !b.byRecord[n]
	if b.first == nil {
		b.first = &e
	}
	b.last = &e
	for t.done < index {
		if err := t.compare(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compare judges the next block.
func (t *tree) compare(ctx context.Context) error {
	index := t.done
	b, err := t.block(ctx, index)
	if err != nil {
		return err
	}
	width := int(min(t.head.Size-index*ledger.BlockSize, ledger.BlockSize))
	leaves := make([]tlog.Hash, width)
	for n := range leaves {
		leaves[n] = t.leaf(b, n, index*ledger.BlockSize+int64(n))
	}
	if width == ledger.BlockSize {
		if err := t.add(ctx, 1, fold(leaves)); err != nil {
			return err
		}
		t.push(height, fold(leaves))
	} else {
		for _, leaf := range leaves {
			t.push(0, leaf)
		}
	}
	t.done++
	delete(t.blocks, index)
	for _, e := range []*found{b.first, b.last} {
		if e != nil {
			t.begins = append(t.begins, begin{*e, index})
		}
	}
	return t.askBegins(ctx, len(t.begins) >= pageSize/2)
}

// leaf gives the leaf of a position: what most of entry, record and hash agree upon.
func (t *tree) leaf(b *block, n int, at int64) tlog.Hash {
	record, kept := part(b.records, n), part(b.leaves, n)
	var leaf tlog.Hash
	if record != nil {
		if leaf = tlog.RecordHash(record); kept != nil && leaf == tlog.Hash(kept) {
			return leaf
		}
	}
	switch {
	case kept != nil && (b.byLeaf[n] || record == nil):
		t.find(Finding{Kind: BadTile, Position: at, What: fmt.Sprintf("the record in tile %d of the records is missing or another", at/ledger.BlockSize)})
		return tlog.Hash(kept)
	default:
		t.find(Finding{Kind: BadTile, Position: at, What: fmt.Sprintf("the hash in tile %d of level 0 is missing or another", at/ledger.BlockSize)})
		return leaf
	}
}

// add puts a hash into the tile of a level that grows, and compares the tile when it is full.
func (t *tree) add(ctx context.Context, n int, hash tlog.Hash) error {
	for len(t.levels) <= n {
		t.levels = append(t.levels, level{})
	}
	l := &t.levels[n]
	l.hashes = append(l.hashes, hash)
	if len(l.hashes) < ledger.BlockSize {
		return nil
	}
	if err := t.compareTile(ctx, n); err != nil {
		return err
	}
	root := fold(l.hashes)
	*l = level{index: l.index + 1}
	return t.add(ctx, n+1, root)
}

func (t *tree) compareTile(ctx context.Context, n int) error {
	l := &t.levels[n]
	if len(l.hashes) == 0 {
		return nil
	}
	tiles, err := t.Ledger.LogTiles(ctx, []ledger.TileID{{Level: n, Index: l.index}})
	if err != nil || len(tiles) != 1 {
		return err
	}
	for i, hash := range l.hashes {
		if !bytes.Equal(part(tiles[0].Data, i), hash[:]) {
			first := (l.index*ledger.BlockSize + int64(i)) << (height * n)
			t.find(Finding{Kind: BadTile, Position: first, What: fmt.Sprintf("hash %d in tile %d of level %d is missing or another", i, l.index, n)})
		}
	}
	return nil
}

// fold gives the root of a full tile.
func fold(hashes []tlog.Hash) tlog.Hash {
	row := append([]tlog.Hash(nil), hashes...)
	for ; len(row) > 1; row = row[:len(row)/2] {
		for i := range len(row) / 2 {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0]
}

func (t *tree) push(n int, hash tlog.Hash) {
	for len(t.peaks) > 0 && t.peaks[len(t.peaks)-1].level == n {
		last := len(t.peaks) - 1
		n, hash, t.peaks = n+1, tlog.NodeHash(t.peaks[last].hash, hash), t.peaks[:last]
	}
	t.peaks = append(t.peaks, peak{n, hash})
}
