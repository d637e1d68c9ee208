package tlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// chains is what the log knows of the writers whose groups are in it: which group of each must come next.
type chains struct {
	sealed    bool    // an entry of version 2 is in the log, so that none of version 1 may follow
	forgotten bool    // some writer was dropped: one that is not known may be that
	all       []chain // the one heard of last stands at the end
}

// chain is one writer. Half of the digest is kept: whoever would forge it lacks the key of the marks.
type chain struct {
	writer [8]byte
	next   uint64
	last   [16]byte // of the group before; zero when next is 0
}

// The form in which chains are kept between advances: a head of 32 bytes and as many for each writer, in one tile.
const (
	stateVersion = 1
	stateHead    = 32
	stateChain   = 32
	mostChains   = ledger.BlockSize - 1
)

const (
	sealedFlag = 1 << iota
	forgottenFlag
)

// errStale: the state belongs to another head than was read; read both again.
var errStale = errors.New("tlog: the log was advanced meanwhile")

func (c *chains) clone() *chains {
	next := *c
	next.all = slices.Clone(c.all)
	return &next
}

func (c *chains) find(writer [8]byte) int {
	return slices.IndexFunc(c.all, func(one chain) bool { return one.writer == writer })
}

// expects tells the sequence of the group that must come next, and the digest it must name.
func (c *chains) expects(writer [8]byte, offered uint64) (next uint64, last [16]byte, anyLast bool) {
	if at := c.find(writer); at >= 0 {
		return c.all[at].next, c.all[at].last, false
	}
	if c.forgotten {
		return offered, last, offered > 0
	}
	return 0, last, false
}

// take notes that a group is in the log.
func (c *chains) take(writer [8]byte, sequence uint64, digest [32]byte) {
	if at := c.find(writer); at >= 0 {
		c.all = slices.Delete(c.all, at, at+1)
	}
	c.all = append(c.all, chain{writer, sequence + 1, [16]byte(digest[:16])})
	if len(c.all) > mostChains {
		c.all = slices.Delete(c.all, 0, len(c.all)-mostChains)
		c.forgotten = true
	}
}

// encode writes the state that goes with a head.
func (c *chains) encode(head ledger.LogHead) []byte {
	out := make([]byte, 4, stateHead+stateChain*len(c.all))
	out[0] = stateVersion
	if c.sealed {
		out[1] |= sealedFlag
	}
	if c.forgotten {
		out[1] |= forgottenFlag
	}
	binary.BigEndian.PutUint16(out[2:], uint16(len(c.all))) //nolint:gosec // at most mostChains
	out = binary.BigEndian.AppendUint64(out, counted(head.Epoch))
	out = binary.BigEndian.AppendUint64(out, counted(head.Size))
	out = append(out, make([]byte, stateHead-len(out))...)
	for _, one := range c.all {
		out = append(out, one.writer[:]...)
		out = binary.BigEndian.AppendUint64(out, one.next)
		out = append(out, one.last[:]...)
	}
	return out
}

func counted(n int64) uint64 { return uint64(n) } //nolint:gosec // never negative; were it, it would be written and compared all the same

// decodeChains reads what encode wrote. Errors are errStale, and ErrBroken for what encode never writes.
func decodeChains(data []byte, head ledger.LogHead) (*chains, error) {
	if len(data) == 0 && head.Size == 0 {
		return &chains{}, nil
	}
	if len(data) < stateHead || data[0] != stateVersion {
		return nil, fmt.Errorf("%w: its state is not there", ErrBroken)
	}
	epoch, size := binary.BigEndian.Uint64(data[4:]), binary.BigEndian.Uint64(data[12:])
	if epoch != counted(head.Epoch) {
		return nil, errStale
	}
	c := &chains{sealed: data[1]&sealedFlag != 0, forgotten: data[1]&forgottenFlag != 0}
	for rest := data[stateHead:]; len(rest) >= stateChain; rest = rest[stateChain:] {
		c.all = append(c.all, chain{[8]byte(rest[:8]), binary.BigEndian.Uint64(rest[8:]), [16]byte(rest[16:32])})
	}
	if size != counted(head.Size) || !bytes.Equal(c.encode(head), data) {
		return nil, fmt.Errorf("%w: its state is not one", ErrBroken)
	}
	return c, nil
}

// Fault is why the log was halted: an entry that may not be in it, or one that is missed.
type Fault struct {
	Position int64 // at which it would stand
	Entry    ledger.EntryID
	Reason   string
}

// Error names the entry and the position.
func (f *Fault) Error() string {
	return fmt.Sprintf("tlog: entry %v at position %d: %s", f.Entry, f.Position, f.Reason)
}

// follower puts entries into chains, one after the other. A place where no group is open is one at which the log may be cut.
type follower struct {
	chains *chains
	open   map[[8]byte]map[uint64]*openGroup
	groups int // that are open
}

// openGroup is a group of which entries are missing, or the group before it.
type openGroup struct {
	previous [32]byte
	records  []ledger.Record
	there    []bool
	missing  int
}

func follow(c *chains) *follower {
	return &follower{chains: c.clone(), open: map[[8]byte]map[uint64]*openGroup{}}
}

// add takes an entry, or says why not.
func (f *follower) add(e ledger.Entry, record ledger.Record) (reason string) {
	switch {
	case e.Encoding == 1 && (f.chains.sealed || f.groups > 0):
		return "it claims to be from before the log"
	case e.Encoding == 1:
		return ""
	case e.Encoding != ledger.EncodingVersion:
		return "its encoding is not known"
	}
	next, _, _ := f.chains.expects(e.Link.Writer, e.Link.Sequence)
	if e.Link.Sequence < next {
		return "its group is in the log already"
	}
	if e.Link.Index >= e.Link.Size {
		return "its group is smaller than its place in it"
	}
	group := f.group(e.Link)
	if int(e.Link.Size) != len(group.records) || e.Link.Previous != group.previous || group.there[e.Link.Index] {
		return "it disagrees with another of its group"
	}
	group.records[e.Link.Index], group.there[e.Link.Index] = record, true
	group.missing--
	return f.close(e.Link.Writer)
}

func (f *follower) group(link ledger.Link) *openGroup {
	groups := f.open[link.Writer]
	if groups == nil {
		groups = map[uint64]*openGroup{}
		f.open[link.Writer] = groups
	}
	if groups[link.Sequence] == nil {
		n := int(link.Size)
		groups[link.Sequence] = &openGroup{link.Previous, make([]ledger.Record, n), make([]bool, n), n}
		f.groups++
	}
	return groups[link.Sequence]
}

// close moves the groups of a writer that are whole and next into its chain.
func (f *follower) close(writer [8]byte) (reason string) {
	groups := f.open[writer]
	for {
		next, last, anyLast := f.chains.expects(writer, first(groups))
		group := groups[next]
		if group == nil || group.missing > 0 {
			return ""
		}
		if !anyLast && [16]byte(group.previous[:16]) != last {
			return "it names another group before its own than is in the log"
		}
		f.chains.take(writer, next, canon.GroupDigest(group.records))
		f.chains.sealed = true
		delete(groups, next)
		f.groups--
		if len(groups) == 0 {
			delete(f.open, writer)
			return ""
		}
	}
}

func first(groups map[uint64]*openGroup) uint64 {
	least := uint64(1<<64 - 1)
	for sequence := range groups {
		least = min(least, sequence)
	}
	return least
}
