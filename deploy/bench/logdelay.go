package main

import (
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/poruka/poruka/ledger"
)

// watched is a ledger that measures how long each entry takes into the log, and under a signed checkpoint.
type watched struct {
	ledger.Engine

	mu       sync.Mutex
	from     int64       // position of the first of listed
	listed   []time.Time // when entries were decided that were read last
	unsigned []waiting   // in the log, by position
	logged   *hdrhistogram.Histogram
	signed   *hdrhistogram.Histogram // both in microseconds
}

// waiting is an entry in the log that is not signed yet.
type waiting struct {
	position int64
	decided  time.Time
}

func newWatched(store ledger.Engine) *watched {
	return &watched{Engine: store, logged: newHistogram(), signed: newHistogram()}
}

// forget begins anew.
func (w *watched) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unsigned = nil
	w.logged.Reset()
	w.signed.Reset()
}

// Unlogged remembers what it lists.
func (w *watched) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	entries, after, err := w.Engine.Unlogged(ctx, head, limit)
	if limit == 1 { // somebody asks only whether something is left
		return entries, after, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.from, w.listed = head.Size, w.listed[:0]
	for i := range entries {
		w.listed = append(w.listed, entries[i].DecidedAt)
	}
	return entries, after, err
}

// AdvanceLog notes what has come into the log.
func (w *watched) AdvanceLog(ctx context.Context, step ledger.LogStep) error {
	err := w.Engine.AdvanceLog(ctx, step)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || step.From.Size != w.from {
		return err
	}
	now := time.Now()
	for i := range min(int(step.To.Size-step.From.Size), len(w.listed)) {
		_ = w.logged.RecordValue(now.Sub(w.listed[i]).Microseconds()) // out of range only beyond a minute
		w.unsigned = append(w.unsigned, waiting{w.from + int64(i), w.listed[i]})
	}
	return nil
}

// AddCheckpoint notes what is signed.
func (w *watched) AddCheckpoint(ctx context.Context, size int64, root [32]byte, text []byte) error {
	err := w.Engine.AddCheckpoint(ctx, size, root, text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		return err
	}
	now, n := time.Now(), 0
	for n < len(w.unsigned) && w.unsigned[n].position < size {
		_ = w.signed.RecordValue(now.Sub(w.unsigned[n].decided).Microseconds())
		n++
	}
	w.unsigned = w.unsigned[n:]
	return nil
}

// sample gives delays as a row of the table, without a rate.
func (w *watched) sample(h *hdrhistogram.Histogram) sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sample{Callers: logCallers, Calls: h.TotalCount()}
	s.P50 = time.Duration(h.ValueAtQuantile(50)) * time.Microsecond
	s.P99 = time.Duration(h.ValueAtQuantile(99)) * time.Microsecond
	return s
}
