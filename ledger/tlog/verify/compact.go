package verify

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// peaks are the roots of the complete subtrees of which a tree consists, the largest first.
type peaks struct {
	levels []uint8
	hashes []tlog.Hash
}

// push puts a complete subtree behind the others. Two of one level are neighbours, and become one of the next.
func (p *peaks) push(level uint8, hash tlog.Hash) {
	for n := len(p.levels); n > 0 && p.levels[n-1] == level; n = len(p.levels) {
		hash = tlog.NodeHash(p.hashes[n-1], hash)
		level++
		p.levels, p.hashes = p.levels[:n-1], p.hashes[:n-1]
	}
	p.levels, p.hashes = append(p.levels, level), append(p.hashes, hash)
}

func (p *peaks) clear() { p.levels, p.hashes = p.levels[:0], p.hashes[:0] }

// fold gives the root of RFC 6962, over these peaks and what is right of them.
func (p *peaks) fold(right *tlog.Hash) *tlog.Hash {
	for n := len(p.hashes) - 1; n >= 0; n-- {
		hash := p.hashes[n]
		if right != nil {
			hash = tlog.NodeHash(hash, *right)
		}
		right = &hash
	}
	return right
}

// walk goes through the leaves of a tree from the first to the last: leaves that are known, and subtrees over those that are not.
type walk struct {
	at     int64 // the next position
	blocks peaks // before the block of at
	block  peaks // within it
	closed tlog.Hash
}

const blockLevel = 8

// cover gives the level of the first of the largest subtrees that cover the positions from a up to b.
func cover(a, b int64) uint8 {
	level := bits.Len64(uint64(b-a)) - 1 //nolint:gosec // b is greater
	if a > 0 {
		level = min(level, bits.TrailingZeros64(uint64(a)))
	}
	return uint8(level) //nolint:gosec // at most 62
}

// covers counts the subtrees that cover the positions from a up to b.
func covers(a, b int64) (n int) {
	for ; a < b; n++ {
		a += 1 << cover(a, b)
	}
	return n
}

// skip goes to a position by the hashes of what lies between. There must be as many as covers tells.
func (w *walk) skip(to int64, hashes []tlog.Hash) {
	for _, hash := range hashes {
		w.step(cover(w.at, to), hash)
	}
}

// leaf goes over one leaf.
func (w *walk) leaf(hash tlog.Hash) { w.step(0, hash) }

func (w *walk) step(level uint8, hash tlog.Hash) {
	w.at += 1 << level
	if level >= blockLevel {
		w.blocks.push(level, hash)
		return
	}
	w.block.push(level, hash)
	if w.at%ledger.BlockSize == 0 {
		w.closed = w.block.hashes[0]
		w.blocks.push(blockLevel, w.closed)
		w.block.clear()
	}
}

// root gives the root of the whole tree; of the empty one it is the digest of nothing.
func (w *walk) root() [32]byte {
	root := w.blocks.fold(w.block.fold(nil))
	if root == nil {
		return sha256.Sum256(nil)
	}
	return *root
}

// blockRoot gives the root of a block that the walk has left, or in which it ends.
func (w *walk) blockRoot(block int64) tlog.Hash {
	if w.at/ledger.BlockSize == block && len(w.block.hashes) > 0 {
		return *w.block.fold(nil)
	}
	return w.closed
}
