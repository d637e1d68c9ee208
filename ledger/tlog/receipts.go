package tlog

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// receiptVersion is the first byte of a receipt.
const receiptVersion = 1

// receiptLabel begins what is signed, so that a receipt is never a checkpoint: no origin is called so.
const receiptLabel = "poruka/receipt"

// manifestLabel is that of reports, which package audit signs.
const manifestLabel = "poruka/report"

// DefaultRemembered is the number of entries of which Receipts keeps the group.
const DefaultRemembered = 16384

// Marks believes marks or not. A seal.Ring is one.
type Marks interface {
	// IsMarked reports whether mark is one of ours, of this record.
	IsMarked(record ledger.Record, mark [32]byte) bool
}

// ReceiptsConfig is what Receipts needs.
type ReceiptsConfig struct {
	Key        *Key
	Marks      Marks
	Remembered int // entries; 0 means DefaultRemembered
}

// Receipts signs for what was stored: once for a whole group, when the first of it is asked for. It is safe for concurrent use.
type Receipts struct {
	cfg ReceiptsConfig

	mu    sync.Mutex
	known map[ledger.EntryID]held
	order []ledger.EntryID // of known: a ring in which next is the oldest
	next  int
}

// held is an entry in its group.
type held struct {
	group *signedGroup
	index int
}

// signedGroup is signed when it is first asked for.
type signedGroup struct {
	leaves []leaf
	once   sync.Once
	hashes storage
	sig    []byte
}

// leaf is what a receipt says.
type leaf struct {
	entry   ledger.EntryID
	decided int64 // microseconds since 1970
	record  ledger.Record
}

// NewReceipts makes Receipts.
func NewReceipts(cfg ReceiptsConfig) (*Receipts, error) {
	if cfg.Key == nil || cfg.Marks == nil || cfg.Remembered < 0 {
		return nil, errors.New("tlog: receipts need a key and marks")
	}
	if cfg.Remembered == 0 {
		cfg.Remembered = DefaultRemembered
	}
	return &Receipts{cfg: cfg, known: map[ledger.EntryID]held{}, order: make([]ledger.EntryID, cfg.Remembered)}, nil
}

// remember keeps a group that was stored, and forgets the oldest entries for it.
func (r *Receipts) remember(entries []ledger.Entry, records []ledger.Record) {
	g := &signedGroup{leaves: make([]leaf, len(entries))}
	for i := range entries {
		g.leaves[i] = leaf{entries[i].ID, entries[i].DecidedAt.UnixMicro(), records[i]}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range g.leaves {
		delete(r.known, r.order[r.next])
		r.order[r.next] = g.leaves[i].entry
		r.known[g.leaves[i].entry] = held{g, i}
		r.next = (r.next + 1) % len(r.order)
	}
}

// Of gives the receipt of an entry that is stored: from its group, when that was stored here a moment ago, otherwise signed
// for it alone. In the first case Link and Mark of e do not matter. It is empty for an entry that bears no mark of ours: nobody
// signs for what somebody else may have put into the database.
func (r *Receipts) Of(e ledger.Entry) string {
	r.mu.Lock()
	known, ok := r.known[e.ID]
	r.mu.Unlock()
	if !ok {
		record := canon.Record(e)
		if !r.cfg.Marks.IsMarked(record, e.Mark) {
			return ""
		}
		known = held{group: &signedGroup{leaves: []leaf{{e.ID, e.DecidedAt.UnixMicro(), record}}}}
	}
	known.group.once.Do(func() { known.group.sign(r.cfg.Key) })
	return known.group.text(r.cfg.Key, known.index)
}

func (g *signedGroup) sign(key *Key) {
	for i, l := range g.leaves {
		g.hashes = append(g.hashes, must(tlog.StoredHashes(int64(i), l.bytes(nil), g.hashes))...)
	}
	root := must(tlog.TreeHash(int64(len(g.leaves)), g.hashes))
	message := append([]byte(receiptLabel+"\n"+key.Origin()+"\n"), uint16s(len(g.leaves))...)
	g.sig = key.sign(append(message, root[:]...))
}

// text writes a receipt: see deploy/docs/log.md.
func (g *signedGroup) text(key *Key, index int) string {
	path := must(tlog.ProveRecord(int64(len(g.leaves)), int64(index), g.hashes))
	out := make([]byte, 0, 1+4+56+4+len(path)*tlog.HashSize+len(g.sig))
	out = append(out, receiptVersion)
	out = binary.BigEndian.AppendUint32(out, key.KeyHash())
	out = g.leaves[index].bytes(out)
	out = append(out, uint16s(index, len(g.leaves))...)
	for _, h := range path {
		out = append(out, h[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(append(out, g.sig...))
}

func (l leaf) bytes(out []byte) []byte {
	out = append(out, l.entry[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(l.decided)) //nolint:gosec // two's complement
	return append(out, l.record[:]...)
}

func uint16s(numbers ...int) []byte {
	var out []byte
	for _, n := range numbers {
		out = binary.BigEndian.AppendUint16(out, uint16(n)) //nolint:gosec // of a group, which is far smaller
	}
	return out
}

// storage holds all hashes of a small tree, in the order in which tlog numbers them.
type storage []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = s[at]
	}
	return out, nil
}

// must is for arithmetic on hashes in memory: it fails when a storage does, and that never does.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
