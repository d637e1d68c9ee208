package crdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
)

// query is a SELECT on entries with the conditions that are asked for. Its parameters are binary.
type query struct {
	dialect *dialect
	terms   []string
	args    [][]byte
}

func newQuery(d *dialect) *query { return &query{dialect: d} }

// where adds a condition; each %s of it stands for the next of args.
func (q *query) where(condition string, args ...[]byte) {
	names := make([]any, len(args))
	for i, a := range args {
		q.args = append(q.args, a)
		names[i] = fmt.Sprintf("$%d", len(q.args))
	}
	q.terms = append(q.terms, fmt.Sprintf(condition, names...))
}

// wherePlace compares places. The number goes as text, since its type is the server's own affair.
func (q *query) wherePlace(how string, p place) {
	q.where("(place, ordinal) "+how+" (%s::TEXT::"+q.dialect.place+", %s::INT8)", []byte(p.transaction), number(p.ordinal))
}

func (q *query) filter(f ledger.Filter) {
	if !f.From.IsZero() {
		q.where("decided_at >= %s::TIMESTAMPTZ", instant(ceiling(f.From)))
	}
	if !f.To.IsZero() {
		q.where("decided_at < %s::TIMESTAMPTZ", instant(ceiling(f.To)))
	}
	if f.Partner != "" {
		q.where("partner = %s::TEXT", []byte(f.Partner))
	}
	if f.Outcome != ledger.OutcomeNone {
		q.where("outcome = %s::INT8", number(int64(f.Outcome)))
	}
}

// ceiling rounds up to microseconds, in which the server compares.
func ceiling(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); !cut.Equal(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}

func (q *query) conditions() string {
	if len(q.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.terms, " AND ")
}

// report runs a statement that is not worth preparing.
func (s *Store) report(ctx context.Context, pool *pgxpool.Pool, stage, text string, args [][]byte, read func(*row)) error {
	for n := 1; ; n++ {
		f := s.reportOnce(ctx, pool, reading, stage, text, args, read)
		if f == nil {
			return nil
		}
		if f.class == reconnect {
			s.suspect()
		}
		if n == readAttempts || (f.class != reconnect && f.class != again) || pause(ctx, backoff(n+1)) != nil {
			return f.public()
		}
	}
}

// reportOnce runs a statement once. One that writes is a transaction of its own: the answer to it is that to its commit.
func (s *Store) reportOnce(ctx context.Context, pool *pgxpool.Pool, p part, stage, text string, args [][]byte, read func(*row)) *failure {
	soon, cancel := context.WithTimeout(ctx, s.cfg.AcquireTimeout)
	defer cancel()
	conn, err := pool.Acquire(soon)
	if err != nil {
		return s.notAcquired(ctx, soon, err)
	}
	defer conn.Release()
	result := conn.Conn().PgConn().ExecParams(ctx, text, args, nil, binaries, binaries)
	var unread error
	for first := true; result.NextRow(); first = false {
		r := row{columns: result.Values(), isFirst: first}
		if read(&r); r.err != nil {
			unread = r.err
		}
	}
	if _, err = result.Close(); err == nil {
		err = unread
	}
	if err != nil {
		return classify(ctx, stage, p, err)
	}
	return nil
}

// list gives a page, and where the next begins.
func (s *Store) list(ctx context.Context, pool *pgxpool.Pool, q *query, order string, limit int, asOf string) ([]ledger.Entry, ledger.Cursor, error) {
	limit = max(limit, 1)
	var entries []ledger.Entry
	var places []place
	text := "SELECT " + entryColumns + ", place::TEXT, ordinal FROM entry" + asOf + q.conditions() + order + fmt.Sprintf(" LIMIT %d", limit+1)
	err := s.report(ctx, pool, "list", text, q.args, func(r *row) {
		if r.isFirst {
			entries, places = make([]ledger.Entry, 0, min(limit, 1024)), places[:0]
		}
		entries = append(entries, r.entry())
		places = append(places, place{r.text(), r.integer()})
	})
	if err != nil {
		return nil, "", err
	}
	if len(entries) <= limit {
		return entries, "", nil
	}
	return entries[:limit], cursor{place: places[limit-1]}.public(), nil
}

// Entries implements ledger.Reporter. A list has the entries that were there when its first page was asked for.
func (s *Store) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	after, errAfter := parseCursor(page.After)
	until, errUntil := parseCursor(page.Until)
	if err := errors.Join(errAfter, errUntil); err != nil {
		return nil, "", err
	}
	from, to, err := s.span(ctx, filter, after, until.place)
	if err != nil || to.isZero() {
		return nil, "", err
	}
	q := newQuery(s.dialect)
	q.filter(filter)
	if !from.isZero() {
		q.wherePlace(">=", from)
	}
	if !after.isZero() {
		q.wherePlace(">", after.place)
	}
	q.wherePlace("<=", to)
	entries, next, err := s.list(ctx, s.reports, q, " ORDER BY entry.place, entry.ordinal", page.Limit, s.dialect.asOf(to.transaction, s.cfg.Clock()))
	if err != nil || next == "" {
		return entries, "", err
	}
	c, err := parseCursor(next)
	c.bound = to
	return entries, c.public(), err
}

// lastOrdinal stands behind every entry of a transaction.
const lastOrdinal = math.MaxInt64

// span gives the places between which a list lies; to is zero when it is empty. What a cursor brings along is not asked again.
func (s *Store) span(ctx context.Context, filter ledger.Filter, after cursor, until place) (from, to place, err error) {
	if !after.bound.isZero() {
		return place{}, after.bound, nil
	}
	if until.isZero() {
		head, err := s.head(ctx)
		if err != nil || head.isZero() {
			return place{}, place{}, err
		}
		until = head
	}
	if filter.From.IsZero() && filter.To.IsZero() {
		return place{}, until, nil
	}
	// Decisions of one time lie close together in the order, but not in order: the ends are looked up, not reckoned.
	q := newQuery(s.dialect)
	q.filter(ledger.Filter{From: filter.From, To: filter.To})
	q.wherePlace("<=", until)
	// OFFSET 0 keeps the server from walking along the places until one fits.
	text := "SELECT min(place)::TEXT, max(place)::TEXT FROM (SELECT place FROM entry" +
		q.conditions() + " OFFSET 0) AS spanned" + s.dialect.asOf(until.transaction, s.cfg.Clock())
	err = s.report(ctx, s.reports, "span", text, q.args, func(r *row) { from.transaction, to.transaction = r.text(), r.text() })
	if to.transaction == until.transaction {
		return from, until, err
	}
	to.ordinal = lastOrdinal
	return from, to, err
}

// Head implements ledger.Reporter.
func (s *Store) Head(ctx context.Context) (ledger.Cursor, error) {
	head, err := s.head(ctx)
	return cursor{place: head}.public(), err
}

const (
	headPatience = time.Second // how long head waits for older transactions
	headPause    = 2 * time.Millisecond
)

// head is the place of the newest entry before which nothing can appear any more. Entries that are there already but may still
// be preceded by others are waited for: such transactions last milliseconds. One that lasts longer is not waited for.
func (s *Store) head(ctx context.Context) (place, error) {
	final := " true"
	if s.dialect.horizon != "" {
		final = " place < " + s.dialect.horizon
	}
	patience, cancel := context.WithTimeout(ctx, headPatience)
	defer cancel()
	for {
		var newest place
		var isFinal bool
		err := s.report(ctx, s.reports, "head", "SELECT place::TEXT, ordinal,"+final+" FROM entry ORDER BY entry.place DESC, entry.ordinal DESC LIMIT 1", nil,
			func(r *row) { newest, isFinal = place{r.text(), r.integer()}, r.flag() })
		if err != nil || newest.isZero() || isFinal {
			return newest, err
		}
		if pause(patience, headPause) == nil {
			continue
		}
		var settled place
		err = s.report(ctx, s.reports, "head", "SELECT place::TEXT, ordinal FROM entry WHERE"+final+" ORDER BY entry.place DESC, entry.ordinal DESC LIMIT 1", nil,
			func(r *row) { settled = place{r.text(), r.integer()} })
		return settled, err
	}
}

// Summary implements ledger.Reporter.
func (s *Store) Summary(ctx context.Context, filter ledger.Filter) ([]ledger.Count, error) {
	q := newQuery(s.dialect)
	q.filter(filter)
	var counts []ledger.Count
	text := "SELECT partner, kind, outcome, count(*), count(*) FILTER (WHERE dry) FROM entry" + q.conditions() +
		" GROUP BY partner, kind, outcome"
	err := s.report(ctx, s.reports, "summary", text, q.args, func(r *row) {
		if r.isFirst {
			counts = nil
		}
		counts = append(counts, ledger.Count{
			Partner: ledger.PartnerID(r.text()), Kind: ledger.Kind(r.small()), Outcome: ledger.Outcome(r.small()),
			Entries: r.integer(), DryRuns: r.integer(),
		})
	})
	sortCounts(counts)
	return counts, err
}

// sortCounts orders by partner in bytes, whatever the database's collation.
func sortCounts(counts []ledger.Count) {
	slices.SortFunc(counts, func(a, b ledger.Count) int {
		return cmp.Or(cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Outcome, b.Outcome))
	})
}
