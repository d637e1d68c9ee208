package tlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// ErrNoPath says that nothing is published under the path.
var ErrNoPath = errors.New("tlog: nothing is published there")

// Resource names what is published: the checkpoint, a tile, or a bundle of entries.
type Resource struct {
	IsCheckpoint bool
	Tile         ledger.TileID // RecordLevel for a bundle
	Width        int           // of the tile: BlockSize when it is full
}

// mostLevels: no log of 64-bit positions has tiles higher than that.
const mostLevels = 8

// ParsePath reads a path below the prefix of the log, as C2SP tlog-tiles has it: `checkpoint`, `tile/<L>/<N>[.p/<W>]`,
// `tile/entries/<N>[.p/<W>]`. The error is ErrNoPath.
func ParsePath(path string) (Resource, error) {
	if path == "checkpoint" {
		return Resource{IsCheckpoint: true}, nil
	}
	rest, ok := strings.CutPrefix(path, "tile/")
	level, rest, cut := strings.Cut(rest, "/")
	if !ok || !cut {
		return Resource{}, ErrNoPath
	}
	if level == "entries" {
		level = "data" // as tlog calls it
	}
	// tlog reads the same paths with the height before the level
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s/%s", tileHeight, level, rest))
	if err != nil || t.L >= mostLevels {
		return Resource{}, ErrNoPath
	}
	r := Resource{Tile: ledger.TileID{Level: t.L, Index: t.N}, Width: t.W}
	if r.Path() != path {
		return Resource{}, ErrNoPath
	}
	return r, nil
}

// Path is the inverse of ParsePath.
func (r Resource) Path() string {
	if r.IsCheckpoint {
		return "checkpoint"
	}
	level := strconv.Itoa(r.Tile.Level)
	if r.Tile.Level == ledger.RecordLevel {
		level = "entries"
	}
	number := tlog.Tile{H: tileHeight, L: 0, N: r.Tile.Index, W: r.Width}.Path()
	return "tile/" + level + "/" + strings.TrimPrefix(number, fmt.Sprintf("tile/%d/0/", tileHeight))
}

// Published is the content of a resource.
type Published struct {
	Content     []byte
	ContentType string
	Final       bool // it never changes: caches may keep it for ever
}

// Publisher reads what is published. It is safe for concurrent use.
type Publisher struct {
	log         ledger.Log
	checkpoints ledger.Checkpoints
}

// NewPublisher makes a Publisher.
func NewPublisher(log ledger.Log, checkpoints ledger.Checkpoints) *Publisher {
	return &Publisher{log, checkpoints}
}

// Read gives the content of a resource. Errors are ErrNoPath when it is not there, or not yet, and those of the ledger.
func (p *Publisher) Read(ctx context.Context, r Resource) (Published, error) {
	if r.IsCheckpoint {
		text, err := p.checkpoints.Checkpoint(ctx, math.MaxInt64)
		if errors.Is(err, ledger.ErrNotFound) {
			err = ErrNoPath
		}
		return Published{Content: text, ContentType: "text/plain; charset=utf-8"}, err
	}
	data, err := readTile(ctx, p.log, r.Tile.Level, r.Tile.Index)
	if err != nil {
		return Published{}, err
	}
	if r.Width < 1 || r.Width > ledger.BlockSize || len(data) < r.Width*tlog.HashSize {
		return Published{}, ErrNoPath
	}
	data = data[:r.Width*tlog.HashSize]
	if r.Tile.Level == ledger.RecordLevel {
		data = bundle(data)
	}
	return Published{data, "application/octet-stream", true}, nil
}

// bundle writes each record with its length before it.
func bundle(records []byte) []byte {
	out := make([]byte, 0, len(records)/tlog.HashSize*(2+tlog.HashSize))
	for ; len(records) >= tlog.HashSize; records = records[tlog.HashSize:] {
		out = binary.BigEndian.AppendUint16(out, tlog.HashSize)
		out = append(out, records[:tlog.HashSize]...)
	}
	return out
}
