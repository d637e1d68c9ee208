package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/poruka/poruka/ledger"
)

// entryRow is an entry as a confirmation leaves it.
func entryRow(id, account uuid.UUID) []any {
	now := time.Now()
	return []any{
		id[:], int16(ledger.KindConfirmation), bank, make([]byte, 32), account[:], int16(ledger.OutcomeConfirmed), "", make([]byte, 24),
		int16(ledger.LevelStandard), int16(ledger.LevelConfirmed), int16(ledger.MethodBank), "match/1", "native", "1f2e3d4c5b6a7980",
		int16(ledger.AuthenticatedBySMS), now, now, false, nil, int16(1),
	}
}

const (
	selectEntry   = "SELECT decided_at FROM entry WHERE id = $1"
	selectAccount = "SELECT id, level, version, wrapped_key, box, phone FROM account WHERE snils = $1 FOR UPDATE"
	insertEntry   = `INSERT INTO entry (id, kind, partner, digest, account, outcome, reasons, fields, level_before, level_after, method, policy,
  style, certificate, means, authed_at, decided_at, dry, withdrawn, encoding, ordinal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 0)`
	// The level stays, so that the account can be raised by others later; the cost is the same.
	updateAccount = `UPDATE account SET level = $2, method = 1, version = $3, confirmed_by = '', confirmed_at = $4, confirmation = $5, updated_at = $4
WHERE id = $1`
)

// held is what a confirmation needs of an account.
type held struct {
	id              uuid.UUID
	level           int16
	version         int64
	key, box, phone []byte
}

// anyAccount takes an account at random: two calls rarely meet.
func (d *database) anyAccount() ledger.Index { return d.snils[rand.IntN(len(d.snils))] }

// naive is a confirmation as one would write it: one SERIALIZABLE transaction of four statements, repeated as long as the server wants.
func (d *database) naive(ctx context.Context, _ int, _ int64) error {
	snils, entry := d.anyAccount(), uuid.New()
	for {
		err := d.naiveOnce(ctx, snils, entry)
		var told *pgconn.PgError
		if !errors.As(err, &told) || told.Code != "40001" {
			return err
		}
	}
}

func (d *database) naiveOnce(ctx context.Context, snils ledger.Index, entry uuid.UUID) error {
	return pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		var decided time.Time
		if err := tx.QueryRow(ctx, selectEntry, entry[:]).Scan(&decided); !errors.Is(err, pgx.ErrNoRows) {
			return errors.Join(err, errors.New("naive: the entry is there"))
		}
		var a held
		if err := tx.QueryRow(ctx, selectAccount, snils[:]).Scan(&a.id, &a.level, &a.version, &a.key, &a.box, &a.phone); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertEntry, entryRow(entry, a.id)...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, updateAccount, a.id[:], a.level, a.version+1, time.Now(), entry[:])
		return err
	})
}

// twoTrips is the floor of one confirmation: what must be known is read in one round trip, what follows is written and committed in a second.
func (d *database) twoTrips(conn *pgx.Conn) call {
	return func(ctx context.Context, _ int, _ int64) error {
		snils, entry := d.anyAccount(), uuid.New()
		var a held
		read := &pgx.Batch{}
		read.Queue("BEGIN")
		read.Queue(selectEntry, entry[:])
		read.Queue(selectAccount, snils[:]).QueryRow(func(row pgx.Row) error {
			return row.Scan(&a.id, &a.level, &a.version, &a.key, &a.box, &a.phone)
		})
		if err := conn.SendBatch(ctx, read).Close(); err != nil {
			return err
		}
		write := &pgx.Batch{}
		write.Queue(updateAccount, a.id[:], a.level, a.version+1, time.Now(), entry[:])
		write.Queue(insertEntry, entryRow(entry, a.id)...)
		write.Queue("COMMIT")
		return conn.SendBatch(ctx, write).Close()
	}
}

// insertEntries writes a thousand entries in one statement: the ceiling of anything that writes one row for a confirmation.
const insertEntries = `INSERT INTO entry (id, kind, partner, digest, account, outcome, reasons, fields, level_before, level_after, method, policy,
  style, certificate, means, authed_at, decided_at, dry, withdrawn, encoding, ordinal)
SELECT id, 1, 'sberbank', $2::BYTEA, account, 1, '', $3::BYTEA, 3, 4, 1, 'match/1', 'native', '1f2e3d4c5b6a7980', 1, $4::TIMESTAMPTZ,
  $4::TIMESTAMPTZ, false, NULL, 1, 0 FROM unnest($1::UUID[], $5::UUID[]) AS n(id, account)`

const insertSize = 1000

func (d *database) inserts(ctx context.Context, _ int, _ int64) error {
	ids, accounts := make([][16]byte, insertSize), make([][16]byte, insertSize)
	for i := range ids {
		ids[i], accounts[i] = uuid.New(), uuid.New()
	}
	_, err := d.pool.Exec(ctx, insertEntries, ids, make([]byte, 32), make([]byte, 24), time.Now(), accounts)
	return err
}

// reads gives a read of an entry by its key: the floor of a status read.
func (d *database) reads(ids []uuid.UUID) call {
	return func(ctx context.Context, _ int, n int64) error {
		rows, err := d.pool.Query(ctx, "SELECT * FROM entry WHERE id = $1", ids[int(n)%len(ids)][:])
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return errors.Join(rows.Err(), errors.New("an entry is not found"))
		}
		_ = rows.RawValues()
		rows.Close()
		return rows.Err()
	}
}

// entries gives the keys of some entries.
func (d *database) entries(ctx context.Context, most int) ([]uuid.UUID, error) {
	rows, err := d.pool.Query(ctx, "SELECT id FROM entry TABLESAMPLE SYSTEM (20) ORDER BY random() LIMIT $1", most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
