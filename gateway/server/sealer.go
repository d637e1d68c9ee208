package server

import (
	"context"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// runSealer seals the hours of all banks.
func (s *Server) runSealer(ctx context.Context) error {
	sealer, err := tlog.NewSealer(tlog.SealerConfig{
		Committer: s.committer,
		Reader:    s.ledger,
		Reporter:  s.ledger,
		Log:       s.ledger,
		IDs:       tlog.SealIDsOf(s.ring),
		Partners:  s.rostered,
		Clock:     s.cfg.Clock,
		Logger:    s.cfg.Logger,
		Observe:   s.observeSealing,
	})
	if err != nil {
		return err
	}
	return sealer.Run(ctx)
}

func (s *Server) rostered() []ledger.PartnerID {
	all := s.roster.All()
	ids := make([]ledger.PartnerID, len(all))
	for i := range all {
		ids[i] = ledger.PartnerID(all[i].ID)
	}
	return ids
}

func (s *Server) observeSealing(one tlog.Sealing) {
	if one.Err != nil {
		s.metrics.NotSealed()
		return
	}
	s.metrics.Sealed(one.Hour.Add(time.Hour))
}
