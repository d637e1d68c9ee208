package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// paced sends rate calls a second, whether or not earlier ones have been answered, up to the given number of callers. Latency counts from
// the moment at which a call was due: who waits for a free caller waits all the same.
func paced(ctx context.Context, callers int, rate float64, d time.Duration, one call) (sample, error) {
	var (
		next atomic.Int64
		all  sync.WaitGroup
		each = make([]sample, callers)
	)
	began := time.Now()
	for caller := range callers {
		s := &each[caller]
		s.latencies = newHistogram()
		all.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				due := time.Duration(float64(n) / rate * float64(time.Second))
				if due > d {
					return
				}
				time.Sleep(time.Until(began.Add(due)))
				err := one(ctx, caller, n)
				if errors.Is(err, errSpent) {
					return
				}
				s.record(time.Since(began.Add(due)), err)
			}
		})
	}
	all.Wait()
	sum := sample{Callers: callers, Elapsed: time.Since(began)}
	for _, s := range each {
		sum.add(s)
	}
	return sum, ctx.Err()
}
