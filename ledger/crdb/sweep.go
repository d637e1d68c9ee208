package crdb

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// sweeper removes counters that are out of memory: they say what a missing one says. CockroachDB does it by itself.
type sweeper struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

const (
	sweepEvery = time.Hour
	sweepRows  = 5000
)

func startSweeper(s *Store) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	w := &sweeper{cancel: cancel}
	if s.dialect.sweep == "" {
		return w
	}
	w.done.Go(func() {
		for pause(ctx, sweepEvery) == nil {
			if _, err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "expired attempt counters were not removed", "error", err)
			}
		}
	})
	return w
}

func (w *sweeper) stop() {
	w.cancel()
	w.done.Wait()
}

// sweep removes expired counters in small steps and tells how many. Those that a decision holds are left for the next time.
func (s *Store) sweep(ctx context.Context) (removed int64, err error) {
	for {
		var n int64
		text := fmt.Sprintf(s.dialect.sweep, sweepRows)
		err := s.report(ctx, s.reports, "sweep", text, [][]byte{instant(s.cfg.Clock().Add(-time.Hour))}, func(*row) { n++ })
		removed += n
		if err != nil || n < sweepRows {
			return removed, err
		}
	}
}
