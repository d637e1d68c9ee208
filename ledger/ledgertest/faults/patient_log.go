package faults

import (
	"context"
	"errors"

	"github.com/poruka/poruka/ledger"
)

// LogHead implements ledger.Log.
func (p *patient) LogHead(ctx context.Context) (ledger.LogHead, error) {
	return repeat(ctx, p, func() (ledger.LogHead, error) { return p.Engine.LogHead(ctx) })
}

// Unlogged implements ledger.Log.
func (p *patient) Unlogged(ctx context.Context, head ledger.LogHead, limit int) (out []ledger.Entry, next ledger.Cursor, err error) {
	for tries := newTries(conflicts); tries.again(ctx, p, err); {
		out, next, err = p.Engine.Unlogged(ctx, head, limit)
	}
	return out, next, err
}

// AdvanceLog implements ledger.Log. A step is its own mark: the head that it leads to. When others have gone on from there, or from
// where it began, nobody can tell.
func (p *patient) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	var err error
	isInDoubt := false
	for tries := newTries(0); tries.again(ctx, p, err); {
		err = p.Engine.AdvanceLog(ctx, step)
		isInDoubt = isInDoubt || errors.Is(err, ledger.ErrOutcomeUnknown)
		if err == nil || !isInDoubt || errors.Is(err, ledger.ErrUnavailable) {
			continue
		}
		head, unread := p.LogHead(context.WithoutCancel(ctx))
		switch {
		case unread != nil || head.Epoch > step.To.Epoch:
			return ledger.ErrOutcomeUnknown
		case head == step.To:
			return nil
		case head != step.From:
			return ledger.ErrConflict
		}
	}
	return err
}

// LogTiles implements ledger.Log.
func (p *patient) LogTiles(ctx context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	return repeat(ctx, p, func() ([]ledger.Tile, error) { return p.Engine.LogTiles(ctx, ids) })
}

// LogBlocks implements ledger.Log.
func (p *patient) LogBlocks(ctx context.Context, ids []ledger.EntryID) ([]int64, error) {
	return repeat(ctx, p, func() ([]int64, error) { return p.Engine.LogBlocks(ctx, ids) })
}

// LogStart implements ledger.Log.
func (p *patient) LogStart(ctx context.Context, block int64) (ledger.Cursor, error) {
	return repeat(ctx, p, func() (ledger.Cursor, error) { return p.Engine.LogStart(ctx, block) })
}

// AddCheckpoint implements ledger.Checkpoints.
func (p *patient) AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error {
	_, err := repeat(ctx, p, func() (struct{}, error) { return struct{}{}, p.Engine.AddCheckpoint(ctx, size, root, text) })
	return err
}

// Checkpoint implements ledger.Checkpoints.
func (p *patient) Checkpoint(ctx context.Context, atMost int64) ([]byte, error) {
	return repeat(ctx, p, func() ([]byte, error) { return p.Engine.Checkpoint(ctx, atMost) })
}
