package main

import (
	"context"
	"os"
	"time"
)

// judgedAt is the number of callers at which CPU times are compared; the nearest measured one is taken.
const judgedAt = 64

// startFacts are what a start and an idle gateway cost.
type startFacts struct {
	BinaryBytes int64         `json:"binaryBytes"`
	Start       time.Duration `json:"startToReadyNanoseconds"` // with the accounts of the run
	IdleRSS     int64         `json:"idleRssBytes"`
}

// idle is how long a started gateway is left alone before its memory is read.
const idle = 3 * time.Second

// measureStart starts the gateway on the full ledger and looks at it idle.
func measureStart(ctx context.Context, w *world, r *report) error {
	info, err := os.Stat(w.Binary)
	if err != nil {
		return err
	}
	server, err := w.startGateway(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idle):
	}
	rss, err := server.rss()
	if err != nil {
		return err
	}
	r.Start = startFacts{BinaryBytes: info.Size(), Start: server.Ready, IdleRSS: rss}
	return server.stop()
}

// judge compares the figures with the goals.
func (r *report) judge() {
	at := r.nearest(judgedAt)
	floor, confirmed := r.must(caseFloorGRPC, at), r.must(caseGRPC, at)
	engine := r.must(caseEngine, at)
	r.Goals = append(r.Goals, []goal{
		{
			ID: "P4", What: "gateway CPU per confirmation / floor's, the engine's own CPU taken off",
			Figure: ratio(confirmed.cpuEach()-engine.cpuEach(), floor.cpuEach()), Must: 3.0, Great: 2.2, AtMost: true,
		},
		{
			ID: "P4+", What: "the same with the embedded engine inside",
			Figure: ratio(confirmed.cpuEach(), floor.cpuEach()), AtMost: true, Shown: true,
		},
		{
			ID: "P6", What: "refused at validation: CPU / floor's",
			Figure: ratio(r.must(caseRefused, at).cpuEach(), floor.cpuEach()), Must: 1.8, Great: 1.5, AtMost: true,
		},
		{
			ID: "P7", What: "REST CPU - gRPC CPU / the same difference of the floor",
			Figure: ratio(r.must(caseREST, at).cpuEach()-confirmed.cpuEach(), r.must(caseFloorREST, at).cpuEach()-floor.cpuEach()),
			Must:   1.3, Great: 1.0, AtMost: true,
		},
		{ID: "P16", What: "confirmations per s end to end / engine alone, grouped", Figure: r.best(caseGRPC) / r.best(caseEngine), Must: 0.5, Great: 0.75},
		{ID: "group", What: "confirmations per s, grouped / ungrouped", Figure: r.best(caseGRPC) / r.best(caseUngrouped), Shown: true},
		{ID: "P18", What: "binary", Figure: float64(r.Start.BinaryBytes) / 1e6, Unit: "MB", Must: 60, Great: 40, AtMost: true},
		{ID: "P18", What: "start to ready", Figure: r.Start.Start.Seconds(), Unit: "s", Must: 2, Great: 0.5, AtMost: true},
		{ID: "P18", What: "idle memory", Figure: float64(r.Start.IdleRSS) / (1 << 20), Unit: "MiB", Must: 80, Great: 40, AtMost: true},
	}...)
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// nearest is the measured number of callers that is closest to wanted.
func (r *report) nearest(wanted int) int {
	best := 0
	for _, one := range r.Rows {
		if distance(one.Sample.Callers, wanted) < distance(best, wanted) {
			best = one.Sample.Callers
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// must finds a case that has been measured at that number of callers.
func (r *report) must(name string, callers int) *sample {
	if found := r.sampleOf(name, callers); found != nil {
		return found
	}
	return &sample{}
}

// best is the greatest rate of a case.
func (r *report) best(name string) float64 {
	best := 0.0
	for _, one := range r.Rows {
		if one.Case == name {
			best = max(best, one.Sample.perSecond())
		}
	}
	return best
}
