package audit

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// proof leads from the rows of a report to the root that is signed.
type proof struct {
	at     fixed
	tree   *tree
	placer *placer
	climb  climb
	last   int64 // position of the row before; -1 when there is none
	facts  []byte
	out    row // reused
}

func newProof(log ledger.Log, at fixed) *proof {
	t := newTree(log, at.size)
	return &proof{at: at, tree: t, placer: &placer{tree: t}, last: -1}
}

// row gives an entry its place. ok is false for one that is behind the tree. The row is good until the next.
func (p *proof) row(ctx context.Context, e *ledger.Entry, last int64) (r *row, ok bool, err error) {
	p.facts = canon.AppendFacts(p.facts[:0], *e)
	position, rest, ok, err := p.placer.find(ctx, e, p.facts, last)
	if err != nil || !ok {
		return nil, false, err
	}
	r = &p.out
	r.Entry, r.position, r.rest, r.hasBlock = e, position, rest, false
	if block := position / ledger.BlockSize; p.last >= 0 && block != p.last/ledger.BlockSize {
		r.hasBlock = true
		if r.block, err = p.tree.blockRoot(ctx, p.last/ledger.BlockSize); err != nil {
			return nil, false, err
		}
	}
	if r.gap, err = p.tree.skip(ctx, &p.climb, position, r.gap[:0]); err != nil {
		return nil, false, err
	}
	block, err := p.tree.tile(ctx, 0, position/ledger.BlockSize)
	if err != nil {
		return nil, false, err
	}
	r.leaf = block.levels[0][position%ledger.BlockSize]
	p.climb.add(0, r.leaf)
	p.last = position
	if r.hasBlock {
		p.tree.forget(position / ledger.BlockSize)
	}
	return r, true, nil
}

// end fills in what leads from the last row to the root. It fails when that is not the one that was signed.
func (p *proof) end(ctx context.Context, f *Footer) error {
	f.Checkpoint = string(p.at.text)
	if p.last >= 0 {
		root, err := p.tree.blockRoot(ctx, p.last/ledger.BlockSize)
		if err != nil {
			return err
		}
		f.Block = hex.EncodeToString(root[:])
	}
	gap, err := p.tree.skip(ctx, &p.climb, p.at.size, nil)
	if err != nil {
		return err
	}
	f.Gap = string(appendHashes(nil, gap))
	if p.at.size > 0 && foldLeft(p.climb.hashes) != p.at.root {
		return fmt.Errorf("%w: its rows do not lead to the signed root", errBroken)
	}
	return nil
}
