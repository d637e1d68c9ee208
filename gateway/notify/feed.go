package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// Ledger is what a Feed reads.
type Ledger interface {
	ledger.Reader
	ledger.Reporter
	ledger.Log
}

// Defaults of FeedConfig.
const (
	DefaultEvery = time.Second
	DefaultKept  = 4096
)

// lookTimeout bounds one look at the head of the log.
const lookTimeout = 10 * time.Second

// FeedConfig is what a Feed needs. Zero numbers mean the defaults.
type FeedConfig struct {
	Ledger Ledger
	Ring   *seal.Ring // tells which entry is an order
	Logger *slog.Logger
	Every  time.Duration // between looks at the head of the log, when nobody wakes it
	Kept   int           // entries at the end of the log that are kept in memory, for all who follow it
}

func (c FeedConfig) withDefaults() (FeedConfig, error) {
	if c.Ledger == nil || c.Ring == nil || c.Logger == nil {
		return c, errors.New("notify: a feed needs a ledger, a ring and a logger")
	}
	if c.Every < 0 || c.Kept < 0 {
		return c, errors.New("notify: a limit is negative")
	}
	if c.Every == 0 {
		c.Every = DefaultEvery
	}
	if c.Kept == 0 {
		c.Kept = DefaultKept
	}
	return c, nil
}

// Recorded is an entry at its position in the log.
type Recorded struct {
	Position int64
	Entry    ledger.Entry
	Order    ledger.Order // of an order and of its cancellation
	Code     string       // of the order, as the portal was told it; empty when the ring has its key no more
}

// Feed reads the log for all who follow it: one look at its head, and one reading of what is new, whatever their number. Make one with
// NewFeed and keep Run running. It is safe for concurrent use.
type Feed struct {
	cfg  FeedConfig
	wake chan struct{} // holds one when somebody says that the log has grown

	mu    sync.Mutex
	head  ledger.LogHead
	known bool
	grown chan struct{} // closed when the head changes

	turn chan struct{} // holds one while somebody reads on at the end
	end  tail
}

// NewFeed checks cfg.
func NewFeed(cfg FeedConfig) (*Feed, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Feed{cfg: cfg, wake: make(chan struct{}, 1), grown: make(chan struct{}), turn: make(chan struct{}, 1)}, nil
}

// Run looks at the head of the log until ctx ends, and then returns nil.
func (f *Feed) Run(ctx context.Context) error {
	tick := time.NewTicker(f.cfg.Every)
	defer tick.Stop()
	failing := false
	for {
		_, err := f.Refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			f.cfg.Logger.WarnContext(ctx, "the head of the log cannot be read: events wait", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-f.wake:
		}
	}
}

// Wake says that the log may have grown. It never blocks.
func (f *Feed) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Refresh looks at the head of the log now.
func (f *Feed) Refresh(ctx context.Context) (ledger.LogHead, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	head, err := f.cfg.Ledger.LogHead(ctx)
	if err != nil {
		return ledger.LogHead{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known || head.Size > f.head.Size {
		f.head, f.known = head, true
		close(f.grown)
		f.grown = make(chan struct{})
	}
	return f.head, nil
}

// Size is how many entries the log has, as far as is known; false before the first look.
func (f *Feed) Size() (int64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head.Size, f.known
}

// Grown gives a channel that is closed when the log grows. Ask for it before reading, so that nothing is missed.
func (f *Feed) Grown() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.grown
}

func (f *Feed) at() (ledger.LogHead, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head, f.known
}
