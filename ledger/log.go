package ledger

import "context"

// The log is a Merkle tree (RFC 6962, SHA-256) over the records of all entries, in the order of the ledger. An engine keeps what
// it is made of; package tlog does the arithmetic. A record is the digest of an entry's canonical form: see package canon.

// Record is what the log holds of one entry.
type Record [32]byte

// LogHead is how far the log is. The zero LogHead is that of an empty log.
type LogHead struct {
	Size  int64    // entries in the log; the next one gets this position
	Root  [32]byte // of the tree of that size; zero when it is empty
	Epoch int64    // counts the advances, so that nobody takes a restored head for the one it read
	After Cursor   // place of the last entry in the log; empty when there is none
}

// BlockSize is the number of positions in a block, and of hashes in a full tile.
const BlockSize = 256

// Levels of tiles that are none of the tree's.
const (
	// RecordLevel is that of tiles that hold records instead of hashes.
	RecordLevel = -1
	// StateLevel is that of tiles in which whoever advances the log keeps what it needs to go on: opaque, a multiple of 32 bytes,
	// and at most those of a full tile. The new one replaces the old one whatever their lengths.
	StateLevel = -2
)

// TileID names a tile as C2SP tlog-tiles does: level 0 holds the hashes of leaves, level n+1 one hash for each full tile of level n.
// At RecordLevel there are the records of a block.
type TileID struct {
	Level int
	Index int64
}

// Tile is a tile, or its beginning while it is not full: 32 bytes for each hash or record.
type Tile struct {
	TileID
	Data []byte
}

// LogStep is one advance of the log.
type LogStep struct {
	From, To LogHead
	Tiles    []Tile // all that change, each whole: they replace the shorter ones
	// Starts gives, for each block that begins in this step, its index and its first entry. From these an engine knows later in
	// which block an entry is.
	Starts map[int64]EntryID
}

// Log keeps the log. Reading it sees what was committed before.
type Log interface {
	// LogHead reads how far the log is.
	LogHead(ctx context.Context) (LogHead, error)
	// Unlogged lists at most limit entries behind head in the order of the ledger, and gives the place of the last of them. An
	// entry that is committed later never stands before one that was listed.
	Unlogged(ctx context.Context, head LogHead, limit int) ([]Entry, Cursor, error)
	// AdvanceLog stores a step if the log still stands at step.From; otherwise nothing, and ErrConflict. After ErrOutcomeUnknown,
	// LogHead tells what became of it.
	AdvanceLog(ctx context.Context, step LogStep) error
	// LogTiles reads tiles, in the order asked for. Data of one that does not exist is nil.
	LogTiles(ctx context.Context, ids []TileID) ([]Tile, error)
	// LogBlocks tells for each entry the block in which it is if it is in the log: the last block that begins at or before
	// its place. -1: there is no such entry, or no such block.
	LogBlocks(ctx context.Context, ids []EntryID) ([]int64, error)
	// LogStart gives the place behind which a block begins: a list behind it begins with the first entry of the block. ErrNotFound:
	// there is no such block. Block 0 begins behind the empty cursor.
	LogStart(ctx context.Context, block int64) (Cursor, error)
}

// Checkpoints keeps what was signed of the log.
type Checkpoints interface {
	// AddCheckpoint stores the signed text of a checkpoint. One size has one root: with another root it stores nothing and
	// fails with ErrConflict; with the same it replaces the text.
	AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error
	// Checkpoint reads the text of the greatest checkpoint of at most size, or ErrNotFound.
	Checkpoint(ctx context.Context, atMost int64) ([]byte, error)
}
