package crdb

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// The benchmarks run against one durable private server, with PORUKA_BENCH_ACCOUNTS accounts (10,000). Read them as ratios to
// «naive»: one SERIALIZABLE transaction for each confirmation, with the four obvious statements.
//
//	go test -run '^$' -bench Confirmations -benchtime 5s ./ledger/crdb

type bench struct {
	server   *postgres.Server
	store    *Store
	accounts int
	turn     atomic.Int64
	mu       sync.Mutex
	told     []Transaction
}

func newBench(b *testing.B) *bench {
	s := &bench{server: postgres.StartPrivate(b, postgres.Config{Durable: true, Settings: map[string]string{"max_wal_size": "4GB"}}), accounts: 10_000}
	if n, err := strconv.Atoi(os.Getenv("PORUKA_BENCH_ACCOUNTS")); err == nil {
		s.accounts = n
	}
	url := s.server.NewDatabase(b)
	must(b, Migrate(b.Context(), url))
	store, err := Open(b.Context(), Config{URL: url, RequestConns: 64, AcquireTimeout: 30 * time.Second, Observe: s.observe})
	must(b, err)
	b.Cleanup(func() { must(b, store.Close()) })
	s.store = store
	s.fill(b)
	return s
}

func (s *bench) observe(t Transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, t)
}

func benchSNILS(n int) (i ledger.Index) {
	// Spread like a digest.
	r := rand.NewPCG(uint64(n), 1)
	for k := 0; k < 32; k += 8 {
		binary.BigEndian.PutUint64(i[k:], r.Uint64())
	}
	return i
}

func (s *bench) fill(b *testing.B) {
	const step = 1000
	for from := 0; from < s.accounts; from += step {
		must(b, s.store.Transact(b.Context(), ledger.Keys{}, func(v *ledger.View) error {
			for n := from; n < min(from+step, s.accounts); n++ {
				a := fullAccount(0)
				a.SNILS, a.Phone = benchSNILS(n), benchSNILS(-n-1)
				copy(a.ID[:], a.SNILS[16:])
				a.Profile.WrappedKey, a.Profile.Box = make([]byte, 64), make([]byte, 500)
				v.PutAccount(a)
			}
			return nil
		}))
	}
	_, err := s.store.requests.Exec(b.Context(), "VACUUM ANALYZE")
	must(b, err)
	_, err = s.store.requests.Exec(b.Context(), "CHECKPOINT")
	must(b, err)
}

func randomEntry(partner ledger.PartnerID) ledger.Entry {
	e := fullEntry(0)
	for k := 0; k < 16; k += 8 {
		binary.BigEndian.PutUint64(e.ID[k:], rand.Uint64())
	}
	e.Partner, e.Reasons, e.Withdrawn, e.DryRun = partner, nil, ledger.EntryID{}, false
	e.Fields = make([]ledger.FieldResult, 12)
	return e
}

// customer takes the accounts in turn, in random places: two banks rarely confirm one customer in the same millisecond.
func (s *bench) customer() ledger.Index { return benchSNILS(int(s.turn.Add(1)) % s.accounts) }

// confirmation is what a group runs: the keys of a bank's confirmation, and a decision that finds, raises and records.
func (s *bench) confirmation() (ledger.Keys, func(*ledger.View) error) {
	snils, e := s.customer(), randomEntry("sberbank")
	keys := ledger.Keys{
		Entries: []ledger.EntryID{e.ID}, SNILS: []ledger.Index{snils},
		Attempts: []ledger.AttemptKey{{Subject: snils, Partner: "sberbank"}, {Subject: snils}},
	}
	return keys, func(v *ledger.View) error {
		if _, exists := v.Entry(e.ID); exists {
			return errors.New("exists")
		}
		a, ok := v.AccountBySNILS(snils)
		if !ok {
			return ledger.ErrNotFound
		}
		a.Level, a.Method, a.ConfirmedBy, a.ConfirmedAt, a.Confirmation = ledger.LevelConfirmed, ledger.MethodBank, "sberbank", moment, e.ID
		a.Version++
		e.Account, e.DecidedAt = a.ID, time.Now()
		v.PutAccount(a)
		v.AddEntry(e)
		return nil
	}
}

// group runs size confirmations in one transaction.
func (s *bench) group(ctx context.Context, size int) error {
	var keys ledger.Keys
	decisions := make([]func(*ledger.View) error, size)
	for i := range decisions {
		k, decide := s.confirmation()
		keys.Add(k)
		decisions[i] = decide
	}
	return s.store.Transact(ctx, keys, func(v *ledger.View) error {
		for _, decide := range decisions {
			if err := v.Try(decide); err != nil {
				return err
			}
		}
		return nil
	})
}

// run calls do from callers until b.N confirmations are done, size at a time, and reports rates and costs.
func (s *bench) run(b *testing.B, callers, size int, do func(context.Context) error) {
	s.told = nil
	var left atomic.Int64
	left.Store(int64(b.N))
	var failed atomic.Int64
	before, err := s.server.CPU()
	must(b, err)
	b.ResetTimer()
	begin := time.Now()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-int64(size)) > -int64(size) {
				if err := do(context.Background()); err != nil {
					failed.Add(1)
					b.Log(err)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	b.StopTimer()
	after, err := s.server.CPU()
	must(b, err)
	done := float64((b.N + size - 1) / size * size)
	b.ReportMetric(done/took.Seconds(), "confirmations/s")
	b.ReportMetric(float64((after-before).Microseconds())/done, "db-us/confirmation")
	b.ReportMetric(float64(failed.Load()), "failed")
	if n := len(s.told); n > 0 {
		retries := 0
		for _, t := range s.told {
			retries += t.Attempts - 1
		}
		b.ReportMetric(float64(retries)/float64(n), "retries/transaction")
	}
	b.ReportMetric(0, "ns/op")
}

func BenchmarkConfirmations(b *testing.B) {
	s := newBench(b)
	b.Run("naive/c=32", func(b *testing.B) { s.run(b, 32, 1, s.naive(b)) })
	b.Run("lone/c=1", func(b *testing.B) { s.run(b, 1, 1, func(ctx context.Context) error { return s.group(ctx, 1) }) })
	b.Run("lone/c=32", func(b *testing.B) { s.run(b, 32, 1, func(ctx context.Context) error { return s.group(ctx, 1) }) })
	for _, writers := range []int{1, 2} {
		for _, size := range []int{10, 64, 100} {
			b.Run("group="+strconv.Itoa(size)+"/writers="+strconv.Itoa(writers), func(b *testing.B) {
				s.run(b, writers, size, func(ctx context.Context) error { return s.group(ctx, size) })
			})
		}
	}
	b.Run("insert-only=100/writers=1", func(b *testing.B) { s.run(b, 1, 100, s.insertOnly) })
}

// insertOnly is the ceiling: entries alone, nothing looked up, nothing raised.
func (s *bench) insertOnly(ctx context.Context) error {
	return s.store.Transact(ctx, ledger.Keys{}, func(v *ledger.View) error {
		for range 100 {
			v.AddEntry(randomEntry("sberbank"))
		}
		return nil
	})
}

// naive is a transaction as one would write it.
func (s *bench) naive(b *testing.B) func(context.Context) error {
	pool, err := pgxpool.New(b.Context(), s.store.cfg.URL+"&pool_max_conns=32")
	must(b, err)
	b.Cleanup(pool.Close)
	return func(ctx context.Context) error {
		for {
			err := s.naiveOnce(ctx, pool)
			var told *pgconn.PgError
			if !errors.As(err, &told) || told.Code != "40001" {
				return err
			}
		}
	}
}

func (s *bench) naiveOnce(ctx context.Context, pool *pgxpool.Pool) error {
	snils, e := s.customer(), randomEntry("sberbank")
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM entry WHERE id = $1", e.ID[:]).Scan(&n); err != nil {
			return err
		}
		var id [16]byte
		var level int16
		var box []byte
		err := tx.QueryRow(ctx, "SELECT id, level, box FROM account WHERE snils = $1 FOR UPDATE", snils[:]).Scan(&id, &level, &box)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO entry ("+entryColumns+`, ordinal) VALUES
  ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 0)`,
			e.ID[:], int16(e.Kind), string(e.Partner), e.Digest[:], id[:], int16(e.Outcome), "", make([]byte, 24), int16(e.Before),
			int16(e.After), int16(e.Method), e.Policy, e.Style, e.Serial, int16(e.Means), e.AuthedAt, time.Now(), e.DryRun, nil, int16(1), nil, nil, e.Link.Previous[:], e.Mark[:])
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE account SET level = 4, method = 1, version = version + 1, confirmed_by = $2, confirmed_at = $3,
  confirmation = $4, updated_at = $3 WHERE id = $1`, id[:], string(e.Partner), time.Now(), e.ID[:])
		return err
	})
}

// BenchmarkEntries reads all entries in pages, as an export does. Compare with COPY.
func BenchmarkEntries(b *testing.B) {
	s := &bench{server: postgres.StartPrivate(b, postgres.Config{})}
	url := s.server.NewDatabase(b)
	must(b, Migrate(b.Context(), url))
	s.store = openAt(b, url, nil)
	const entries = 200_000
	fill(b, s.store, entries)
	for _, size := range []int{500, 5000} {
		b.Run("page="+strconv.Itoa(size), func(b *testing.B) {
			for b.Loop() {
				head, err := s.store.Head(b.Context())
				must(b, err)
				page, n := ledger.Page{Until: head, Limit: size}, 0
				for more := true; more; more = page.After != "" {
					list, next, err := s.store.Entries(b.Context(), ledger.Filter{}, page)
					must(b, err)
					n, page.After = n+len(list), next
				}
				if n != entries {
					b.Fatalf("%d entries", n)
				}
			}
			b.ReportMetric(entries*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	b.Run("copy", func(b *testing.B) {
		conn, err := s.store.reports.Acquire(b.Context())
		must(b, err)
		defer conn.Release()
		for b.Loop() {
			_, err := conn.Conn().PgConn().CopyTo(b.Context(), io.Discard, "COPY entry TO STDOUT (FORMAT csv)")
			must(b, err)
		}
		b.ReportMetric(entries*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
