package fsck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// checkpoints goes through all checkpoints, the newest first.
func (c *check) checkpoints(ctx context.Context) error {
	reader := &kept{ctx: ctx, log: c.Ledger, tiles: map[ledger.TileID][]byte{}}
	for atMost := int64(math.MaxInt64); atMost >= 0; {
		text, err := c.Ledger.Checkpoint(ctx, atMost)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		c.sum.Checkpoints++
		size := sizeIn(text)
		if size < 0 || size > atMost {
			if atMost, err = c.unplaced(ctx, text, atMost); err != nil {
				return err
			}
			continue
		}
		if err := c.judgeCheckpoint(text, size, reader); err != nil {
			return err
		}
		atMost = size - 1
		c.Progress("checkpoints", c.sum.Checkpoints, -1)
	}
	return nil
}

// sizeIn reads the size that a checkpoint tells; -1 when it tells none.
func sizeIn(text []byte) int64 {
	lines := bytes.SplitN(text, []byte{'\n'}, 3)
	if len(lines) < 3 {
		return -1
	}
	size, err := strconv.ParseInt(string(lines[1]), 10, 64)
	if err != nil {
		return -1
	}
	return size
}

// unplaced names a checkpoint that is kept under another size than it tells, and gives the greatest size below.
func (c *check) unplaced(ctx context.Context, text []byte, atMost int64) (int64, error) {
	low, high := int64(-1), atMost // it is kept under a size behind low, and at most high
	for high-low > 1 {
		middle := low + (high-low)/2
		found, err := c.Ledger.Checkpoint(ctx, middle)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return 0, err
		}
		if err == nil && bytes.Equal(found, text) {
			high = middle
		} else {
			low = middle
		}
	}
	c.find(Finding{Kind: BadSigned, Position: high, What: "the checkpoint that is kept under this size tells another, or is none"})
	return high - 1, nil
}

func (c *check) judgeCheckpoint(text []byte, size int64, reader *kept) error {
	wrong := func(format string, args ...any) {
		c.find(Finding{Kind: BadSigned, Position: size, What: fmt.Sprintf(format, args...)})
	}
	if c.Keys == nil {
		return nil
	}
	signed, err := verify.Checkpoint(text, c.Keys)
	switch {
	case err != nil:
		wrong("the checkpoint of this size: %v", err)
		return nil
	case size > c.head.Size:
		if now, err := c.Ledger.LogHead(reader.ctx); err != nil || size <= now.Size {
			return err // the log has grown since
		}
		wrong("a checkpoint of this size is signed, and the log has %d entries: it was cut off", c.head.Size)
		return nil
	case size == 0 || c.tiles > 0: // the tiles that are wrong are named already
		return nil
	}
	root, err := tlog.TreeHash(size, reader)
	if reader.failed != nil {
		return reader.failed
	}
	if err != nil || root != signed.Root {
		wrong("the checkpoint of this size signs another root than that of the log")
	}
	return nil
}

// kept reads hashes from tiles that were compared before.
type kept struct {
	ctx    context.Context //nolint:containedctx // a reader of one run
	log    ledger.Log
	tiles  map[ledger.TileID][]byte
	failed error
}

const mostTiles = 64

// ReadHashes implements tlog.HashReader.
func (k *kept) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(height, index)
		data, err := k.tile(ledger.TileID{Level: t.L, Index: t.N})
		if err != nil {
			return nil, err
		}
		if len(data) < t.W*hashSize {
			return nil, fmt.Errorf("fsck: tile %d of level %d is too short", t.N, t.L)
		}
		if out[i], err = tlog.HashFromTile(t, data[:t.W*hashSize], index); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k *kept) tile(id ledger.TileID) ([]byte, error) {
	if data, ok := k.tiles[id]; ok {
		return data, nil
	}
	tiles, err := k.log.LogTiles(k.ctx, []ledger.TileID{id})
	if err != nil || len(tiles) != 1 {
		k.failed = err
		return nil, err
	}
	if len(k.tiles) >= mostTiles {
		clear(k.tiles)
	}
	k.tiles[id] = tiles[0].Data
	return tiles[0].Data, nil
}
