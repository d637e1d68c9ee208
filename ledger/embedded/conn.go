package embedded

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"modernc.org/sqlite"
)

// conn is one connection with its prepared statements. It speaks to the driver without database/sql, whose locks and
// conversions would be paid for every statement of every decision of a group. It is not safe for concurrent use.
type conn struct {
	driver conner
	stmts  map[text]stmt
	args   []driver.NamedValue // reused: the driver copies
	row    row                 // reused: values are copies
}

type conner interface {
	driver.Conn
	driver.ConnPrepareContext
}

type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// text is a statement: query, or when times is set, query followed by unit that many times and a closing bracket.
type text struct {
	query string
	unit  string
	times int
}

func (t text) String() string {
	if t.times == 0 {
		return t.query
	}
	return t.query + strings.Repeat(t.unit+",", t.times-1) + t.unit + ")"
}

// row is one row of an answer; column n is row[n].
type row []driver.Value

// dial opens the file at path with pragmas, in the order in which the driver runs them: alphabetical.
func dial(path string, pragmas ...string) (*conn, error) {
	opened, err := (&sqlite.Driver{}).Open(dsn(path, pragmas...))
	if err != nil {
		return nil, err
	}
	able, ok := opened.(conner)
	if !ok {
		return nil, errors.Join(errors.New("embedded: the SQLite driver has changed"), opened.Close())
	}
	return &conn{driver: able, stmts: map[text]stmt{}}, nil
}

// dsn names a file that exists; path may hold `?` and `%`.
func dsn(path string, pragmas ...string) string {
	where := url.URL{Path: path}
	return "file:" + where.EscapedPath() + "?" + url.Values{"mode": {"rw"}, "_pragma": pragmas, "_defensive": {"1"}}.Encode()
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.driver.Close())...)
}

// prepared compiles what once.
func (c *conn) prepared(what text) (stmt, error) {
	if s, ok := c.stmts[what]; ok {
		return s, nil
	}
	made, err := c.driver.PrepareContext(context.Background(), what.String())
	if err != nil {
		return nil, fmt.Errorf("prepare %.40q: %w", what.query, err)
	}
	s, ok := made.(stmt)
	if !ok {
		return nil, errors.Join(errors.New("embedded: the SQLite driver has changed"), made.Close())
	}
	c.stmts[what] = s
	return s, nil
}

func (c *conn) named(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs a statement without an answer, to its end.
func (c *conn) exec(query string, args ...driver.Value) error {
	s, err := c.prepared(text{query: query})
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background(), c.named(args))
	return err
}

// query hands each row of the answer to each, which must not keep the row but may keep its values.
func (c *conn) query(each func(row) error, query string, args ...driver.Value) error {
	return c.ask(context.Background(), each, text{query: query}, args)
}

// ask is query for any statement. A ctx that can end interrupts the first step, in which SQLite groups and sorts; it costs
// a goroutine: give context.Background() to what is short.
func (c *conn) ask(ctx context.Context, each func(row) error, what text, args []driver.Value) (err error) {
	s, err := c.prepared(what)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, c.named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	width := len(rows.Columns())
	if cap(c.row) < width {
		c.row = make(row, width)
	}
	for r := c.row[:width]; ; {
		switch err := rows.Next(r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
}

// number asks for one integer; 0 when there is none.
func (c *conn) number(query string) (int64, error) {
	var n int64
	err := c.query(func(r row) error { n = r.int(0); return nil }, query)
	return n, err
}
