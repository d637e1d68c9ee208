package observe

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Sizes and times of a Buffer.
const (
	flushSize    = 64 << 10               // bytes that wait before they are written at once
	longestQueue = 4 << 20                // bytes that may wait; then Write waits as well
	flushEvery   = 100 * time.Millisecond // the longest that a line waits
)

// Buffer gathers lines and writes them in large pieces from one goroutine, because a system call for each line costs more
// than the line. A line waits at most a tenth of a second. Nothing is dropped: when the writer falls behind by 4 MiB, Write
// waits for it. A process that is killed loses what waits; one that exits calls Close.
type Buffer struct {
	out  io.Writer
	wake chan struct{} // has room for one
	done chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	room    sync.Cond // signalled when queue has shrunk
	queue   []byte
	spare   []byte // the piece last written, to be filled again
	closed  bool
	failure error // of the writer, the last one
}

// NewBuffer starts a Buffer in front of out. Close it.
func NewBuffer(out io.Writer) *Buffer {
	b := &Buffer{out: out, wake: make(chan struct{}, 1), done: make(chan struct{})}
	b.room.L = &b.mu
	go b.run()
	return b
}

var errClosed = errors.New("observe: the log is closed")

// Write takes one line. It does not keep p.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) > longestQueue && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		return 0, errClosed
	}
	first := len(b.queue) == 0
	b.queue = append(b.queue, p...)
	if first || len(b.queue) >= flushSize {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}

// Close writes what waits and ends the goroutine. It returns the last error of the writer. Later writes are refused.
func (b *Buffer) Close() error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		b.room.Broadcast()
		close(b.wake)
	}
	b.mu.Unlock()
	<-b.done
	return b.failure
}

func (b *Buffer) run() {
	defer close(b.done)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for range b.wake {
		b.gather(pause)
		b.flush()
	}
	b.flush()
}

// gather lets more lines come: until there are many, or the first has waited long enough.
func (b *Buffer) gather(pause *time.Timer) {
	b.mu.Lock()
	enough := len(b.queue) >= flushSize
	b.mu.Unlock()
	if enough {
		return
	}
	pause.Reset(flushEvery)
	select {
	case <-pause.C:
	case <-b.wake:
	}
}

func (b *Buffer) flush() {
	b.mu.Lock()
	piece := b.queue
	b.queue, b.spare = b.spare[:0], nil
	b.room.Broadcast()
	b.mu.Unlock()

	var err error
	if len(piece) > 0 {
		_, err = b.out.Write(piece)
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	if cap(piece) <= 16*flushSize {
		b.spare = piece
	}
	if err != nil {
		b.failure = err
	}
}
