package tlog

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// frontier is what must be known of a tree to make it grow: the roots of its complete subtrees, and the tiles that are not full.
// It never changes.
type frontier struct {
	size    int64
	root    [32]byte
	peaks   map[int64]tlog.Hash // by their number among stored hashes
	edge    map[int][]byte      // by level: the hashes of the tile that is not full; absent when there are none
	records []byte              // of the block that is not full
}

// loadFrontier reads the frontier of a log and believes it only when it leads to the root.
func loadFrontier(ctx context.Context, log ledger.Log, head ledger.LogHead) (*frontier, error) {
	f := &frontier{size: head.Size, root: head.Root, peaks: map[int64]tlog.Hash{}, edge: map[int][]byte{}}
	if head.Size == 0 {
		return f, nil
	}
	reader := newTileReader(ctx, log)
	reader.save = func(t tlog.Tile, data []byte) {
		if t.N == head.Size>>(tileHeight*(t.L+1)) && t.W < ledger.BlockSize {
			f.edge[t.L] = data
		}
	}
	indexes := peaksOf(head.Size)
	hashes, err := reader.hashes(head.Size, head.Root).ReadHashes(indexes)
	if err != nil {
		return nil, reader.judge(err)
	}
	for i, index := range indexes {
		f.peaks[index] = hashes[i]
	}
	return f, f.loadRecords(ctx, log)
}

// loadRecords reads the records of the block that is not full, and compares them with the hashes of their leaves.
func (f *frontier) loadRecords(ctx context.Context, log ledger.Log) error {
	width := f.size % ledger.BlockSize * tlog.HashSize
	if width == 0 {
		return nil
	}
	data, err := readTile(ctx, log, ledger.RecordLevel, f.size/ledger.BlockSize)
	if err != nil {
		return err
	}
	if int64(len(data)) < width {
		return fmt.Errorf("%w: %w: the records of block %d", ErrBroken, errShort, f.size/ledger.BlockSize)
	}
	f.records = data[:width:width]
	for at := int64(0); at < width; at += tlog.HashSize {
		if tlog.RecordHash(f.records[at:at+tlog.HashSize]) != tlog.Hash(f.edge[0][at:at+tlog.HashSize]) {
			return fmt.Errorf("%w: the record at position %d", ErrBroken, f.size/ledger.BlockSize*ledger.BlockSize+at/tlog.HashSize)
		}
	}
	return nil
}

// peaksOf numbers the complete subtrees of which a tree consists.
func peaksOf(size int64) []int64 {
	var indexes []int64
	for start, left := int64(0), size; left > 0; {
		level := bits.Len64(uint64(left)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
		start += 1 << level
		left -= 1 << level
	}
	return indexes
}

// growth is a tree that is growing. It reads the hashes of both the old tree's frontier and what came since.
type growth struct {
	from *frontier
	base int64 // number of the first new hash among stored hashes
	news []tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (g *growth) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hash, ok := g.hash(index)
		if !ok {
			return nil, fmt.Errorf("tlog: hash %d is behind the frontier", index)
		}
		out[i] = hash
	}
	return out, nil
}

func (g *growth) hash(index int64) (tlog.Hash, bool) {
	if index >= g.base {
		return g.news[index-g.base], index-g.base < int64(len(g.news))
	}
	if hash, ok := g.from.peaks[index]; ok {
		return hash, true
	}
	level, n := tlog.SplitStoredHashIndex(index)
	tile := level / tileHeight
	at := n % ledger.BlockSize * tlog.HashSize
	edge := g.from.edge[tile]
	isThere := level%tileHeight == 0 && n/ledger.BlockSize == g.from.size>>(tileHeight*(tile+1)) && at < int64(len(edge))
	if !isThere {
		return tlog.Hash{}, false
	}
	return tlog.Hash(edge[at : at+tlog.HashSize]), true
}

// grow puts records behind the tree, and gives the tiles that change, each whole.
func (f *frontier) grow(records []ledger.Record) (*frontier, []ledger.Tile, error) {
	g := &growth{from: f, base: tlog.StoredHashCount(f.size)}
	for i := range records {
		hashes, err := tlog.StoredHashesForRecordHash(f.size+int64(i), tlog.RecordHash(records[i][:]), g)
		if err != nil {
			return nil, nil, err
		}
		g.news = append(g.news, hashes...)
	}
	next := &frontier{size: f.size + int64(len(records)), peaks: map[int64]tlog.Hash{}, edge: map[int][]byte{}}
	root, err := tlog.TreeHash(next.size, g)
	if err != nil {
		return nil, nil, err
	}
	next.root = root
	for _, index := range peaksOf(next.size) {
		next.peaks[index], _ = g.hash(index)
	}
	tiles, err := next.hashTiles(g)
	if err != nil {
		return nil, nil, err
	}
	return next, append(tiles, next.recordTiles(f, records)...), nil
}

func (f *frontier) hashTiles(g *growth) ([]ledger.Tile, error) {
	for level, data := range g.from.edge {
		f.edge[level] = data // unless it grows
	}
	var tiles []ledger.Tile
	for _, t := range tlog.NewTiles(tileHeight, g.from.size, f.size) {
		data, err := tlog.ReadTileData(t, g)
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, ledger.Tile{TileID: ledger.TileID{Level: t.L, Index: t.N}, Data: data})
		delete(f.edge, t.L)
		if t.W < ledger.BlockSize {
			f.edge[t.L] = data
		}
	}
	return tiles, nil
}

func (f *frontier) recordTiles(from *frontier, records []ledger.Record) []ledger.Tile {
	var tiles []ledger.Tile
	data := append([]byte(nil), from.records...)
	for i := range records {
		data = append(data, records[i][:]...)
		end := from.size + int64(i) + 1
		if end%ledger.BlockSize == 0 || end == f.size {
			tiles = append(tiles, ledger.Tile{TileID: ledger.TileID{Level: ledger.RecordLevel, Index: (end - 1) / ledger.BlockSize}, Data: data})
		}
		if end%ledger.BlockSize == 0 {
			data = nil
		}
	}
	f.records = data
	return tiles
}
