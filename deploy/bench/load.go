package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// call does one operation of the given caller. n counts the operations of the whole run, from 0.
type call func(ctx context.Context, caller int, n int64) error

// errSpent is what a call answers when there is nothing left to do for now. It is no failure.
var errSpent = errors.New("nothing is left to be sent")

// sample is what one run showed, or several runs of one case.
type sample struct {
	Callers     int           `json:"callers"`
	Calls       int64         `json:"calls"`
	Errors      int64         `json:"errors"`
	FirstFail   string        `json:"firstError,omitempty"`
	Elapsed     time.Duration `json:"elapsedNanoseconds"`
	ServerCPU   time.Duration `json:"serverCpuNanoseconds"`             // of the measured process, user and system
	DatabaseCPU time.Duration `json:"databaseCpuNanoseconds,omitempty"` // of all processes of the database server
	P50         time.Duration `json:"p50Nanoseconds"`
	P99         time.Duration `json:"p99Nanoseconds"`
	ServerRSS   int64         `json:"serverRssBytes"` // after the run

	latencies *hdrhistogram.Histogram // in microseconds
}

// perSecond is the rate of good answers.
func (s *sample) perSecond() float64 {
	if s.Elapsed == 0 {
		return 0
	}
	return float64(s.Calls) / s.Elapsed.Seconds()
}

// cpuEach is the server's CPU time for one good answer.
func (s *sample) cpuEach() time.Duration { return s.each(s.ServerCPU) }

// databaseEach is the database's CPU time for one good answer.
func (s *sample) databaseEach() time.Duration { return s.each(s.DatabaseCPU) }

func (s *sample) each(cpu time.Duration) time.Duration {
	if s.Calls == 0 {
		return 0
	}
	return cpu / time.Duration(s.Calls)
}

// add joins another run of the same case.
func (s *sample) add(o sample) {
	s.Calls += o.Calls
	s.Errors += o.Errors
	if s.FirstFail == "" {
		s.FirstFail = o.FirstFail
	}
	s.Elapsed += o.Elapsed
	s.ServerCPU += o.ServerCPU
	s.DatabaseCPU += o.DatabaseCPU
	s.ServerRSS = max(s.ServerRSS, o.ServerRSS)
	if s.latencies == nil {
		s.latencies = newHistogram()
	}
	if o.latencies != nil {
		s.latencies.Merge(o.latencies)
	}
	s.P50 = time.Duration(s.latencies.ValueAtQuantile(50)) * time.Microsecond
	s.P99 = time.Duration(s.latencies.ValueAtQuantile(99)) * time.Microsecond
}

// load is one case under way.
type load struct {
	callers          int
	warmUp, duration time.Duration
	meter            meter
	one              call
	renew            func(context.Context) error // after errSpent; the time that it takes is not counted. nil: there is always something left
}

// run lets callers call back to back, after a warm-up that is not counted.
func (l load) run(ctx context.Context) (sample, error) {
	var next atomic.Int64
	sum := sample{Callers: l.callers}
	if l.warmUp > 0 {
		if _, err := drive(ctx, l.callers, l.warmUp, &next, l.one); err != nil {
			return sum, err
		}
	}
	for sum.Elapsed < l.duration {
		before, err := l.meter.read()
		if err != nil {
			return sum, err
		}
		s, err := drive(ctx, l.callers, l.duration-sum.Elapsed, &next, l.one)
		if err != nil {
			return sum, err
		}
		after, err := l.meter.read()
		if err != nil {
			return sum, err
		}
		s.ServerCPU, s.DatabaseCPU = after.server-before.server, after.database-before.database
		if s.ServerRSS, err = l.meter.rss(); err != nil {
			return sum, err
		}
		sum.add(s)
		if l.renew == nil || sum.Elapsed >= l.duration {
			break
		}
		if err := l.renew(ctx); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// drive lets callers call back to back for d, or until nothing is left.
func drive(ctx context.Context, callers int, d time.Duration, next *atomic.Int64, one call) (sample, error) {
	stop, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var all sync.WaitGroup
	each := make([]sample, callers)
	for caller := range callers {
		each[caller].latencies = newHistogram()
	}
	began := time.Now()
	for caller := range callers {
		all.Go(func() { each[caller].loop(stop, ctx, caller, next, one) })
	}
	all.Wait()
	sum := sample{Callers: callers, Elapsed: time.Since(began)}
	for _, s := range each {
		sum.add(s)
	}
	return sum, ctx.Err()
}

// loop calls until stop is over; a call under way then is finished with ctx and counted.
func (s *sample) loop(stop, ctx context.Context, caller int, next *atomic.Int64, one call) {
	for stop.Err() == nil {
		began := time.Now()
		err := one(ctx, caller, next.Add(1)-1)
		if errors.Is(err, errSpent) {
			return
		}
		s.record(time.Since(began), err)
	}
}

func (s *sample) record(took time.Duration, err error) {
	if err != nil {
		s.Errors++
		if s.FirstFail == "" {
			s.FirstFail = err.Error()
		}
		return
	}
	s.Calls++
	_ = s.latencies.RecordValue(took.Microseconds()) // out of range only beyond a minute
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Minute.Microseconds(), 2)
}
