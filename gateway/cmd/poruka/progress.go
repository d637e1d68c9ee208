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
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine: it turns when something is set
		)
	}
	return p
}

// start says that done were done, up to place, before this run began.
func (p *progress) start(done, place int64) { p.first, p.done, p.place = done, done, place }

// set tells that done units are done, and that the task is at place on the way to its total.
func (p *progress) set(done, place int64) {
	p.done, p.place = done, place
	now := p.clock()
	if p.bar != nil {
		p.bar.Describe(p.text(now))
		_ = p.bar.Set64(place) // a terminal that has gone away must not end the task
		return
	}
	if now.Sub(p.told) >= linePace {
		p.told = now
		p.s.notef("%s%s", p.text(now), p.share(now))
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

// share tells the part that is done and when the rest will be, as far as the pace so far tells.
func (p *progress) share(now time.Time) string {
	if p.total <= 0 || p.place <= 0 {
		return ""
	}
	text := fmt.Sprintf(", %d %%", p.place*100/p.total)
	if left := p.total - p.place; left > 0 {
		text += fmt.Sprintf(", %s left", elapsed(time.Duration(float64(now.Sub(p.begin))*float64(left)/float64(p.place))))
	}
	return text
}
