package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// ErrAltered is the error of an entry that is not the one that was put into the log at its position. Nothing behind it is told.
var ErrAltered = errors.New("notify: the log holds another record; 'poruka ledger fsck' tells more")

// tail is the end of the log in memory. Whoever holds the turn may use it.
type tail struct {
	isFilled bool
	from     int64 // position of the first of entries
	entries  []Recorded
	after    ledger.Cursor // place of the last of entries, or the one behind which the first will be
}

func (t *tail) next() int64 { return t.from + int64(len(t.entries)) }

// pageSize is how many entries are read at once.
const pageSize = ledger.BlockSize

// Read gives the entries from a position on, at most a page of them; none when the log does not go so far. Each has been compared with
// the record that the log holds of it.
func (f *Feed) Read(ctx context.Context, position int64) ([]Recorded, error) {
	head, known := f.at()
	if !known || position >= head.Size || position < 0 {
		return nil, nil
	}
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.end.isFilled && position < f.end.from {
		<-f.turn
		return f.readBlock(ctx, head, position)
	}
	defer func() { <-f.turn }()
	return f.readEnd(ctx, head, position)
}

// readBlock reads the rest of the block in which a position lies.
func (f *Feed) readBlock(ctx context.Context, head ledger.LogHead, position int64) ([]Recorded, error) {
	block := position / ledger.BlockSize
	start, err := f.cfg.Ledger.LogStart(ctx, block)
	if err != nil {
		return nil, err
	}
	page, _, err := f.page(ctx, head, block*ledger.BlockSize, start)
	if err != nil {
		return nil, err
	}
	return page[position-block*ledger.BlockSize:], nil
}

// readEnd gives what is in memory from a position on, and reads on when there is nothing. A position far ahead begins anew.
func (f *Feed) readEnd(ctx context.Context, head ledger.LogHead, position int64) ([]Recorded, error) {
	if !f.end.isFilled || position > f.end.next() {
		block := position / ledger.BlockSize
		start, err := f.cfg.Ledger.LogStart(ctx, block)
		if err != nil {
			return nil, err
		}
		f.end = tail{isFilled: true, from: block * ledger.BlockSize, after: start}
	}
	for position >= f.end.next() {
		page, after, err := f.page(ctx, head, f.end.next(), f.end.after)
		if err != nil {
			return nil, err
		}
		f.end.entries, f.end.after = append(f.end.entries, page...), after
	}
	out := f.end.entries[position-f.end.from:]
	if len(out) > pageSize {
		out = out[:pageSize]
	}
	out = append([]Recorded(nil), out...)
	if over := len(f.end.entries) - f.cfg.Kept; over >= f.cfg.Kept {
		f.end.entries, f.end.from = append([]Recorded(nil), f.end.entries[over:]...), f.end.from+int64(over)
	}
	return out, nil
}

// page reads a page that begins at a position behind a place, and gives the place of its last entry.
func (f *Feed) page(ctx context.Context, head ledger.LogHead, at int64, after ledger.Cursor) ([]Recorded, ledger.Cursor, error) {
	entries, next, err := f.cfg.Ledger.Entries(ctx, ledger.Filter{}, ledger.Page{After: after, Until: head.After, Limit: pageSize})
	if err != nil {
		return nil, "", err
	}
	if next == "" {
		next = head.After
	}
	if int64(len(entries)) != min(pageSize, head.Size-at) {
		return nil, "", fmt.Errorf("%w: of position %d", ErrAltered, at+int64(len(entries)))
	}
	if err := f.compare(ctx, at, entries); err != nil {
		return nil, "", err
	}
	out := make([]Recorded, len(entries))
	for i, e := range entries {
		if out[i], err = f.recorded(ctx, at+int64(i), e); err != nil {
			return nil, "", err
		}
	}
	return out, next, nil
}

// compare makes sure that the log holds these entries at these positions.
func (f *Feed) compare(ctx context.Context, at int64, entries []ledger.Entry) error {
	end := at + int64(len(entries))
	var ids []ledger.TileID
	for block := at / ledger.BlockSize; block*ledger.BlockSize < end; block++ {
		ids = append(ids, ledger.TileID{Level: ledger.RecordLevel, Index: block})
	}
	tiles, err := f.cfg.Ledger.LogTiles(ctx, ids)
	if err != nil {
		return err
	}
	for i, e := range entries {
		position := at + int64(i)
		tile := tiles[position/ledger.BlockSize-ids[0].Index]
		begin := position % ledger.BlockSize * int64(len(ledger.Record{}))
		record := canon.Record(e)
		if end := begin + int64(len(record)); int64(len(tile.Data)) < end || ledger.Record(tile.Data[begin:end]) != record {
			return fmt.Errorf("%w: of position %d", ErrAltered, position)
		}
	}
	return nil
}

// recorded adds the order of an entry that is about one. One that cannot be understood names no bank, and holds nobody up.
func (f *Feed) recorded(ctx context.Context, position int64, e ledger.Entry) (Recorded, error) {
	r, detail := Recorded{Position: position, Entry: e}, e.Detail
	switch e.Kind {
	case ledger.KindOrder:
	case ledger.KindOrderCancel:
		id, err := ledger.ParseOrderCancel(e.Detail)
		if err != nil {
			f.cfg.Logger.ErrorContext(ctx, "the cancellation of an order names none", "entry", e.ID.String())
			return r, nil //nolint:nilerr // it holds nobody up
		}
		made, err := f.cfg.Ledger.Entry(ctx, f.cfg.Ring.OrderEntryID(id))
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return r, err
		}
		detail = made.Detail
	default:
		return r, nil
	}
	var err error
	if r.Order, err = ledger.ParseOrder(detail); err != nil {
		f.cfg.Logger.ErrorContext(ctx, "an order cannot be understood", "entry", e.ID.String())
	}
	r.Code = f.cfg.Ring.OrderCode(r.Order.ID, r.Order.Bank)
	return r, nil
}
