package fsck

import (
	"context"
	"slices"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// walk compares entries with the records of the log, in order.
type walk struct {
	*check
	tree    *tree
	next    int64              // position that is expected
	passed  map[int64]struct{} // positions that were passed over
	taken   map[int64]struct{} // positions at or behind next whose entries came by already
	ahead   *found             // an entry from behind next: what follows tells whether it was moved, or others are missing
	strange []strange
	wasNew  bool // an entry of the encoding with marks came by
}

// found is an entry at its position in the log.
type found struct {
	at     int64
	id     ledger.EntryID
	record ledger.Record
}

// strange is an entry that the log does not have where it stands.
type strange struct {
	at       int64 // position that was expected
	id       ledger.EntryID
	isMarked bool
}

// entries goes through the part of the ledger that is in the log.
func (c *check) entries(ctx context.Context) error {
	w := &walk{check: c, tree: newTree(c), passed: map[int64]struct{}{}, taken: map[int64]struct{}{}}
	page := ledger.Page{Until: c.head.After, Limit: pageSize}
	for isEnd := c.head.After == ""; !isEnd; {
		entries, next, err := c.Ledger.Entries(ctx, ledger.Filter{}, page)
		if err != nil {
			return err
		}
		for i := range entries {
			if err := w.add(ctx, &entries[i]); err != nil {
				return err
			}
		}
		c.Progress("entries", c.sum.Entries, c.head.Size)
		page.After, isEnd = next, next == ""
	}
	if w.ahead != nil {
		if err := w.jump(ctx, *w.ahead); err != nil {
			return err
		}
	}
	if err := w.tree.finish(ctx); err != nil {
		return err
	}
	for ; w.next < c.head.Size; w.next++ {
		if !w.isTaken(w.next) {
			w.passed[w.next] = struct{}{}
		}
	}
	if err := w.misplaced(ctx); err != nil {
		return err
	}
	w.settle()
	if c.isLogSound {
		c.links.finish(c.find)
		return w.tree.state(ctx, c.links)
	}
	return nil
}

func (w *walk) add(ctx context.Context, e *ledger.Entry) error {
	w.sum.Entries++
	record := canon.Record(*e)
	isMarked := w.isMarked(e, record)
	w.deeds.add(e)
	at, err := w.place(ctx, e, record)
	if err != nil {
		return err
	}
	if at < 0 {
		w.strange = append(w.strange, strange{w.next, e.ID, isMarked})
		return nil
	}
	if !isMarked {
		w.find(Finding{Kind: Unmarked, Position: at, Entry: e.ID, What: "it does not bear our mark"})
	}
	w.judgeEncoding(e, at)
	w.links.add(e, record, at, w.find)
	return w.take(ctx, found{at, e.ID, record})
}

// take goes on with an entry that is in the log.
func (w *walk) take(ctx context.Context, e found) error {
	if last := w.ahead; last != nil {
		w.ahead = nil
		if e.at == last.at+1 {
			if err := w.jump(ctx, *last); err != nil {
				return err
			}
		} else {
			w.find(Finding{Kind: Moved, Position: last.at, Entry: last.id, What: "it stands before entries that it follows in the log"})
			w.taken[last.at] = struct{}{}
		}
	}
	for ; w.isTaken(w.next); w.next++ {
		delete(w.taken, w.next)
	}
	switch {
	case e.at > w.next:
		w.ahead = &e
		return nil
	case e.at < w.next:
		w.find(Finding{Kind: Moved, Position: e.at, Entry: e.id, What: "it stands behind entries that follow it in the log"})
		delete(w.passed, e.at)
		return nil
	}
	return w.jump(ctx, e)
}

func (w *walk) isTaken(at int64) bool {
	_, is := w.taken[at]
	return is
}

// jump goes on behind an entry. Positions before it have no entry.
func (w *walk) jump(ctx context.Context, e found) error {
	for ; w.next < e.at; w.next++ {
		if !w.isTaken(w.next) {
			w.passed[w.next] = struct{}{}
		}
	}
	w.next = e.at + 1
	return w.tree.matched(ctx, e)
}

func (c *check) isMarked(e *ledger.Entry, record ledger.Record) bool {
	return c.Ring == nil || e.Encoding == 1 || c.Ring.IsMarked(record, e.Mark)
}

func (w *walk) judgeEncoding(e *ledger.Entry, at int64) {
	switch {
	case e.Encoding == ledger.EncodingVersion:
		w.wasNew = true
	case e.Encoding == 1 && !w.wasNew:
	default:
		w.find(Finding{Kind: Unmarked, Position: at, Entry: e.ID, What: "its encoding is from before the log, or not known"})
	}
}

// place gives the position at which the log has the record; -1 when it has not. It is the expected one nearly always.
func (w *walk) place(ctx context.Context, e *ledger.Entry, record ledger.Record) (int64, error) {
	if w.next < w.head.Size {
		isThere, err := w.tree.has(ctx, w.next, record)
		if isThere || err != nil {
			return w.next, err
		}
	}
	blocks, err := w.Ledger.LogBlocks(ctx, []ledger.EntryID{e.ID})
	if err != nil || len(blocks) != 1 {
		return -1, err
	}
	// A block may begin elsewhere than it should, so its neighbours are looked at as well, and the one that is expected.
	for _, block := range []int64{blocks[0], w.next / ledger.BlockSize, blocks[0] - 1, blocks[0] + 1} {
		at, err := w.tree.search(ctx, block, record)
		if at >= 0 || err != nil {
			return w.free(at), err
		}
	}
	return -1, nil
}

// free gives at if nothing was matched with that position before.
func (w *walk) free(at int64) int64 {
	if _, isPassed := w.passed[at]; at >= w.next || isPassed {
		return at
	}
	return -1
}

// settle pairs what is missing with what is strange: an entry that is strange where one is missing was altered.
func (w *walk) settle() {
	missing := make([]int64, 0, len(w.passed))
	for at := range w.passed {
		missing = append(missing, at)
	}
	slices.Sort(missing)
	paired := map[int64]int64{} // by the position that was expected: how many strange entries stood there already
	for _, s := range w.strange {
		at := s.at + paired[s.at]
		index, isMissing := slices.BinarySearch(missing, at)
		switch {
		case isMissing:
			paired[s.at]++
			missing = slices.Delete(missing, index, index+1)
			w.find(w.replaced(at, s))
		case s.isMarked && w.Ring != nil && s.at == w.head.Size:
			w.find(Finding{Kind: BadHead, Position: s.at, Entry: s.id, What: "the head says that it is in the log, and it is not"})
		default:
			w.find(Finding{Kind: Foreign, Position: s.at, Entry: s.id, What: "it stands before this position and is not in the log"})
		}
	}
	for _, at := range missing {
		w.find(Finding{Kind: Missing, Position: at, What: "the entry that the log has here is not in the ledger"})
	}
	w.isLogSound = len(w.strange)+len(w.passed) == 0
}

// replaced is the finding for an entry that stands where another should.
func (w *walk) replaced(at int64, s strange) Finding {
	if s.isMarked && w.Ring != nil {
		return Finding{Kind: Moved, Position: at, Entry: s.id, What: "it stands in the place of another, and its own is far away"}
	}
	return Finding{Kind: Altered, Position: at, Entry: s.id, What: "it is not the entry that was put into the log"}
}

// misplaced looks for entries that are in the log although the head has them behind it.
func (w *walk) misplaced(ctx context.Context) error {
	if len(w.passed) == 0 {
		return nil
	}
	entries, _, err := w.Ledger.Unlogged(ctx, w.head, pageSize)
	if err != nil {
		return err
	}
	for i := range entries {
		at, err := w.place(ctx, &entries[i], canon.Record(entries[i]))
		if err != nil {
			return err
		}
		if at < 0 {
			continue
		}
		delete(w.passed, at)
		w.find(Finding{Kind: BadHead, Position: at, Entry: entries[i].ID, What: "it is in the log, and the head has it behind its end"})
	}
	return nil
}

// waiting goes through the entries that are not in the log yet.
func (c *check) waiting(ctx context.Context) error {
	for head := c.head; ; {
		entries, after, err := c.Ledger.Unlogged(ctx, head, pageSize)
		if err != nil {
			return err
		}
		for i := range entries {
			e := &entries[i]
			at := c.head.Size + c.sum.Waiting
			c.sum.Waiting++
			record := canon.Record(*e)
			if !c.isMarked(e, record) {
				c.find(Finding{Kind: Unmarked, Position: at, Entry: e.ID, What: "it waits to get into the log and does not bear our mark: it was altered or added"})
			}
			c.deeds.add(e)
			if c.isLogSound {
				c.links.add(e, record, at, c.find)
			}
		}
		if len(entries) == 0 {
			break
		}
		head.After = after
	}
	if c.isLogSound {
		c.links.finish(c.find)
	}
	return nil
}
