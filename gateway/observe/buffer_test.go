package observe_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink counts what a Buffer writes.
type sink struct {
	mu     sync.Mutex
	data   bytes.Buffer
	writes int
	err    error
	hold   chan struct{} // when not nil, a write waits for it
}

func (s *sink) Write(p []byte) (int, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	s.data.Write(p)
	return len(p), s.err
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data.String()
}

func TestLinesAreGatheredAndNoneIsLost(t *testing.T) {
	const writers, lines = 8, 2000
	out := &sink{}
	b := observe.NewBuffer(out)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range lines {
				if _, err := fmt.Fprintf(b, "%d %d\n", w, n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	next := [writers]int{}
	for line := range strings.Lines(out.text()) {
		var w, n int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &n); err != nil || n != next[w] {
			t.Fatalf("line %q, want %d of writer %d (%v)", line, next[w], w, err)
		}
		next[w]++
	}
	for w, n := range next {
		if n != lines {
			t.Errorf("writer %d: %d lines of %d", w, n, lines)
		}
	}
	if out.writes > writers*lines/10 {
		t.Errorf("%d writes for %d lines", out.writes, writers*lines)
	}
}

func TestALoneLineDoesNotWaitLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		b := observe.NewBuffer(out)
		if _, err := b.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(101 * time.Millisecond)
		synctest.Wait()
		if out.text() != "line\n" {
			t.Errorf("after 101 ms %q is written", out.text())
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestASlowSinkHoldsTheWriterUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{hold: make(chan struct{})}
		b := observe.NewBuffer(out)
		line := bytes.Repeat([]byte("x"), 1<<20)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 16 {
				if _, err := b.Write(line); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Error("16 MiB were taken by a sink that writes nothing")
		default:
		}
		close(out.hold)
		<-done
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if len(out.text()) != 16<<20 {
			t.Errorf("%d bytes were written", len(out.text()))
		}
	})
}

func TestClose(t *testing.T) {
	broken := errors.New("disk full")
	b := observe.NewBuffer(&sink{err: broken})
	if _, err := b.Write([]byte("line\n")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Close(); !errors.Is(err, broken) {
			t.Errorf("Close gives %v, want the sink's error", err)
		}
	}
	if _, err := b.Write([]byte("late\n")); err == nil {
		t.Error("a line was taken after Close")
	}
}

func BenchmarkBuffer(b *testing.B) {
	buffer := observe.NewBuffer(&discard{})
	line := bytes.Repeat([]byte("x"), 280)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = buffer.Write(line)
		}
	})
	if err := buffer.Close(); err != nil {
		b.Fatal(err)
	}
}

type discard struct{}

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
