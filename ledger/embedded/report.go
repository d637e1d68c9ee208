package embedded

import (
	"cmp"
	"context"
	"database/sql/driver"
	"math"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Entries lists entries in the order of the ledger. It reads the blocks that can hold what filter chooses, one after the
// other, until the page is full.
func (s *Store) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	after, until, err := span(page)
	if err != nil {
		return nil, "", err
	}
	if until == 0 {
		until = math.MaxInt64
	}
	l := list{limit: limitOf(page)}
	err = s.report(ctx, func(c *conn) error { return listBlocks(ctx, c, filter, after, until, &l) })
	if err != nil {
		return nil, "", err
	}
	return l.entries, l.next, nil
}

func listBlocks(ctx context.Context, c *conn, filter ledger.Filter, after, until int64, l *list) error {
	where, args := conditions(filter, `decided_at >= ? and decided_at < ?`)
	for !l.full() && after < until {
		block, err := nextBlock(c, filter, (after+1)>>blockBits)
		if err != nil || block < 0 {
			return err
		}
		first, last := max(block<<blockBits, after+1), min((block+1)<<blockBits-1, until)
		err = l.fill(ctx, c, selectEntries+`position between ? and ? and `+where+` order by position limit ?`,
			append([]driver.Value{first, last}, args...)...)
		if err != nil {
			return err
		}
		after = last
		if err := over(ctx); err != nil {
			return err
		}
	}
	return nil
}

// nextBlock gives the first block from here on that can hold what filter chooses, -1 when none can.
func nextBlock(c *conn, filter ledger.Filter, from int64) (int64, error) {
	where, args := conditions(filter, `latest >= ? and earliest < ?`)
	block := int64(-1)
	err := c.query(func(r row) error { block = r.int(0); return nil },
		`select block from tallies where block >= ? and `+where+` order by block limit 1`, append([]driver.Value{from}, args...)...)
	return block, err
}

// conditions gives filter as SQL. In times, the first parameter is the beginning and the second the end.
func conditions(f ledger.Filter, times string) (where string, args []driver.Value) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.From.IsZero() {
		from = microsFrom(f.From)
	}
	if !f.To.IsZero() {
		to = microsFrom(f.To)
	}
	where, args = times, []driver.Value{from, to}
	if f.Partner != "" {
		where, args = where+` and partner = ?`, append(args, string(f.Partner))
	}
	if f.Outcome != ledger.OutcomeNone {
		where, args = where+` and outcome = ?`, append(args, number(f.Outcome))
	}
	return where, args
}

// microsFrom gives the first whole microsecond that is not before t.
func microsFrom(t time.Time) int64 {
	micros := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		micros++
	}
	return micros
}

// Head is the place of the newest entry; empty when there is none.
func (s *Store) Head(ctx context.Context) (ledger.Cursor, error) {
	var position int64
	err := s.read(ctx, func(c *conn) (err error) {
		position, err = c.number(lastPosition)
		return err
	})
	if err != nil || position == 0 {
		return "", err
	}
	return cursorAt(position), nil
}

// Summary counts entries, ordered by partner, kind, outcome. Whole blocks are counted already; it reads only those at the
// ends of the filter's time.
func (s *Store) Summary(ctx context.Context, filter ledger.Filter) ([]ledger.Count, error) {
	sum := summary{}
	err := s.report(ctx, func(c *conn) error { return sum.read(ctx, c, filter) })
	if err != nil {
		return nil, err
	}
	return sum.counts(), nil
}

type summary map[ledger.Count]*ledger.Count // by partner, kind, outcome alone

func (s summary) add(r row) error {
	key := ledger.Count{Partner: ledger.PartnerID(r.text(0)), Kind: ledger.Kind(r.small(1)), Outcome: ledger.Outcome(r.small(2))}
	count, ok := s[key]
	if !ok {
		made := key
		count, s[key] = &made, &made
	}
	count.Entries += r.int(3)
	count.DryRuns += r.int(4)
	return nil
}

const (
	sumTallies = `select partner, kind, outcome, sum(entries), sum(dry_runs) from tallies where `
	sumEntries = `select partner, kind, outcome, count(*), sum(dry_run) from entries where position between ? and ? and partner = ? and kind = ? and outcome = ? and `
	grouped    = ` group by partner, kind, outcome`
)

// read adds up the tallies that lie within the filter's time, and then the entries of blocks with others that only touch it.
func (s summary) read(ctx context.Context, c *conn, filter ledger.Filter) error {
	within, args := conditions(filter, `earliest >= ? and latest < ?`)
	if err := c.ask(ctx, s.add, text{query: sumTallies + within + grouped}, args); err != nil {
		return err
	}
	if filter.From.IsZero() && filter.To.IsZero() {
		return nil
	}
	return s.readEdges(ctx, c, filter)
}

func (s summary) readEdges(ctx context.Context, c *conn, filter ledger.Filter) error {
	var edges [][]driver.Value
	touching, args := conditions(filter, `latest >= ?1 and earliest < ?2 and not (earliest >= ?1 and latest < ?2)`)
	err := c.ask(ctx, func(r row) error {
		edges = append(edges, []driver.Value{r.int(0) << blockBits, (r.int(0)+1)<<blockBits - 1, r[1], r[2], r[3]})
		return nil
	}, text{query: `select block, partner, kind, outcome from tallies where ` + touching}, args)
	if err != nil {
		return err
	}
	times, args := conditions(ledger.Filter{From: filter.From, To: filter.To}, `decided_at >= ? and decided_at < ?`)
	for _, edge := range edges {
		if err := c.ask(ctx, s.add, text{query: sumEntries + times + grouped}, append(edge, args...)); err != nil {
			return err
		}
	}
	return nil
}

func (s summary) counts() []ledger.Count {
	counts := make([]ledger.Count, 0, len(s))
	for _, count := range s {
		counts = append(counts, *count)
	}
	slices.SortFunc(counts, func(a, b ledger.Count) int {
		return cmp.Or(cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Outcome, b.Outcome))
	})
	return counts
}

// report is read for work of several questions: all see one snapshot.
func (s *Store) report(ctx context.Context, work func(*conn) error) error {
	return s.read(ctx, func(c *conn) error {
		if err := c.exec(`begin`); err != nil {
			return err
		}
		if err := work(c); err != nil {
			return err
		}
		err := c.exec(rollback)
		return err
	})
}
