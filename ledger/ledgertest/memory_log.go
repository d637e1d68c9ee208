package ledgertest

import (
	"bytes"
	"context"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

// memoryLog is the log of a Memory. Places of entries are positions from 1.
type memoryLog struct {
	head        ledger.LogHead
	tiles       map[ledger.TileID][]byte
	begins      map[int64]int // places of the first entries of blocks
	checkpoints map[int64]checkpoint
}

type checkpoint struct {
	root [32]byte
	text []byte
}

// LogHead reads how far the log is.
func (m *Memory) LogHead(ctx context.Context) (ledger.LogHead, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.LogHead{}, err
	}
	defer m.unlock()
	return m.log.head, nil
}

// Unlogged lists entries behind head.
func (m *Memory) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	if err := m.lock(ctx); err != nil {
		return nil, "", err
	}
	defer m.unlock()
	after, err := place(head.After)
	if err != nil || after >= len(m.entries) {
		return nil, head.After, err
	}
	var out []ledger.Entry
	for _, e := range m.entries[after:min(after+max(limit, 1), len(m.entries))] {
		out = append(out, copyEntry(e))
	}
	return out, cursorAt(after + len(out)), nil
}

// AdvanceLog stores a step if the log still stands at step.From.
func (m *Memory) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	for _, head := range []ledger.LogHead{step.From, step.To} {
		if _, err := place(head.After); err != nil {
			return err
		}
	}
	if m.log.head != step.From {
		return ledger.ErrConflict
	}
	for block, id := range step.Starts {
		if _, ok := m.places[id]; !ok {
			return fmt.Errorf("ledgertest: block %d begins with an entry that is not there", block)
		}
		if _, ok := m.log.begins[block]; ok {
			return fmt.Errorf("ledgertest: block %d has begun", block)
		}
	}
	for block, id := range step.Starts {
		set(&m.log.begins, block, m.places[id]+1)
	}
	for _, t := range step.Tiles {
		set(&m.log.tiles, t.TileID, bytes.Clone(t.Data))
	}
	m.log.head = step.To
	return nil
}

// LogTiles reads tiles.
func (m *Memory) LogTiles(ctx context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	tiles := make([]ledger.Tile, len(ids))
	for i, id := range ids {
		tiles[i] = ledger.Tile{TileID: id, Data: bytes.Clone(m.log.tiles[id])}
	}
	return tiles, nil
}

// LogBlocks tells in which block each entry is.
func (m *Memory) LogBlocks(ctx context.Context, ids []ledger.EntryID) ([]int64, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	blocks := make([]int64, len(ids))
	for i, id := range ids {
		blocks[i] = -1
		at, ok := m.places[id]
		for block, begin := range m.log.begins {
			if ok && begin <= at+1 {
				blocks[i] = max(blocks[i], block)
			}
		}
	}
	return blocks, nil
}

// AddCheckpoint stores the text of a checkpoint, unless one of that size with another root is there.
func (m *Memory) AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	if old, ok := m.log.checkpoints[size]; ok && old.root != root {
		return ledger.ErrConflict
	}
	set(&m.log.checkpoints, size, checkpoint{root, bytes.Clone(text)})
	return nil
}

// Checkpoint reads the text of the greatest checkpoint of at most size.
func (m *Memory) Checkpoint(ctx context.Context, atMost int64) ([]byte, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	best := int64(-1)
	for size := range m.log.checkpoints {
		if size <= atMost {
			best = max(best, size)
		}
	}
	if best < 0 {
		return nil, ledger.ErrNotFound
	}
	return bytes.Clone(m.log.checkpoints[best].text), nil
}

// LogStart gives the place behind which a block begins.
func (m *Memory) LogStart(ctx context.Context, block int64) (ledger.Cursor, error) {
	if err := m.lock(ctx); err != nil {
		return "", err
	}
	defer m.unlock()
	first, ok := m.log.begins[block]
	switch {
	case block == 0:
		return "", nil
	case !ok:
		return "", ledger.ErrNotFound
	default:
		return cursorAt(first - 1), nil
	}
}
