package server

import (
	"context"
	"errors"

	"github.com/poruka/poruka/gateway/banks"
)

var (
	errDraining    = errors.New("shutting down")
	errSuspensions = errors.New("the suspensions of banks are not known well enough; calls of banks are refused")
)

func (s *Server) checkLedger(ctx context.Context) error {
	err := s.ledger.Ping(ctx)
	s.metrics.LedgerUp(err == nil)
	return err
}

func (s *Server) checkSuspensions(context.Context) error {
	if age, ok := s.banks.Age(); !ok || age > banks.DefaultMaxAge {
		return errSuspensions
	}
	return nil
}

func (s *Server) checkDraining(context.Context) error {
	select {
	case <-s.drained:
		return errDraining
	default:
		return nil
	}
}
