package main

import "fmt"

// judge compares the figures on PostgreSQL with the goals. Rates are compared with the best rate of naive.
func (p *pgWorld) judge() {
	r := p.report
	naive, at := r.best(caseNaive), burstCallers
	naiveCPU := r.must(caseNaive, naiveCallers).databaseEach()
	ours, floor, layer := r.must(casePG, at), r.must(casePGFloor, at), r.must(caseLedger, at)
	lone := r.must(caseTwoTrips, 1).P50 + r.must(casePGFloor, 1).P50
	goals := []goal{
		{ID: "P1", What: "confirmations per s end to end, grouped / naive", Figure: max(ours.perSecond(), r.must(casePG, 256).perSecond()) / naive, Must: 2.5, Great: 3.5},
		{ID: "P2", What: "decisions per s at the ledger layer / naive", Figure: r.best(caseLedger) / naive, Must: 5, Great: 8},
		{ID: "P3", What: "confirmations per s end to end, ungrouped / naive", Figure: r.best(casePGAlone) / naive, Must: 0.9, Great: 1.2},
		{ID: "P4", What: "gateway CPU per confirmation / floor's", Figure: ratio(ours.cpuEach(), floor.cpuEach()), Must: 3.0, Great: 2.2, AtMost: true},
		{ID: "P5", What: "database CPU per confirmation / naive's", Figure: ratio(ours.databaseEach(), naiveCPU), Must: 0.25, Great: 0.13, AtMost: true},
		{ID: "P5+", What: "the same at the ledger layer", Figure: ratio(layer.databaseEach(), naiveCPU), Shown: true},
		{ID: "P8", What: "p50 of a lone confirmation / (two round trips + floor)", Figure: ratio(r.must(casePG, 1).P50, lone), Must: 1.5, Great: 1.15, AtMost: true},
		{ID: "P9", What: "p99 at 60 % of the greatest rate", Figure: milliseconds(r.must(casePGPaced, 256).P99), Unit: "ms", Must: 100, Great: 28, AtMost: true},
		{ID: "P10", What: "status reads per s / point reads", Figure: r.must(casePGStatus, statusCallers).perSecond() / r.must(caseReads, statusCallers).perSecond(), Must: 0.3, Great: 0.4},
		{ID: "P11", What: "failures that reached a caller", Figure: float64(r.errors(casePG) + r.errors(casePGAlone) + r.errors(caseLedger)), Must: 0, Great: 0, AtMost: true},
		{ID: "P11", What: "retries per transaction at the ledger layer", Figure: p.layer.retried(), Must: 0.01, Great: 0.001, AtMost: true},
	}
	for _, d := range p.sizes[1:] {
		smallest := p.sizes[0].accounts
		goals = append(goals, goal{
			ID: "P15", What: fmt.Sprintf("confirmations per s, %d / %d accounts", d.accounts, smallest),
			Figure: r.best(fmt.Sprintf(caseOfSize, d.accounts)) / r.best(fmt.Sprintf(caseOfSize, smallest)), Must: 0.8, Great: 0.95,
		})
	}
	r.Goals = append(r.Goals, append(goals,
		goal{ID: "P17", What: "accounts import, rows per s / COPY", Figure: r.best(caseImport) / r.best(caseCopy), Must: 0.3, Great: 0.6},
		goal{ID: "P17+", What: "CPU of the importing client per row", Figure: p.importer.Seconds() * 1e6 / float64(max(1, r.must(caseImport, 1).Calls)), Unit: "us", Shown: true},
		goal{ID: "group", What: "confirmations per s on PostgreSQL, grouped / ungrouped", Figure: r.best(casePG) / r.best(casePGAlone), Shown: true},
		goal{ID: "rows", What: "bare inserts, rows per s / confirmations per s at the ledger layer", Figure: r.best(caseInserts) / r.best(caseLedger), Shown: true},
		goal{ID: "fill", What: "sealing and storing accounts by COPY, for this bench", Figure: float64(p.main.accounts) / p.main.Filled.Seconds(), Unit: "per s", Shown: true},
	)...)
}

// errors counts the calls of a case that failed.
func (r *report) errors(name string) int64 {
	sum := int64(0)
	for _, one := range r.Rows {
		if one.Case == name {
			sum += one.Sample.Errors
		}
	}
	return sum
}
