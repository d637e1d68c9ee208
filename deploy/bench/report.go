package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

// row is one measured case.
type row struct {
	Case   string `json:"case"`
	Sample sample `json:"sample"`
	// Floor is the baseline of the same run that the case is compared with; empty for baselines.
	Floor string `json:"floor,omitempty"`
}

// goal is one line of the project's goals. A figure is a ratio unless its unit says otherwise.
type goal struct {
	ID     string  `json:"id"`
	What   string  `json:"what"`
	Figure float64 `json:"figure"`
	Unit   string  `json:"unit,omitempty"`
	Must   float64 `json:"must"`
	Great  float64 `json:"great"`
	AtMost bool    `json:"atMost"` // the figure should be at most the bounds, not at least
	Shown  bool    `json:"shown"`  // shown for comparison; there is no bound
}

func (g goal) verdict() string {
	reached := func(bound float64) bool {
		if g.AtMost {
			return g.Figure <= bound
		}
		return g.Figure >= bound
	}
	switch {
	case g.Shown:
		return ""
	case reached(g.Great):
		return "great"
	case reached(g.Must):
		return "must"
	default:
		return "MISSED"
	}
}

// report is all that one run of the bench measured.
type report struct {
	Began    time.Time  `json:"began"`
	CPUs     int        `json:"cpus"`
	Go       string     `json:"go"`
	Accounts []int      `json:"accounts"` // on PostgreSQL
	Embedded int        `json:"embeddedAccounts"`
	Rows     []row      `json:"rows"`
	Start    startFacts `json:"start"`
	Goals    []goal     `json:"goals"`
}

// add adds what one run of a case showed to what earlier ones did.
func (r *report) add(one row) {
	for i := range r.Rows {
		if r.Rows[i].Case == one.Case && r.Rows[i].Sample.Callers == one.Sample.Callers {
			r.Rows[i].Sample.add(one.Sample)
			return
		}
	}
	r.Rows = append(r.Rows, one)
}

// scale is for calls that stand for several rows.
func (r *report) scale(name string, callers int, rows int64) {
	for i := range r.Rows {
		if r.Rows[i].Case == name && r.Rows[i].Sample.Callers == callers {
			r.Rows[i].Sample.Calls *= rows
		}
	}
}

// sampleOf finds a measured case; nil when there is none.
func (r *report) sampleOf(name string, callers int) *sample {
	for i := range r.Rows {
		if one := &r.Rows[i]; one.Case == name && one.Sample.Callers == callers {
			return &one.Sample
		}
	}
	return nil
}

// print writes the tables for people.
func (r *report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tcallers\tper s\tp50 ms\tp99 ms\tserver CPU us\tdatabase CPU us\tx rate\tx CPU\tRSS MiB\terrors\t")
	for _, one := range r.Rows {
		s := one.Sample
		rate, cpu := "", ""
		if floor := r.sampleOf(one.Floor, s.Callers); floor != nil && floor.Calls > 0 && s.Calls > 0 {
			rate = fmt.Sprintf("%.2f", s.perSecond()/floor.perSecond())
			cpu = fmt.Sprintf("%.2f", float64(s.cpuEach())/float64(floor.cpuEach()))
		}
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.0f\t%.0f\t%s\t%s\t%.0f\t%d\t\n", one.Case, s.Callers, s.perSecond(),
			milliseconds(s.P50), milliseconds(s.P99), float64(s.cpuEach())/1e3, float64(s.databaseEach())/1e3, rate, cpu,
			float64(s.ServerRSS)/(1<<20), s.Errors)
	}
	_ = w.Flush()
	for _, one := range r.Rows {
		if one.Sample.Errors > 0 {
			fmt.Fprintf(out, "%s, %d callers: the first error: %s\n", one.Case, one.Sample.Callers, one.Sample.FirstFail)
		}
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "goal\twhat\tfigure\tmust\tgreat\t")
	for _, g := range r.Goals {
		bound := ">="
		if g.AtMost {
			bound = "<="
		}
		if g.Shown {
			fmt.Fprintf(w, "%s\t%s\t%.3g %s\t\t\t\n", g.ID, g.What, g.Figure, g.Unit)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%.3g %s\t%s %g\t%s %g\t%s\n", g.ID, g.What, g.Figure, g.Unit, bound, g.Must, bound, g.Great, g.verdict())
	}
	_ = w.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// writeJSON keeps the figures for comparison with another run.
func (r *report) writeJSON(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
