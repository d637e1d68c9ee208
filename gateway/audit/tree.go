package audit

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// errBroken: what is kept of the log does not lead to what was signed of it, or an entry is not what was put into the log.
var errBroken = errors.New("audit: the ledger is not what was signed of it; 'poruka ledger fsck' tells more")

const tileHeight = 8

// pyramid is a tile with the hashes above its own, as far as they were asked for.
type pyramid struct {
	records []byte // of a block; nil for tiles of hashes
	levels  [tileHeight + 1][]tlog.Hash
}

// node gives the hash of a complete subtree: number n of those of that height above the tile's own hashes.
func (p *pyramid) node(height int, n int64) (tlog.Hash, bool) {
	for h := 1; h <= height; h++ {
		below := p.levels[h-1]
		for i := len(p.levels[h]); 2*i+1 < len(below); i++ {
			p.levels[h] = append(p.levels[h], tlog.NodeHash(below[2*i], below[2*i+1]))
		}
	}
	if n >= int64(len(p.levels[height])) {
		return tlog.Hash{}, false
	}
	return p.levels[height][n], true
}

// tree reads the tiles of the log up to a size, from left to right.
type tree struct {
	log  ledger.Log
	size int64

	blocks map[int64]*pyramid
	upper  map[int]upperTile // by level: the one read last
}

type upperTile struct {
	index int64
	*pyramid
}

func newTree(log ledger.Log, size int64) *tree {
	return &tree{log: log, size: size, blocks: map[int64]*pyramid{}, upper: map[int]upperTile{}}
}

// readAhead is how many blocks are read at once.
const readAhead = 32

// block gives a block. wanted is the last that will be asked for soon.
func (t *tree) block(ctx context.Context, index, wanted int64) (*pyramid, error) {
	if p := t.blocks[index]; p != nil {
		return p, nil
	}
	var ids []ledger.TileID
	end := min(max(wanted, index), (t.size-1)/ledger.BlockSize)
	for n := index; n <= end && len(ids) < readAhead; n++ {
		ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: n})
	}
	tiles, err := t.log.LogTiles(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, tile := range tiles {
		if t.blocks[tile.Index], err = t.blockOf(tile); err != nil {
			return nil, err
		}
	}
	if t.blocks[index] == nil {
		return nil, fmt.Errorf("%w: block %d", errBroken, index)
	}
	return t.blocks[index], nil
}

func (t *tree) blockOf(tile ledger.Tile) (*pyramid, error) {
	width := min(t.size-tile.Index*ledger.BlockSize, ledger.BlockSize) * tlog.HashSize
	if int64(len(tile.Data)) < width {
		return nil, fmt.Errorf("%w: block %d", errBroken, tile.Index)
	}
	return &pyramid{records: tile.Data[:width]}, nil
}

// leaves computes the hashes of the leaves of a block, once.
func (p *pyramid) leaves() []tlog.Hash {
	if p.levels[0] == nil {
		p.levels[0] = make([]tlog.Hash, 0, len(p.records)/tlog.HashSize)
		for at := 0; at < len(p.records); at += tlog.HashSize {
			p.levels[0] = append(p.levels[0], tlog.RecordHash(p.records[at:at+tlog.HashSize]))
		}
	}
	return p.levels[0]
}

// forget lets go of the blocks before one.
func (t *tree) forget(before int64) {
	for index := range t.blocks {
		if index < before {
			delete(t.blocks, index)
		}
	}
}

// node gives the hash of a complete subtree of the tree.
func (t *tree) node(ctx context.Context, level int, n int64) (tlog.Hash, error) {
	at, height := level/tileHeight, level%tileHeight
	index := n >> (tileHeight - height)
	p, err := t.tile(ctx, at, index)
	if err != nil {
		return tlog.Hash{}, err
	}
	hash, ok := p.node(height, n-index<<(tileHeight-height))
	if !ok {
		return tlog.Hash{}, fmt.Errorf("%w: tile %d of level %d", errBroken, index, at)
	}
	return hash, nil
}

func (t *tree) tile(ctx context.Context, level int, index int64) (*pyramid, error) {
	if level == 0 {
		p, err := t.block(ctx, index, index)
		if err == nil {
			p.leaves()
		}
		return p, err
	}
	if kept, ok := t.upper[level]; ok && kept.index == index {
		return kept.pyramid, nil
	}
	tiles, err := t.log.LogTiles(ctx, []ledger.TileID{{Level: level, Index: index}})
	if err != nil {
		return nil, err
	}
	p := &pyramid{}
	width := min(t.size>>(tileHeight*level)-index*ledger.BlockSize, ledger.BlockSize)
	for at := int64(0); len(tiles) == 1 && at < width && (at+1)*tlog.HashSize <= int64(len(tiles[0].Data)); at++ {
		p.levels[0] = append(p.levels[0], tlog.Hash(tiles[0].Data[at*tlog.HashSize:]))
	}
	t.upper[level] = upperTile{index, p}
	return p, nil
}

// climb adds up what was gone over to the root of the tree.
type climb struct {
	at     int64
	hashes []tlog.Hash // roots of the complete subtrees up to at, the largest first: one for each bit of at
}

func (c *climb) add(level int, hash tlog.Hash) {
	for n := c.at >> level; n&1 == 1; n >>= 1 {
		last := len(c.hashes) - 1
		hash, c.hashes = tlog.NodeHash(c.hashes[last], hash), c.hashes[:last]
	}
	c.at += 1 << level
	c.hashes = append(c.hashes, hash)
}

func foldLeft(hashes []tlog.Hash) (root tlog.Hash) {
	for i := len(hashes) - 1; i >= 0; i-- {
		if i == len(hashes)-1 {
			root = hashes[i]
		} else {
			root = tlog.NodeHash(hashes[i], root)
		}
	}
	return root
}

// skip goes from c.at to a position by the largest subtrees that cover what lies between, and gives their hashes.
func (t *tree) skip(ctx context.Context, c *climb, to int64, out [][32]byte) ([][32]byte, error) {
	for c.at < to {
		level := bits.Len64(uint64(to-c.at)) - 1 //nolint:gosec // not negative
		if c.at > 0 {
			level = min(level, bits.TrailingZeros64(uint64(c.at)))
		}
		hash, err := t.node(ctx, level, c.at>>level)
		if err != nil {
			return out, err
		}
		out = append(out, hash)
		c.add(level, hash)
	}
	return out, nil
}

// blockRoot gives the root of a block: of what the tree has of it.
func (t *tree) blockRoot(ctx context.Context, block int64) ([32]byte, error) {
	if end := (block + 1) * ledger.BlockSize; end <= t.size {
		p, err := t.tile(ctx, 0, block)
		if err != nil {
			return [32]byte{}, err
		}
		root, _ := p.node(tileHeight, 0)
		return root, nil
	}
	part := climb{at: block * ledger.BlockSize}
	hashes, err := t.skip(ctx, &part, t.size, nil)
	whole := make([]tlog.Hash, len(hashes))
	for i := range hashes {
		whole[i] = hashes[i]
	}
	return foldLeft(whole), err
}
