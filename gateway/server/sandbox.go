package server

import (
	"context"
	"errors"
)

// errSandboxKeys stops a sandbox whose ledger may be a real one: its persons would stand in it.
var errSandboxKeys = errors.New("a sandbox needs keys made for development; serve with --no-sandbox")

// openSandbox puts the accounts of the sandbox into the ledger, if this is one.
func (s *Server) openSandbox(ctx context.Context, _ *closers) error {
	if !s.cfg.IsSandbox() {
		return nil
	}
	put, changed, err := s.portal.PutSandbox(ctx)
	s.sandboxed = int64(put)
	if changed > 0 {
		s.cfg.Logger.Info("accounts of the sandbox put as they should be", "accounts", changed)
	}
	return err
}
