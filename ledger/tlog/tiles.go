package tlog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// tileHeight is that of C2SP tlog-tiles.
const tileHeight = 8

// ErrBroken says that what is kept of the log does not lead to its root. Somebody has changed it.
var ErrBroken = errors.New("tlog: the tiles of the log do not lead to its root")

// errShort: a tile ends too early; it was read from a log that is not yet so far.
var errShort = errors.New("tlog: a tile of the log is missing or too short")

// tileReader reads tiles from a ledger.Log for tlog.TileHashReader, which believes them only when they lead to the root.
type tileReader struct {
	read func([]ledger.TileID) ([]ledger.Tile, error)
	// save, when set, gets each tile that was believed
	save func(tlog.Tile, []byte)
	// failed is why read failed: TileHashReader says no more than that it did
	failed error
}

func newTileReader(ctx context.Context, log ledger.Log) *tileReader {
	return &tileReader{read: func(ids []ledger.TileID) ([]ledger.Tile, error) { return log.LogTiles(ctx, ids) }}
}

// Height implements tlog.TileReader.
func (*tileReader) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader.
func (r *tileReader) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	ids := make([]ledger.TileID, len(wanted))
	for i, t := range wanted {
		ids[i] = ledger.TileID{Level: t.L, Index: t.N}
	}
	tiles, err := r.read(ids)
	if err == nil && len(tiles) != len(wanted) {
		err = errShort
	}
	if err != nil {
		r.failed = err
		return nil, err
	}
	data := make([][]byte, len(wanted))
	for i, t := range wanted {
		if len(tiles[i].Data) < t.W*tlog.HashSize {
			r.failed = fmt.Errorf("%w: level %d, number %d", errShort, t.L, t.N)
			return nil, r.failed
		}
		data[i] = tiles[i].Data[:t.W*tlog.HashSize]
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader.
func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if r.save == nil {
		return
	}
	for i, t := range tiles {
		r.save(t, data[i])
	}
}

// mostEntries is more than any log has; the arithmetic of tlog is not made for numbers near the end of theirs.
const mostEntries = 1 << 56

// hashes reads the hashes of a tree. A size that no tree has may come from a database that was tampered with.
func (r *tileReader) hashes(size int64, root [32]byte) tlog.HashReader {
	if size < 1 || size > mostEntries {
		return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			if len(indexes) > 0 || size != 0 {
				return nil, fmt.Errorf("tlog: no tree has %d entries", size)
			}
			return nil, nil
		})
	}
	return tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, r)
}

// judge tells errors of the ledger from tiles that are wrong.
func (r *tileReader) judge(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(r.failed, errShort):
		return fmt.Errorf("%w: %w", ErrBroken, r.failed)
	case r.failed != nil:
		return r.failed
	default:
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
}

// readTile reads one tile.
func readTile(ctx context.Context, log ledger.Log, level int, index int64) ([]byte, error) {
	tiles, err := log.LogTiles(ctx, []ledger.TileID{{Level: level, Index: index}})
	if err != nil {
		return nil, err
	}
	if len(tiles) != 1 {
		return nil, errShort
	}
	return tiles[0].Data, nil
}
