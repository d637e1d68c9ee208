package intercept

import (
	"context"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners"
)

// Recheck tells whether the caller of a stream may still call: its certificate may have expired or been revoked, and a bank may have
// been suspended, since the stream began. ctx is that of a handler behind the chain. The error is a fault.
func (c *Chain) Recheck(ctx context.Context) error {
	state, ok := connectionState(ctx)
	if !ok {
		return fault.New(fault.Unauthenticated, fault.CertificateInvalid)
	}
	caller, err := c.config.Identifier.Check(*state)
	if err != nil {
		return identityFault(err)
	}
	if caller.Role != certs.RoleBank {
		return nil
	}
	_, err = c.config.Banks.Check(partners.ID(caller.ID))
	return err
}

// Caller tells who is at the other end of the connection that ctx came on, before the steps or after them. ok is false when nobody is
// known there. It says nothing of what the caller may do.
func (c *Chain) Caller(ctx context.Context) (caller certs.Caller, ok bool) {
	state, ok := connectionState(ctx)
	if !ok {
		return certs.Caller{}, false
	}
	caller, err := c.config.Identifier.Check(*state)
	return caller, err == nil
}
