package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// serverSettings are what deploy/docs/performance.md recommends, and what helps naive, which is SERIALIZABLE; the rest is as PostgreSQL comes.
var serverSettings = map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "max_pred_locks_per_transaction": "4096"}

// mostClaims bounds the memory of the bench.
const mostClaims = 400_000

// database is one ledger on the measured server.
type database struct {
	url      string
	accounts int
	pool     *pgxpool.Pool // of the baselines
	snils    []ledger.Index
	claims   *claims
	Filled   time.Duration
}

// newDatabase makes a ledger and fills it with sealed accounts by COPY.
func newDatabase(ctx context.Context, server *postgres.Server, s *sealer, accounts int) (*database, error) {
	began := time.Now()
	url, _, err := server.Database(ctx, "")
	if err != nil {
		return nil, err
	}
	if err := crdb.Migrate(ctx, url); err != nil {
		return nil, err
	}
	d := &database{url: url, accounts: accounts}
	if d.pool, err = pgxpool.New(ctx, url+"&pool_max_conns=64"); err != nil {
		return nil, err
	}
	if accounts == 0 {
		return d, nil
	}
	fmt.Fprintf(os.Stderr, "filling a ledger with %d accounts on PostgreSQL\n", accounts)
	if err := d.fill(ctx, s); err != nil {
		return nil, fmt.Errorf("filling: %w", err)
	}
	d.Filled = time.Since(began)
	fmt.Fprintf(os.Stderr, "filled in %.1f s\n", d.Filled.Seconds())
	return d, d.tidy(ctx)
}

func (d *database) fill(ctx context.Context, s *sealer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader, writer := io.Pipe()
	var bodies [][]byte
	go func() {
		_, err := io.WriteString(writer, copyHead)
		for b := range s.batches(ctx, d.accounts) {
			if err == nil {
				err = b.err
			}
			if err != nil {
				continue // until all have ended
			}
			d.snils = append(d.snils, b.snils...)
			if len(bodies) < mostClaims {
				bodies = append(bodies, b.bodies...)
			}
			_, err = writer.Write(b.rows)
		}
		if err == nil {
			_, err = io.WriteString(writer, copyTail)
		}
		_ = writer.CloseWithError(err)
	}()
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := copyRows(ctx, conn.Conn(), reader); err != nil {
		_ = reader.CloseWithError(err)
		return err
	}
	d.claims = newClaims(bodies)
	_, err = conn.Exec(ctx, remember)
	return err
}

// tidy is done by the server in the background sooner or later; done now, it does not fall into what is measured.
func (d *database) tidy(ctx context.Context) error {
	for _, command := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := d.pool.Exec(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// remember notes which accounts can be raised.
const remember = "CREATE SCHEMA bench; CREATE TABLE bench.standard (id UUID PRIMARY KEY); INSERT INTO bench.standard SELECT id FROM account WHERE level = 3"

// renew lowers the accounts that have been raised.
func (d *database) renew(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, "UPDATE account SET level = 3, method = 0, confirmed_by = '', confirmed_at = NULL, confirmation = NULL "+
		"FROM bench.standard AS s WHERE account.id = s.id AND level = 4"); err != nil {
		return err
	}
	d.claims.left.Store(int64(len(d.claims.bodies)))
	_, err := d.pool.Exec(ctx, "VACUUM account")
	return err
}

// pause is for load.renew: it lets n claims be sent before the next pause, and lowers what has been raised when nothing else is left.
func (d *database) pause(n int64) func(context.Context) error {
	return func(ctx context.Context) error {
		d.claims.burst.Store(n)
		if d.claims.left.Load() > 0 {
			return nil
		}
		return d.renew(ctx)
	}
}

// bank is who calls.
const bank = "sberbank"

// connect gives a connection of its own.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, d.url) }
