package stage

import (
	"bytes"
	"maps"
	"sync"
)

// tape is what the gateways log.
type tape struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

// String is everything so far.
func (t *tape) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func (t *tape) rewind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.Reset()
}

// tally counts faults by name.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func newTally() *tally { return &tally{n: map[string]int{}} }

func (t *tally) add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[name]++
}

func (t *tally) counts() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}
