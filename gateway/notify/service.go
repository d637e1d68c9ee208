package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// Defaults of Config.
const (
	DefaultGiveUp = 72 * time.Hour
	DefaultLook   = 5 * time.Second
	DefaultLease  = 30 * time.Second
)

// Observer is told what becomes of deliveries, for metrics. Its methods must not block.
type Observer interface {
	// Tried is told of each try: DELIVERED, or the cause of the failure; and GIVEN_UP of each event that is given up.
	Tried(receiver, result string)
	// Delivered is told how long after its decision an event was delivered.
	Delivered(receiver string, after time.Duration)
	// Standing is told how many entries of the log a receiver is behind, and since when its next event fails; zero: it does not.
	Standing(receiver string, behind int64, failing time.Time)
	// Left is told that this gateway does not deliver to a receiver any more.
	Left(receiver string)
}

// Config is what a Service needs. Zero durations mean the defaults.
type Config struct {
	Feed      *Feed
	Bookmarks ledger.Bookmarks
	Ring      *seal.Ring
	Sender    Sender
	Receivers func() []string // the ids of those to whom events may be delivered now
	Observer  Observer
	Clock     func() time.Time
	Logger    *slog.Logger

	GiveUp time.Duration // how long an event fails before it is given up
	Look   time.Duration // between looks at who the receivers are and whether there is something to replay
	Lease  time.Duration // how long others leave a receiver to the gateway that delivers to it, after that was lost
}

func (c Config) withDefaults() (Config, error) {
	if c.Feed == nil || c.Bookmarks == nil || c.Ring == nil || c.Sender == nil || c.Receivers == nil || c.Observer == nil || c.Clock == nil || c.Logger == nil {
		return c, errors.New("notify: all but the durations is required")
	}
	if min(c.GiveUp, c.Look, c.Lease) < 0 {
		return c, errors.New("notify: a duration is negative")
	}
	if c.GiveUp == 0 {
		c.GiveUp = DefaultGiveUp
	}
	if c.Look == 0 {
		c.Look = DefaultLook
	}
	if c.Lease == 0 {
		c.Lease = DefaultLease
	}
	return c, nil
}

// ErrNoKey is the error of a ring without a key for events.
var ErrNoKey = errors.New("notify: the key ring has no key for events; 'poruka keys rotate event' adds one")

// Service delivers events. Make one with New and keep Run running. It is safe for concurrent use.
type Service struct {
	cfg   Config
	keys  []seal.LogKey
	self  string // names this gateway in leases; another after each start
	nudge chan struct{}

	begin atomic.Int64 // where a receiver begins of which nothing is known yet: the end of the log, when it was seen first
}

// New checks cfg. Receivers of whom nothing is known yet begin at the end of the log as the feed knows it now, and those that come later
// at the end then. It fails with ErrNoKey when nothing could be signed.
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, keys: cfg.Ring.EventKeys(), nudge: make(chan struct{}, 1)}
	if len(s.keys) == 0 {
		return nil, ErrNoKey
	}
	size, known := cfg.Feed.Size()
	if !known {
		size = none
	}
	s.begin.Store(size)
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails
	s.self = hex.EncodeToString(name[:])
	return s, nil
}

// crew are the lanes that run, by the names of their bookmarks.
type crew struct {
	all  sync.WaitGroup
	mu   sync.Mutex
	stop map[string]context.CancelFunc
}

// Run delivers until ctx ends, stores how far it is, and returns nil.
func (s *Service) Run(ctx context.Context) error {
	c := &crew{stop: map[string]context.CancelFunc{}}
	defer c.all.Wait()
	tick := time.NewTicker(s.cfg.Look)
	defer tick.Stop()
	failing := false
	for {
		err := s.look(ctx, c)
		if err != nil && !failing && ctx.Err() == nil {
			s.cfg.Logger.WarnContext(ctx, "replays of events cannot be read", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.nudge:
		}
	}
}

// look lets those deliver who should, and stops the others: whoever has left the roster is paused, and goes on from there when it is back.
func (s *Service) look(ctx context.Context, c *crew) error {
	wanted := map[string]*lane{}
	for _, id := range s.cfg.Receivers() {
		main := &lane{service: s, receiver: id}
		wanted[main.name()] = main
	}
	replays, err := s.cfg.Bookmarks.BookmarksOf(ctx, replayPrefix)
	for _, b := range replays {
		l := &lane{service: s, receiver: b.Name[len(replayPrefix):], isReplay: true}
		state, err := decodeState(b)
		if _, isKnown := wanted[mainPrefix+l.receiver]; err == nil && isKnown && !state.isOver() {
			wanted[l.name()] = l
		}
	}
	if err != nil { // those that run may go on
		for name := range c.running() {
			if _, known := wanted[name]; !known && len(name) > len(replayPrefix) && name[:len(replayPrefix)] == replayPrefix {
				wanted[name] = nil
			}
		}
	}
	c.change(ctx, wanted, s.begin.Load())
	if size, known := s.cfg.Feed.Size(); known {
		s.begin.Store(size)
	}
	return err
}

func (c *crew) running() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]bool{}
	for name := range c.stop {
		out[name] = true
	}
	return out
}

// change stops lanes that are not wanted and starts those that do not run.
func (c *crew) change(ctx context.Context, wanted map[string]*lane, begin int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, stop := range c.stop {
		if _, ok := wanted[name]; !ok {
			stop()
		}
	}
	for name, l := range wanted {
		if _, runs := c.stop[name]; runs || l == nil || ctx.Err() != nil {
			continue
		}
		l.begin = begin
		mine, stop := context.WithCancel(ctx)
		c.stop[name] = stop
		c.all.Go(func() {
			defer c.ended(name)
			l.run(mine)
		})
	}
}

// ended forgets a lane, so that it can be started again.
func (c *crew) ended(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop[name]()
	delete(c.stop, name)
}
