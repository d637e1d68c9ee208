package main

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressInAPipe(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&streams{Err: &out}, "import", "rows", 1000)
	p.clock = func() time.Time { return now }
	p.begin, p.told = now, now
	step := func(seconds, done, place int64) {
		now = time.Unix(seconds, 0)
		p.set(done, place)
	}
	step(1, 10, 100) // too early for a line
	step(5, 50, 500)
	step(9, 60, 600)
	step(10, 100, 1000)
	p.finish()
	want := "import: 50 rows, 10/s, 50 %, 5s left\nimport: 100 rows, 10/s, 100 %\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestProgressOfAResumedTaskTellsThePaceOfThisRun(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&streams{Err: &out}, "import", "rows", 1000)
	p.clock, p.begin, p.told = func() time.Time { return now }, now, now
	p.resume(50)
	now = time.Unix(10, 0)
	p.set(75, 750)
	if want := "import: 75 rows, 2/s, 75 %, 10s left\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestProgressWithoutAnEnd(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&streams{Err: &out}, "report", "bytes", -1)
	p.clock, p.begin, p.told = func() time.Time { return now }, now, now
	now = time.Unix(10, 0)
	p.set(20480, 20480)
	if want := "report: 20 480 bytes, 2 048/s\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1 000", -1000: "-1 000", -100: "-100", 1234567: "1 234 567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
