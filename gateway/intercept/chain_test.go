package intercept

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestOrderIsChecked(t *testing.T) {
	right := make([]step, 0, len(Order()))
	for _, name := range Order() {
		right = append(right, step{name: name})
	}
	if err := inOrder(right, Order()); err != nil {
		t.Error(err)
	}
	swapped := append([]step(nil), right...)
	swapped[3], swapped[8] = swapped[8], swapped[3]
	if err := inOrder(swapped, Order()); err == nil {
		t.Error("steps in another order were taken")
	}
	if err := inOrder(right[:11], Order()); err == nil {
		t.Error("a missing step was not noticed")
	}
}

// What sees refusals must stand outside of what refuses.
func TestRecordsStandOutsideOfDecisions(t *testing.T) {
	place := map[string]int{}
	for i, name := range Order() {
		place[name] = i
	}
	for _, outer := range []string{"recover", "metrics", "log", "wire", "audit"} {
		for _, inner := range []string{"identify", "authorize", "deadline", "rate", "validate"} {
			if place[outer] > place[inner] {
				t.Errorf("%s stands inside of %s", outer, inner)
			}
		}
	}
	if place["identify"] > place["authorize"] || place["authorize"] > place["rate"] || place["rate"] > place["validate"] {
		t.Error("work is done for a caller that has not been let in")
	}
}

func TestConfigNeedsItsParts(t *testing.T) {
	_, err := New(Config{MinDeadline: -1})
	if err == nil {
		t.Fatal("an empty configuration was taken")
	}
	for _, part := range []string{"Access", "Identifier", "Banks", "Limiter", "Validator", "Metrics", "Logger", "Clock", "negative"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named in: %v", part, err)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	now := time.UnixMilli(0x0192_8a3e_7d1c)
	seen := map[string]bool{}
	for range 1000 {
		id := newRequestID(now)
		if !form.MatchString(id) || !strings.HasPrefix(id, "01928a3e-7d1c-") || seen[id] {
			t.Fatalf("request id %s", id)
		}
		seen[id] = true
	}
}

func BenchmarkRequestID(b *testing.B) {
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		_ = newRequestID(now)
	}
}
