package crdb

import (
	"context"

	"github.com/poruka/poruka/ledger"
)

// logStatements are what the integrator and the provers of the log say, on connections for requests: a long report must not
// keep them waiting.
type logStatements struct {
	head, unlogged, tiles, places, block *statement
	move, begin, put                     *statement
}

func newLogStatements(d *dialect, add func(name, text string) *statement) (s logStatements) {
	s.head = add("log_head", "SELECT size, root, epoch, place::TEXT, ordinal FROM log_head")
	final := ""
	if d.horizon != "" {
		final = " AND place < " + d.horizon
	}
	s.unlogged = add("unlogged", "SELECT "+entryColumns+", place::TEXT, ordinal FROM entry WHERE (place, ordinal) > ($1::TEXT::"+d.place+
		", $2::INT8)"+final+" ORDER BY entry.place, entry.ordinal LIMIT $3::INT8")
	s.tiles = add("log_tiles", `SELECT t.level, t.number, t.data FROM unnest($1::INT4[], $2::INT8[]) AS k(l, n)
  JOIN log_tile AS t ON t.level = k.l AND t.number = k.n`)
	// In one statement, CockroachDB would compare every entry with every block.
	s.places = add("log_places", "SELECT id, place::TEXT, ordinal FROM entry WHERE id = ANY($1::UUID[])")
	s.block = add("log_block", "SELECT number FROM log_block WHERE (place, ordinal) <= ($1::TEXT::"+d.place+
		", $2::INT8) ORDER BY place DESC, ordinal DESC LIMIT 1")
	s.move = add("log_move", `UPDATE log_head SET size = $1::INT8, root = $2::BYTEA, epoch = $3::INT8, place = $4::TEXT::`+d.place+`,
  ordinal = $5::INT8 WHERE size = $6::INT8 AND root = $7::BYTEA AND epoch = $8::INT8 AND place = $9::TEXT::`+d.place+`
  AND ordinal = $10::INT8 RETURNING true`)
	// A block that begins with an entry that is not there has no place, which the table refuses.
	s.begin = add("log_begin", `INSERT INTO log_block (number, place, ordinal) SELECT k.n, e.place, e.ordinal
  FROM unnest($1::INT8[], $2::UUID[]) AS k(n, i) LEFT JOIN entry AS e ON e.id = k.i`)
	s.put = add("log_put", `INSERT INTO log_tile (level, number, data) SELECT l, n, d FROM unnest($1::INT4[], $2::INT8[], $3::BYTEA[])
  AS k(l, n, d) ON CONFLICT (level, number) DO UPDATE SET data = excluded.data`)
	return s
}

// beforeAll stands before the place of every entry.
const beforeAll = "0"

// placeArgs gives the parameters of the place that a cursor names.
func placeArgs(c ledger.Cursor) ([][]byte, error) {
	at, err := parseCursor(c)
	if at.isZero() {
		at.transaction = beforeAll
	}
	return [][]byte{[]byte(at.transaction), number(at.ordinal)}, err
}

// place reads a place; beforeAll is none.
func (r *row) place() place {
	p := place{r.text(), r.integer()}
	if p.transaction == beforeAll {
		return place{}
	}
	return p
}

// LogHead implements ledger.Log.
func (s *Store) LogHead(ctx context.Context) (ledger.LogHead, error) {
	var found []ledger.LogHead
	err := s.read(ctx, s.requests, call{statement: s.statements.log.head, read: func(r *row) {
		h := ledger.LogHead{Size: r.integer()}
		r.fixed(h.Root[:])
		h.Epoch = r.integer()
		h.After = cursor{place: r.place()}.public()
		found = append(found, h)
	}})
	return only(found, err)
}

// Unlogged implements ledger.Log. On PostgreSQL it ends at the horizon: what an older transaction may still precede is listed when
// that has ended. On CockroachDB it reads every bucket up to the last
// entry that it lists, or to the end, and the server moves whoever writes there later behind what was read.
func (s *Store) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	args, err := placeArgs(head.After)
	if err != nil {
		return nil, "", err
	}
	limit = max(limit, 1)
	var entries []ledger.Entry
	var last place
	err = s.read(ctx, s.requests, call{
		statement: s.statements.log.unlogged, args: append(args, number(int64(limit))),
		read: func(r *row) {
			if r.isFirst {
				entries = make([]ledger.Entry, 0, min(limit, 1024))
			}
			entries = append(entries, r.entry())
			last = r.place()
		},
	})
	if err != nil || len(entries) == 0 {
		return nil, head.After, err
	}
	return entries, cursor{place: last}.public(), nil
}

// LogTiles implements ledger.Log.
func (s *Store) LogTiles(ctx context.Context, ids []ledger.TileID) ([]ledger.Tile, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := make(map[ledger.TileID][]byte, len(ids))
	levels, numbers := tileKeys(ids)
	err := s.read(ctx, s.requests, call{
		statement: s.statements.log.tiles, args: finished(levels, numbers),
		read: func(r *row) { found[ledger.TileID{Level: int(r.integer()), Index: r.integer()}] = r.keep() },
	})
	if err != nil {
		return nil, err
	}
	tiles := make([]ledger.Tile, len(ids))
	for i, id := range ids {
		tiles[i] = ledger.Tile{TileID: id, Data: append([]byte(nil), found[id]...)} // an id may be asked for twice
	}
	return tiles, nil
}

func tileKeys(ids []ledger.TileID) (levels, numbers *array) {
	levels, numbers = newArray(oidInt4, 8*len(ids)), newArray(oidInt8, 12*len(ids))
	for _, id := range ids {
		levels.addInt4(id.Level)
		numbers.addInt8(id.Index)
	}
	return levels, numbers
}

// LogBlocks implements ledger.Log. Entries and the starts of blocks keep their places: what is asked in two steps is of one piece.
func (s *Store) LogBlocks(ctx context.Context, ids []ledger.EntryID) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	at := make(map[ledger.EntryID]place, len(ids))
	err := s.read(ctx, s.requests, call{
		statement: s.statements.log.places, args: [][]byte{entryIDs(ids)},
		read: func(r *row) {
			var id ledger.EntryID
			r.fixed(id[:])
			at[id] = r.place()
		},
	})
	if err != nil {
		return nil, err
	}
	blocks := make([]int64, len(ids))
	var calls []call
	for i, id := range ids {
		blocks[i] = -1
		if p, ok := at[id]; ok {
			calls = append(calls, call{
				statement: s.statements.log.block, args: [][]byte{[]byte(p.transaction), number(p.ordinal)},
				read: func(r *row) { blocks[i] = r.integer() },
			})
		}
	}
	if len(calls) == 0 {
		return blocks, nil
	}
	if err := s.read(ctx, s.requests, calls...); err != nil {
		return nil, err
	}
	return blocks, nil
}

// LogStart implements ledger.Log.
func (s *Store) LogStart(ctx context.Context, block int64) (ledger.Cursor, error) {
	if block == 0 {
		return "", nil
	}
	var found []ledger.Cursor
	err := s.report(ctx, s.requests, "start of a block", "SELECT place::TEXT, ordinal FROM log_block WHERE number = $1::INT8", [][]byte{number(block)}, func(r *row) {
		first := r.place()
		first.ordinal--
		found = append(found, cursor{place: first}.public())
	})
	return only(found, err)
}
