package fsck

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// finish compares what is not full, and the head.
func (t *tree) finish(ctx context.Context) error {
	for t.done*ledger.BlockSize < t.head.Size {
		if err := t.compare(ctx); err != nil {
			return err
		}
	}
	for n := range t.levels {
		if n > 0 {
			if err := t.compareTile(ctx, n); err != nil {
				return err
			}
		}
	}
	if root := t.root(); root != t.head.Root {
		t.find(Finding{Kind: BadHead, Position: t.head.Size, What: "the root of the head is not that of the log"})
	}
	return t.askBegins(ctx, true)
}

func (t *tree) root() (root [32]byte) {
	for i := len(t.peaks) - 1; i >= 0; i-- {
		if i == len(t.peaks)-1 {
			root = t.peaks[i].hash
		} else {
			root = tlog.NodeHash(t.peaks[i].hash, root)
		}
	}
	return root
}

// askBegins asks in which block entries are of which that is known.
func (t *tree) askBegins(ctx context.Context, now bool) error {
	if !now || len(t.begins) == 0 {
		return nil
	}
	ids := make([]ledger.EntryID, len(t.begins))
	for i, b := range t.begins {
		ids[i] = b.id
	}
	blocks, err := t.Ledger.LogBlocks(ctx, ids)
	if err != nil {
		return err
	}
	for i, b := range t.begins {
		if i < len(blocks) && blocks[i] != b.block {
			t.find(Finding{Kind: BadBlock, Position: b.at, Entry: b.id, What: fmt.Sprintf("it is in block %d, and by where blocks begin it would be in %d", b.block, blocks[i])})
		}
	}
	t.begins = t.begins[:0]
	return nil
}

// The form of the state: see deploy/docs/log.md.
const (
	stateHead  = 32
	stateChain = 32
)

// state compares what the integrator remembers of the writers.
func (t *tree) state(ctx context.Context, links *links) error {
	if t.head.Size == 0 {
		return nil
	}
	tiles, err := t.Ledger.LogTiles(ctx, []ledger.TileID{{Level: ledger.StateLevel}})
	if err != nil || len(tiles) != 1 {
		return err
	}
	wrong := func(format string, args ...any) {
		t.find(Finding{Kind: BadState, Position: t.head.Size, What: fmt.Sprintf(format, args...)})
	}
	data := tiles[0].Data
	if len(data) < stateHead || len(data)%stateChain != 0 {
		wrong("it is missing or malformed")
		return nil
	}
	if binary.BigEndian.Uint64(data[12:]) > uint64(t.head.Size) { //nolint:gosec // not negative
		return nil // the log has grown since
	}
	if binary.BigEndian.Uint64(data[4:]) != uint64(t.head.Epoch) || binary.BigEndian.Uint64(data[12:]) != uint64(t.head.Size) { //nolint:gosec // not negative
		wrong("it belongs to another head")
	}
	seen := 0
	for data := data[stateHead:]; len(data) > 0; data = data[stateChain:] {
		w := links.writers[[8]byte(data)]
		if w == nil || binary.BigEndian.Uint64(data[8:]) != w.next || !bytes.Equal(data[16:32], w.last[:16]) {
			wrong("what it says of writer %x is not what its groups give", data[:8])
			continue
		}
		seen++
	}
	if most := min(len(links.writers), ledger.BlockSize-1); seen < most {
		wrong("it has %d writers, and should have %d", seen, most)
	}
	return nil
}
