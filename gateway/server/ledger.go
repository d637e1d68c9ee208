package server

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
)

// On a database server two transactions of one gateway run at a time: while one commits the next is decided. Small groups need more of
// them; some connections are left for reads.
const (
	fewestWriters = 2
	mostWriters   = 12
	decidedAtOnce = 128
)

func serverWriters(groupSize int) int {
	return max(fewestWriters, min(mostWriters, decidedAtOnce/groupSize))
}

// OpenLedger opens the store that the settings name. On a database server the schema must have been made: see crdb.Migrate.
func OpenLedger(ctx context.Context, c config.Config, clock func() time.Time, logger *slog.Logger) (ledger.Engine, error) {
	if path, ok := c.SQLitePath(); ok {
		return embedded.Open(embedded.Config{Path: filepath.Clean(path), Clock: clock, Logger: logger})
	}
	return crdb.Open(ctx, crdb.Config{URL: c.DatabaseURL, Clock: clock, Logger: logger})
}

func (s *Server) openLedger(ctx context.Context, c *closers) (err error) {
	if !s.isEmbedded() {
		if err := s.ensureSchema(ctx); err != nil {
			return err
		}
	}
	if s.ledger, err = OpenLedger(ctx, s.cfg.Config, s.cfg.Clock, s.cfg.Logger); err != nil {
		return err
	}
	c.add("ledger", s.ledger.Close)
	return s.ledger.Ping(ctx)
}

func (s *Server) isEmbedded() bool {
	_, ok := s.cfg.SQLitePath()
	return ok
}

func (s *Server) openCommitter(_ context.Context, c *closers) (err error) {
	writers := 1
	if !s.isEmbedded() {
		writers = serverWriters(s.cfg.Limits.GroupSize)
	}
	s.committer, err = group.New(group.Config{
		Ledger:   s.ledger,
		MaxGroup: s.cfg.Limits.GroupSize,
		MaxQueue: s.cfg.Limits.QueueLength,
		Writers:  writers,
		Clock:    s.cfg.Clock,
		Observe:  s.observeGroup,
		Scribe:   func() group.Scribe { return tlog.NewScribe(s.ring, s.log.receipts) },
	})
	if err != nil {
		return err
	}
	c.add("committer", s.closeCommitter)
	return nil
}

// closeCommitter finishes what waits. It may be called twice.
func (s *Server) closeCommitter() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Limits.DrainPatience)
	defer cancel()
	return s.committer.Close(ctx)
}

// ensureSchema makes the schema for a newcomer. In production that is an operator's decision.
func (s *Server) ensureSchema(ctx context.Context) error {
	if !s.cfg.Dev {
		return nil
	}
	return crdb.Migrate(ctx, s.cfg.DatabaseURL)
}
