package server

import (
	"context"

	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// openOrders opens the use case of orders.
func (s *Server) openOrders(context.Context, *closers) (err error) {
	s.orders, err = order.New(order.Config{
		Committer: s.committer, Reader: s.ledger, Ring: s.ring, Directory: s.roster, Banks: s.banks, Confirm: s.confirm, Clock: s.cfg.Clock,
		Puller: s.puller(), Decided: s.metrics.Outcome, Failed: s.pullFailed,
	})
	return err
}

// puller asks the banks for the data of orders.
func (s *Server) puller() order.Puller {
	if s.cfg.Puller != nil {
		return s.cfg.Puller
	}
	return pull{clients: s.endpoints, dialects: style.Standard(), clock: s.cfg.Clock}
}

func (s *Server) pullFailed(ctx context.Context, bank partners.ID, reason error) {
	s.cfg.Logger.WarnContext(ctx, "the data of an order could not be pulled", "bank", string(bank), "error", detail(reason))
}
