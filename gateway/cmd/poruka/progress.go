package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Pace of progress: a bar moves, a log gets a line.
const (
	barPace  = 100 * time.Millisecond
	linePace = 5 * time.Second
)

// progress tells people how far a long task is: a bar on a terminal, a line now and then anywhere else. It writes to Err.
type progress struct {
	s     *streams
	what  string
	unit  string
	bar   *progressbar.ProgressBar
	clock func() time.Time
	begin time.Time
	told  time.Time
	done  int64
	first int64 // done before this run began
	total int64
	place int64
}

// newProgress begins. total is the place at which the task ends; -1 when nobody knows.
func newProgress(s *streams, what, unit string, total int64) *progress {
	p := &progress{s: s, what: what, unit: unit, clock: time.Now, total: total}
	p.begin = p.clock()
	p.told = p.begin
	if s.ErrTerminal {
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(s.Err),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(barPace),
			progressbar.OptionSetPredictTime(false), // ours knows of what was done before
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine: it turns when something is set
		)
	}
	return p
}

// resume says that done units were done before this run began.
func (p *progress) resume(done int64) { p.first, p.done = done, done }

// set tells that done units are done, and that the task is at place on the way to its total.
func (p *progress) set(done, place int64) {
	p.done, p.place = done, place
	now := p.clock()
	if p.bar != nil {
		p.bar.Describe(p.text(now) + p.left(now))
		_ = p.bar.Set64(place) // a terminal that has gone away must not end the task
		return
	}
	if now.Sub(p.told) >= linePace {
		p.told = now
		share := ""
		if p.total > 0 {
			share = fmt.Sprintf(", %d %%", place*100/p.total)
		}
		p.s.notef("%s%s%s", p.text(now), share, p.left(now))
	}
}

// finish leaves the terminal in order.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.s.Err)
	}
}

func (p *progress) text(now time.Time) string {
	text := fmt.Sprintf("%s: %s %s", p.what, thousands(p.done), p.unit)
	if seconds := now.Sub(p.begin).Seconds(); seconds > 0 {
		text += fmt.Sprintf(", %s/s", thousands(int64(float64(p.done-p.first)/seconds)))
	}
	return text
}

// left tells when the rest will be done if the pace of this run lasts; nothing while there is no telling.
func (p *progress) left(now time.Time) string {
	fresh := p.done - p.first
	if p.total <= p.place || fresh <= 0 {
		return ""
	}
	went := float64(p.place) * float64(fresh) / float64(p.done) // the part of the way that this run went
	rest := time.Duration(float64(now.Sub(p.begin)) * float64(p.total-p.place) / went)
	return fmt.Sprintf(", %s left", elapsed(rest))
}
