package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// call does one operation of the given caller. n counts the operations of the whole run, from 0.
type call func(ctx context.Context, caller int, n int64) error

// sample is what one run showed.
type sample struct {
	Callers   int           `json:"callers"`
	Calls     int64         `json:"calls"`
	Errors    int64         `json:"errors"`
	FirstFail string        `json:"firstError,omitempty"`
	Elapsed   time.Duration `json:"elapsedNanoseconds"`
	ServerCPU time.Duration `json:"serverCpuNanoseconds"` // of the measured process, user and system
	P50       time.Duration `json:"p50Nanoseconds"`
	P99       time.Duration `json:"p99Nanoseconds"`
	ServerRSS int64         `json:"serverRssBytes"` // after the run
}

// perSecond is the rate of good answers.
func (s sample) perSecond() float64 {
	if s.Elapsed == 0 {
		return 0
	}
	return float64(s.Calls) / s.Elapsed.Seconds()
}

// cpuEach is the server's CPU time for one good answer.
func (s sample) cpuEach() time.Duration {
	if s.Calls == 0 {
		return 0
	}
	return s.ServerCPU / time.Duration(s.Calls)
}

// closedLoop lets callers call back to back for d, after a warm-up that is not counted, and watches the server's CPU.
func closedLoop(ctx context.Context, server *process, callers int, warmUp, d time.Duration, one call) (sample, error) {
	var next atomic.Int64
	if _, _, err := drive(ctx, callers, warmUp, &next, one); err != nil {
		return sample{}, err
	}
	before, err := server.cpu()
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	s, histogram, err := drive(ctx, callers, d, &next, one)
	if err != nil {
		return sample{}, err
	}
	s.Callers, s.Elapsed = callers, time.Since(began)
	after, err := server.cpu()
	if err != nil {
		return sample{}, err
	}
	s.ServerCPU = after - before
	s.ServerRSS, err = server.rss()
	s.P50 = time.Duration(histogram.ValueAtQuantile(50)) * time.Microsecond
	s.P99 = time.Duration(histogram.ValueAtQuantile(99)) * time.Microsecond
	return s, err
}

func drive(ctx context.Context, callers int, d time.Duration, next *atomic.Int64, one call) (sample, *hdrhistogram.Histogram, error) {
	stop, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		sum  sample
		hist = newHistogram()
	)
	for caller := range callers {
		all.Go(func() {
			s, h := loop(stop, ctx, caller, next, one)
			mu.Lock()
			defer mu.Unlock()
			sum.Calls += s.Calls
			sum.Errors += s.Errors
			if sum.FirstFail == "" {
				sum.FirstFail = s.FirstFail
			}
			hist.Merge(h)
		})
	}
	all.Wait()
	return sum, hist, ctx.Err()
}

// loop calls until stop is over; a call under way then is finished with ctx and counted.
func loop(stop, ctx context.Context, caller int, next *atomic.Int64, one call) (sample, *hdrhistogram.Histogram) {
	var s sample
	h := newHistogram()
	for stop.Err() == nil {
		began := time.Now()
		if err := one(ctx, caller, next.Add(1)-1); err != nil {
			s.Errors++
			if s.FirstFail == "" {
				s.FirstFail = err.Error()
			}
			continue
		}
		s.Calls++
		_ = h.RecordValue(time.Since(began).Microseconds()) // out of range only beyond a minute
	}
	return s, h
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Minute.Microseconds(), 3)
}
