//go:build unix

package embedded_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
)

// openForBench opens a ledger of 10,000 accounts, or of as many as PORUKA_BENCH_ACCOUNTS says; in a file of its own, or in
// that which PORUKA_BENCH_FILE names, which is kept and used again.
func openForBench(b *testing.B) (s *embedded.Store, path string, accounts int) {
	b.Helper()
	accounts = 10_000
	if text := os.Getenv("PORUKA_BENCH_ACCOUNTS"); text != "" {
		var err error
		if accounts, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	if path = os.Getenv("PORUKA_BENCH_FILE"); path == "" {
		path = filepath.Join(b.TempDir(), "ledger")
	}
	s = openAt(b, path)
	status, err := s.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if status.Accounts == 0 {
		fill(b, s, accounts)
	}
	return s, path, accounts
}

// report gives the rate, and the processor time that each took: the one depends on what else the machine does, the other
// hardly.
func report(b *testing.B, what string, before time.Duration) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func BenchmarkTransact(b *testing.B) {
	s, _, accounts := openForBench(b)
	var n atomic.Int64
	n.Store(rand.Int64N(1 << 60))
	for _, size := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("group=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for left := b.N; left > 0; left -= size {
				var keys ledger.Keys
				decisions := make([]func(*ledger.View) error, min(size, left))
				for i := range decisions {
					var more ledger.Keys
					more, decisions[i] = confirmation(rand.IntN(accounts), int(n.Add(1)))
					keys.Add(more)
				}
				err := s.Transact(b.Context(), keys, func(v *ledger.View) error {
					for _, decide := range decisions {
						if err := v.Try(decide); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			report(b, "decisions", before)
		})
	}
}

func BenchmarkImport(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "ledger"))
	before := processorTime(b)
	fill(b, s, b.N)
	report(b, "accounts", before)
}

func BenchmarkOpen(b *testing.B) {
	s, path, _ := openForBench(b)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := openAt(b, path)
		if _, err := s.Status(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReport reads entries in pages of 1,000, as an export does, and sums up the month.
func BenchmarkReport(b *testing.B) {
	s, _, _ := openForBench(b)
	status, err := s.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("summary of %d", status.Entries), func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Summary(b.Context(), ledger.Filter{From: time.Now().Add(-30 * 24 * time.Hour)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("entries", func(b *testing.B) {
		page := ledger.Page{Limit: 1000}
		for left := b.N; left > 0; left -= 1000 {
			_, next, err := s.Entries(b.Context(), ledger.Filter{Partner: "bank-07"}, page)
			if err != nil {
				b.Fatal(err)
			}
			page.After = next
		}
	})
}

func BenchmarkAccountBySNILS(b *testing.B) {
	s, _, accounts := openForBench(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.AccountBySNILS(b.Context(), spread(rand.IntN(accounts), 3)); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkCommitter lets 64 callers wait for one decision each, as a gateway does.
func BenchmarkCommitter(b *testing.B) {
	s, _, accounts := openForBench(b)
	var groups, grouped atomic.Int64
	c, err := group.New(group.Config{Ledger: s, Clock: time.Now, Observe: func(g group.Group) {
		groups.Add(1)
		grouped.Add(int64(g.Size))
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close(b.Context()) })
	var n atomic.Int64
	n.Store(rand.Int64N(1 << 60))
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	before := processorTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			keys, decide := confirmation(rand.IntN(accounts), int(n.Add(1)))
			if _, err := group.Do(b.Context(), c, "sberbank", keys, func(v *ledger.View) (struct{}, error) { return struct{}{}, decide(v) }); err != nil {
				b.Error(err)
			}
		}
	})
	report(b, "decisions", before)
	b.ReportMetric(float64(grouped.Load())/float64(groups.Load()), "decisions/group")
}
