package main

import "time"

// judge compares the figures of one engine with the goals.
func (l *logWorld) judge() {
	at := func(name string) *sample {
		callers := 1
		switch name {
		case caseWith, caseWithout, caseLinked, caseLogged, caseSigned:
			callers = logCallers
		}
		return l.report.must(l.named(name), callers)
	}
	with, linked, without := at(caseWith), at(caseLinked), at(caseWithout)
	l.add(
		goal{ID: "P14", What: "confirmations per s that the log costs", Figure: 100 * (1 - with.perSecond()/without.perSecond()), Unit: "%", Must: 10, Great: 3, AtMost: true},
		goal{ID: "P14+", What: "the same of links and receipts alone", Figure: 100 * (1 - linked.perSecond()/without.perSecond()), Unit: "%", Shown: true},
		goal{ID: "P14+", What: "CPU per confirmation that the log costs, that of the database too", Figure: dearer(with, without), Unit: "%", Shown: true},
		goal{ID: "P14+", What: "the same of links and receipts alone", Figure: dearer(linked, without), Unit: "%", Shown: true},
	)
	l.add(
		goal{ID: "log", What: "p99 from the decision into the log, at full load", Figure: at(caseLogged).P99.Seconds(), Unit: "s", Must: 2, Great: 2, AtMost: true},
		goal{ID: "log", What: "p99 from the decision under a signed checkpoint, at full load", Figure: at(caseSigned).P99.Seconds(), Unit: "s", Must: 2, Great: 2, AtMost: true},
		goal{ID: "log", What: "entries into the log from a backlog / confirmations at full load", Figure: at(caseBacklog).perSecond() / with.perSecond(), Shown: true},
		goal{ID: "log", What: "audit verify, rows per second of CPU", Figure: perCore(at(caseVerify)), Unit: "per s", Must: 100_000, Great: 100_000},
		goal{ID: "log", What: "ledger fsck, entries per s", Figure: at(caseFsck).perSecond(), Unit: "per s", Shown: true},
		goal{ID: "log", What: "proof of inclusion, p99", Figure: milliseconds(at(caseProof).P99), Unit: "ms", Shown: true},
	)
	if l.server == nil {
		return
	}
	made, copied := at(caseExport), at(caseCopyOut)
	l.add(
		goal{ID: "P12", What: "CSV report, rows per s / COPY", Figure: made.perSecond() / copied.perSecond(), Must: 0.6, Great: 0.8},
		goal{ID: "P12+", What: "CPU of a row of a report, database and ours / of COPY", Figure: ratio(made.cpuEach()+made.databaseEach(), copied.cpuEach()+copied.databaseEach()), Shown: true},
		goal{ID: "P12", What: "memory of a report over idle", Figure: float64(l.exportMemory) / (1 << 20), Unit: "MiB", Must: 64, Great: 32, AtMost: true},
	)
}

// dearer is by how many per cent one confirmation takes more CPU time.
func dearer(a, b *sample) float64 {
	return 100 * (ratio(a.cpuEach()+a.databaseEach(), b.cpuEach()+b.databaseEach()) - 1)
}

// add adds goals under the name of the engine.
func (l *logWorld) add(goals ...goal) {
	for _, g := range goals {
		g.What = l.named(g.What)
		l.report.Goals = append(l.report.Goals, g)
	}
}

// perCore is the rate for each second of CPU time, of all threads.
func perCore(s *sample) float64 {
	return float64(s.Calls) / max(s.ServerCPU, time.Microsecond).Seconds()
}
