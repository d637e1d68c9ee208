package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// Errors of Prover.
var (
	// ErrNotYet: the entry is not in the log, or not in what is signed of it. It will be, in seconds.
	ErrNotYet = errors.New("tlog: not in the signed log yet")
	// ErrAltered: the entry should be in the log and is not: it is not the entry that was put there.
	ErrAltered = errors.New("tlog: the log holds another record of the entry")
	// ErrRange: no tree has these sizes.
	ErrRange = errors.New("tlog: no such sizes")
)

// Inclusion proves that an entry stands in the log.
type Inclusion struct {
	Position   int64
	Size       int64 // of the tree to which the proof leads
	Proof      [][32]byte
	Checkpoint []byte // the signed text of that tree
}

// ProverConfig is what a Prover needs.
type ProverConfig struct {
	Log         ledger.Log
	Checkpoints ledger.Checkpoints
	Origin      string
	Keys        []*Key // whose checkpoints are believed
}

// Prover proves against the newest checkpoint. It is safe for concurrent use.
type Prover struct {
	cfg   ProverConfig
	known note.Verifiers
}

// NewProver checks cfg.
func NewProver(cfg ProverConfig) (*Prover, error) {
	if cfg.Log == nil || cfg.Checkpoints == nil || len(cfg.Keys) == 0 {
		return nil, errors.New("tlog: a prover needs a log, checkpoints and keys")
	}
	if err := checkOrigin(cfg.Origin); err != nil {
		return nil, err
	}
	known, err := verifiers(cfg.Keys)
	return &Prover{cfg, known}, err
}

// Checkpoint reads the newest checkpoint: its signed text and the tree of which it is. ErrNotYet: there is none.
func (p *Prover) Checkpoint(ctx context.Context) (text []byte, size int64, root [32]byte, err error) {
	return p.CheckpointAt(ctx, math.MaxInt64)
}

// CheckpointAt reads the greatest checkpoint of at most a size. ErrNotYet: there is none.
func (p *Prover) CheckpointAt(ctx context.Context, atMost int64) (text []byte, size int64, root [32]byte, err error) {
	text, err = p.cfg.Checkpoints.Checkpoint(ctx, atMost)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, 0, root, ErrNotYet
	}
	if err != nil {
		return nil, 0, root, err
	}
	tree, err := openCheckpoint(text, p.cfg.Origin, p.known)
	if err != nil {
		return nil, 0, root, fmt.Errorf("%w: a checkpoint: %w", ErrBroken, err)
	}
	return text, tree.N, tree.Hash, nil
}

// Positions finds where entries stand in the log, in their order; -1 for one that is not in it yet. ErrAltered names the first
// entry that was put into the log as another.
func (p *Prover) Positions(ctx context.Context, entries []ledger.Entry) ([]int64, error) {
	head, err := p.cfg.Log.LogHead(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]ledger.EntryID, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	blocks, err := p.cfg.Log.LogBlocks(ctx, ids)
	if err != nil {
		return nil, err
	}
	records, err := p.records(ctx, blocks)
	if err != nil {
		return nil, err
	}
	positions := make([]int64, len(entries))
	for i, e := range entries {
		if positions[i], err = search(records[blocks[i]], blocks[i], canon.Record(e), head.Size); err != nil {
			return nil, fmt.Errorf("entry %v: %w", e.ID, err)
		}
	}
	return positions, nil
}

// records reads the records of blocks.
func (p *Prover) records(ctx context.Context, blocks []int64) (map[int64][]byte, error) {
	data := map[int64][]byte{}
	var ids []ledger.TileID
	for _, block := range blocks {
		if _, again := data[block]; !again && block >= 0 {
			data[block] = nil
			ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: block})
		}
	}
	if len(ids) == 0 {
		return data, nil
	}
	tiles, err := p.cfg.Log.LogTiles(ctx, ids)
	for _, t := range tiles {
		data[t.Index] = t.Data
	}
	return data, err
}

// search finds a record in its block. size is that of the log before the block was read.
func search(data []byte, block int64, record ledger.Record, size int64) (int64, error) {
	if block < 0 {
		return -1, nil
	}
	for at := 0; at+tlog.HashSize <= len(data); at += tlog.HashSize {
		if bytes.Equal(data[at:at+tlog.HashSize], record[:]) {
			return block*ledger.BlockSize + int64(at)/tlog.HashSize, nil
		}
	}
	if size > (block+1)*ledger.BlockSize {
		return -1, ErrAltered // the next block had begun when we asked: were the entry not in the log, it would be named
	}
	return -1, nil
}

// Inclusion proves that an entry is in the log. Errors are ErrNotYet, ErrAltered, ErrBroken, and those of the ledger.
func (p *Prover) Inclusion(ctx context.Context, e ledger.Entry) (Inclusion, error) {
	text, size, root, err := p.Checkpoint(ctx)
	if err != nil {
		return Inclusion{}, err
	}
	positions, err := p.Positions(ctx, []ledger.Entry{e})
	if err != nil {
		return Inclusion{}, err
	}
	if positions[0] < 0 || positions[0] >= size {
		return Inclusion{}, ErrNotYet
	}
	reader := newTileReader(ctx, p.cfg.Log)
	proof, err := tlog.ProveRecord(size, positions[0], reader.hashes(size, root))
	if err != nil {
		return Inclusion{}, reader.judge(err)
	}
	record := canon.Record(e)
	if tlog.CheckRecord(proof, size, root, positions[0], tlog.RecordHash(record[:])) != nil {
		return Inclusion{}, fmt.Errorf("%w: the record at position %d", ErrBroken, positions[0])
	}
	return Inclusion{positions[0], size, plainHashes(proof), text}, nil
}

// Consistency proves that the tree of one size begins with that of another. Both must be at most that of the newest checkpoint.
// Errors are ErrRange, ErrNotYet, ErrBroken, and those of the ledger.
func (p *Prover) Consistency(ctx context.Context, from, to int64) ([][32]byte, error) {
	_, size, root, err := p.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	if from < 0 || from > to || to > size {
		return nil, ErrRange
	}
	if from == 0 || from == to {
		return nil, nil
	}
	reader := newTileReader(ctx, p.cfg.Log)
	proof, err := tlog.ProveTree(to, from, reader.hashes(size, root))
	return plainHashes(proof), reader.judge(err)
}

func plainHashes(hashes []tlog.Hash) [][32]byte {
	out := make([][32]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i]
	}
	return out
}
