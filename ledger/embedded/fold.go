package embedded

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	foldEvery  = 200 * time.Millisecond
	sweepEvery = time.Minute
	// foldAt is the length of the write-ahead log, in pages not yet in the file, at which it is folded: the longer, the
	// fewer times a page is written, and the longer a start after a crash takes.
	foldAt = 32768
	// shrinkAt is the length in pages at which the log is cut off, so that a burst does not keep the disk.
	shrinkAt = 4 * foldAt
	// foldPatience bounds how long decisions wait for questions that read the log, in milliseconds.
	foldPatience = "busy_timeout(25)"
)

// folder copies the write-ahead log into the file in the background, so that no decision has to, and forgets old attempts
// and what was erased.
type folder struct {
	conns *slots
	dirty atomic.Bool
	// erased: what the log holds of an account has been destroyed since the log was cut off last.
	erased atomic.Bool
	quit   chan struct{}
	done   chan struct{}
	swept  []byte // where the sweep goes on
}

func (f *folder) start(s *Store) {
	f.quit, f.done, f.swept = make(chan struct{}), make(chan struct{}), []byte{0}
	go func() {
		defer close(f.done)
		f.run(s)
	}()
}

func (f *folder) stop() {
	close(f.quit)
	<-f.done
}

// noted tells that the log has grown.
func (f *folder) noted() { f.dirty.Store(true) }

func (f *folder) run(s *Store) {
	folds, sweeps := time.NewTicker(foldEvery), time.NewTicker(sweepEvery)
	defer folds.Stop()
	defer sweeps.Stop()
	for {
		var err error
		select {
		case <-f.quit:
			return
		case <-folds.C:
			switch {
			case f.erased.Load():
				err = s.scour()
			case f.dirty.Swap(false):
				err = s.fold(foldAt, shrinkAt)
			}
		case <-sweeps.C:
			err = s.sweep()
		}
		if err != nil {
			s.cfg.Logger.Error("the ledger's housekeeping failed", "error", err)
		}
	}
}

// fold empties the log when at least so many pages wait in it, and cuts its file off when it has grown to shrink. Most of it is copied while decisions go on, the rest while
// they stand still, so that the next one finds nothing to wait and begins the log anew. It must be the decisions'
// connection that does so: from any other, it would take it as a change and forget its pages.
func (s *Store) fold(atLeast, shrink int64) error {
	return s.folder.conns.use(context.Background(), func(c *conn) error {
		length, waiting, err := checkpoint(c, `pragma wal_checkpoint(noop)`)
		if err != nil || waiting < atLeast {
			return err
		}
		if _, _, err = checkpoint(c, `pragma wal_checkpoint(passive)`); err != nil {
			return err
		}
		rest := `pragma wal_checkpoint(passive)`
		if length >= shrink {
			rest = `pragma wal_checkpoint(truncate)`
		}
		return s.writers.use(context.Background(), func(*conn) error {
			_, _, err := checkpoint(c, rest)
			return err
		})
	})
}

// scour cuts the log off, so that no older page in it holds what an erasure has destroyed. While readers are in the way it is left
// for the next time.
func (s *Store) scour() error {
	s.folder.erased.Store(false) // first: an erasure that comes now asks anew
	cut := false
	err := s.folder.conns.use(context.Background(), func(c *conn) error {
		if _, _, err := checkpoint(c, `pragma wal_checkpoint(passive)`); err != nil {
			return err
		}
		return s.writers.use(context.Background(), func(*conn) error {
			return c.query(func(r row) error { cut = r.int(0) == 0; return nil }, `pragma wal_checkpoint(truncate)`)
		})
	})
	if !cut {
		s.folder.erased.Store(true)
	}
	return err
}

// checkpoint gives the length of the log, and how much of it is not in the file, both in pages. That readers were in the
// way is no error: the next time will do.
func checkpoint(c *conn, pragma string) (length, waiting int64, err error) {
	err = c.query(func(r row) error {
		length, waiting = r.int(1), r.int(1)-r.int(2)
		return nil
	}, pragma)
	return length, waiting, err
}

// sweep forgets what is old in the next stretch of the attempt counters.
func (s *Store) sweep() error {
	return s.writers.use(context.Background(), func(c *conn) error {
		next, err := sweep(c, s.folder.swept, s.cfg.Clock())
		if s.folder.swept = next; next == nil {
			s.folder.swept = []byte{0}
		}
		return err
	})
}
