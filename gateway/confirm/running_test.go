package confirm

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func TestRunning(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	later := now.Add(10 * time.Second)
	a, b, c := ledger.EntryID{1}, ledger.EntryID{2}, ledger.EntryID{3}
	r := running{most: 2, requests: map[ledger.EntryID]mark{}}
	if !r.enter(a, now) || !r.enter(a, now) || !r.enter(b, now) || r.enter(c, now) {
		t.Fatal("two requests of three must find a place")
	}
	r.leave(a, time.Time{}, now)
	if !r.has(a, now) {
		t.Error("a request that another caller waits for is not running")
	}
	r.leave(a, time.Time{}, now)
	if r.has(a, now) {
		t.Error("a settled request is running")
	}
	r.leave(b, later, now)
	if !r.has(b, now) || r.has(b, later) {
		t.Error("a request whose outcome is open must run until its time is over, and no longer")
	}
	if !r.enter(c, now) || r.enter(a, now) {
		t.Error("a fading request has lost its place, or given it up too early")
	}
	if !r.enter(a, later) || len(r.requests) != 2 || r.fading != 0 {
		t.Errorf("what has faded keeps its place: %d marks, %d fading", len(r.requests), r.fading)
	}
	r.leave(a, later.Add(time.Second), later)
	if !r.enter(a, later) || r.fading != 0 {
		t.Error("a repeat of a fading request does not take its place over")
	}
	r.leave(a, time.Time{}, later.Add(time.Second))
	r.leave(c, time.Time{}, later)
	if len(r.requests) != 0 || r.fading != 0 {
		t.Errorf("%d marks and %d fading are left", len(r.requests), r.fading)
	}
}
