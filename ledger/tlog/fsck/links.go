package fsck

import (
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// links follows the groups of each writer.
type links struct {
	writers map[[8]byte]*writer
}

type writer struct {
	next uint64
	last [32]byte // digest of the group before
	open map[uint64]*group
}

// group is one of which not everything, or not the one before it, was seen.
type group struct {
	records  []ledger.Record
	there    []bool
	missing  int
	previous [32]byte
	position int64
	entry    ledger.EntryID
}

func newLinks() *links { return &links{writers: map[[8]byte]*writer{}} }

func (l *links) add(e *ledger.Entry, record ledger.Record, at int64, find func(Finding)) {
	if e.Encoding != ledger.EncodingVersion {
		return
	}
	wrong := func(format string, args ...any) {
		find(Finding{Kind: Unlinked, Position: at, Entry: e.ID, What: fmt.Sprintf(format, args...)})
	}
	w := l.writers[e.Link.Writer]
	if w == nil {
		w = &writer{open: map[uint64]*group{}}
		l.writers[e.Link.Writer] = w
	}
	if e.Link.Sequence < w.next || e.Link.Index >= e.Link.Size {
		wrong("its group was there before, or is smaller than its place in it")
		return
	}
	g := w.open[e.Link.Sequence]
	if g == nil {
		n := int(e.Link.Size)
		g = &group{make([]ledger.Record, n), make([]bool, n), n, e.Link.Previous, at, e.ID}
		w.open[e.Link.Sequence] = g
	}
	if len(g.records) != int(e.Link.Size) || g.previous != e.Link.Previous || g.there[e.Link.Index] {
		wrong("it disagrees with another of its group")
		return
	}
	g.records[e.Link.Index], g.there[e.Link.Index] = record, true
	g.missing--
	w.close(wrong)
}

func (w *writer) close(wrong func(string, ...any)) {
	for g := w.open[w.next]; g != nil && g.missing == 0; g = w.open[w.next] {
		if g.previous != w.last {
			wrong("its group names another before it than there is")
		}
		w.last = canon.GroupDigest(g.records)
		delete(w.open, w.next)
		w.next++
	}
}

// finish names the groups that were never whole, or whose predecessor is missing.
func (l *links) finish(find func(Finding)) {
	for name, w := range l.writers {
		for sequence, g := range w.open {
			what := fmt.Sprintf("group %d of writer %x before it is missing", w.next, name)
			if g.missing > 0 {
				what = fmt.Sprintf("%d of the %d entries of its group, %d of writer %x, are missing", g.missing, len(g.records), sequence, name)
			}
			find(Finding{Kind: Unlinked, Position: g.position, Entry: g.entry, What: what})
		}
		clear(w.open)
	}
}
