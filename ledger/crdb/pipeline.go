package crdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// call is a statement with its parameters, and what to do with each row of its result.
type call struct {
	*statement
	args [][]byte
	read func(*row)
}

// link is a connection whose statements are prepared.
type link struct {
	conn     *pgxpool.Conn
	prepared map[*statement]*pgconn.StatementDescription
}

// binaries says that all parameters, or all results, are in binary form.
var binaries = []int16{1}

const preparedKey = "poruka"

// prepare makes a link of a connection, in one round trip the first time.
func (s *statements) prepare(ctx context.Context, conn *pgxpool.Conn) (*link, error) {
	pg := conn.Conn().PgConn()
	if done, ok := pg.CustomData()[preparedKey].(map[*statement]*pgconn.StatementDescription); ok {
		return &link{conn, done}, nil
	}
	p := pg.StartPipeline(ctx)
	for _, st := range s.all {
		p.SendPrepare(st.name, st.text, nil)
	}
	prepared := make(map[*statement]*pgconn.StatementDescription, len(s.all))
	err := p.Sync()
	for _, st := range s.all {
		if err != nil {
			break
		}
		var result any
		if result, err = p.GetResults(); err == nil {
			prepared[st], _ = result.(*pgconn.StatementDescription)
			prepared[st].Name = st.name
		}
	}
	if err := errors.Join(err, p.Close()); err != nil {
		return nil, err
	}
	pg.CustomData()[preparedKey] = prepared
	return &link{conn, prepared}, nil
}

// send runs calls in one round trip. When one fails, at is its place and those behind it were not run; a lost line loses the
// answers of those behind it too, and then at is the place of the first answer that is missing.
func (l *link) send(ctx context.Context, calls []call) (at int, err error) {
	p := l.conn.Conn().PgConn().StartPipeline(ctx)
	for _, c := range calls {
		p.SendQueryStatement(l.prepared[c.statement], c.args, binaries, binaries)
	}
	if err := p.Sync(); err != nil {
		_ = p.Close()
		return 0, err
	}
	for i, c := range calls {
		if err := c.receive(p); err != nil {
			_ = p.Close() // skips to the end; the first error is the one that counts
			return i, err
		}
	}
	// Every answer is there. What the server adds when it hangs up behind them changes none; the next use of the line will tell.
	_ = p.Close()
	return len(calls), nil
}

func (c call) receive(p *pgconn.Pipeline) error {
	result, err := p.GetResults()
	if err != nil {
		return err
	}
	reader, ok := result.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("crdb: unexpected answer %T", result)
	}
	var unread error
	for first := true; reader.NextRow(); first = false {
		r := row{columns: reader.Values(), isFirst: first}
		if c.read == nil {
			continue
		}
		if c.read(&r); r.err != nil {
			unread = r.err
		}
	}
	tag, err := reader.Close()
	if err != nil {
		return err
	}
	if c.text == "COMMIT" && tag.String() != "COMMIT" {
		return &pgconn.PgError{Code: "25P02"} // the server answered ROLLBACK
	}
	return unread
}
