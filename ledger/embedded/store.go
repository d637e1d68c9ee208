package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Defaults of Config.
const (
	DefaultReadConns = 4
	DefaultCacheMiB  = 16
)

// Config is what a Store needs.
type Config struct {
	Path      string           // of the file; its directory must exist. Beside it appear Path-wal, Path-shm and Path.lock
	ReadConns int              // questions answered at a time; 0 means DefaultReadConns
	CacheMiB  int              // memory for the pages that decisions touch; 0 means DefaultCacheMiB
	Clock     func() time.Time // tells which attempt counters are forgotten
	Logger    *slog.Logger     // what the background does; nil means silence
}

func (c Config) withDefaults() (Config, error) {
	if c.Path == "" {
		return c, errors.New("embedded: no path")
	}
	if c.Clock == nil {
		return c, errors.New("embedded: no clock")
	}
	if c.ReadConns < 0 || c.CacheMiB < 0 {
		return c, errors.New("embedded: a number of connections or mebibytes is negative")
	}
	if c.ReadConns == 0 {
		c.ReadConns = DefaultReadConns
	}
	if c.CacheMiB == 0 {
		c.CacheMiB = DefaultCacheMiB
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	path, err := filepath.Abs(c.Path)
	c.Path = path
	return c, err
}

// Store is the ledger in one file. It is safe for concurrent use.
type Store struct {
	cfg     Config
	lock    *fileLock
	file    *identity
	version string // of SQLite
	schema  int64  // version this binary needs

	anchor  *conn  // never used: while it is open, the files beside the database stay the same
	writers *slots // one place: transactions
	readers *slots
	folder  folder
	commit  func(*conn) error // commitNow, but in tests of what happens when it fails
	closing sync.Once
	closed  error
}

var _ ledger.Engine = (*Store)(nil)

// Open takes possession of the file at cfg.Path, creates it when there is none, and brings its schema up to date. It fails
// when another process has the file, when the file belongs to something else, and when a newer poruka wrote it.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, commit: commitNow}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("embedded: open %s: %w", cfg.Path, errors.Join(err, s.release()))
	}
	s.folder.start(s)
	return s, nil
}

func (s *Store) open() (err error) {
	if s.lock, err = lockFile(s.cfg.Path + ".lock"); err != nil {
		return err
	}
	if err := create(s.cfg.Path); err != nil {
		return err
	}
	files, err := migrations()
	if err != nil {
		return err
	}
	if s.schema, err = migrate(s.cfg.Path, files, s.cfg.Logger); err != nil {
		return err
	}
	s.writers = s.slots(1, patience, "journal_mode(wal)", "synchronous(full)", "wal_autocheckpoint(0)", "secure_delete(on)",
		fmt.Sprintf("cache_size(%d)", -1024*s.cfg.CacheMiB))
	s.readers = s.slots(s.cfg.ReadConns, patience, "query_only(on)", "cache_size(-4096)")
	s.folder.conns = s.slots(1, foldPatience, "synchronous(full)", "cache_size(-1024)")
	if s.anchor, err = dial(s.cfg.Path); err != nil {
		return err
	}
	err = s.anchor.query(func(r row) error { s.version = r.text(0); return nil },
		`select sqlite_version() from sqlite_schema`) // reads, and so opens the write-ahead log
	if err != nil {
		return err
	}
	s.file, err = identify(s.cfg.Path)
	return err
}

// slots opens connections as long as the files are still the same: a path that names nothing would get a new ledger.
func (s *Store) slots(n int, pragmas ...string) *slots {
	pragmas = append(pragmas, "temp_store(memory)")
	return newSlots(n, func() (*conn, error) {
		if err := s.file.check(); err != nil {
			return nil, err
		}
		return dial(s.cfg.Path, pragmas...)
	})
}

// Close waits for what is under way, refuses everything else with ledger.ErrUnavailable, folds the write-ahead log into the
// file and lets another process have it. Closing again changes nothing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.folder.stop()
		s.closed = s.release()
	})
	return s.closed
}

func (s *Store) release() error {
	var errs []error
	for _, conns := range []*slots{s.readers, s.folder.conns, s.writers} {
		if conns != nil {
			errs = append(errs, conns.close())
		}
	}
	if s.anchor != nil { // the last connection: closing it folds the log
		errs = append(errs, s.anchor.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

const patience = "busy_timeout(5000)" // milliseconds, with the locks of other processes
