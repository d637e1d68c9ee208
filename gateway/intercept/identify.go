package intercept

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners"
)

// Transports, as metrics and logs name them.
const (
	transportGRPC = "grpc"
	transportREST = "rest"
)

// restInfo is the TLS state of a REST connection, as the identify step finds it. It is a type of its own and made here alone, so that
// nothing that a client sends, and no other listener, can pass for it.
type restInfo struct {
	credentials.CommonAuthInfo
	state *tls.ConnectionState
}

// AuthType names the kind of authentication.
func (restInfo) AuthType() string { return "poruka-rest" }

// FromREST gives the context of a REST request: the connection's TLS state goes to the identify step, by no other way than in process.
// state is nil for a connection without TLS, which will be refused.
func FromREST(ctx context.Context, state *tls.ConnectionState, remote net.Addr) context.Context {
	return peer.NewContext(ctx, &peer.Peer{Addr: remote, AuthInfo: restInfo{state: state}})
}

// identifyStep finds out who is calling, anew for every call: connections outlive revocation.
func (c *Chain) identifyStep() step {
	return step{name: "identify", before: func(ctx context.Context, k *call) (context.Context, error) {
		state, ok := connectionState(ctx)
		if !ok {
			return nil, fault.New(fault.Unauthenticated, fault.CertificateInvalid)
		}
		caller, err := c.config.Identifier.Check(*state)
		if err != nil {
			return nil, identityFault(err)
		}
		k.caller, k.identified, k.label = caller, true, string(caller.Role)
		return access.WithCaller(ctx, caller), nil
	}}
}

// connectionState finds the TLS state of the connection that the call came on.
func connectionState(ctx context.Context) (*tls.ConnectionState, bool) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, false
	}
	switch info := p.AuthInfo.(type) {
	case credentials.TLSInfo:
		return &info.State, true
	case restInfo:
		return info.state, info.state != nil
	default:
		return nil, false
	}
}

// transportOf tells on which port the call came.
func transportOf(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		if _, rest := p.AuthInfo.(restInfo); rest {
			return transportREST
		}
	}
	return transportGRPC
}

func identityFault(err error) error {
	switch {
	case errors.Is(err, certs.ErrRevoked):
		return fault.Wrap(fault.Unauthenticated, fault.CertificateRevoked, err)
	case errors.Is(err, certs.ErrExpired):
		return fault.Wrap(fault.Unauthenticated, fault.CertificateExpired, err)
	case errors.Is(err, certs.ErrRevocationUnknown):
		return fault.Wrap(fault.Unavailable, fault.RevocationUnknown, err)
	default:
		return fault.Wrap(fault.Unauthenticated, fault.CertificateInvalid, err)
	}
}

// authorizeStep asks the access table and, for a bank, whether it may call now.
func (c *Chain) authorizeStep() step {
	return step{name: "authorize", before: func(ctx context.Context, k *call) (context.Context, error) {
		if k.method == c.unknown {
			return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
		}
		if !c.config.Access.Allows(k.method.name, k.caller.Role) {
			return nil, fault.New(fault.Denied, fault.AccessDenied)
		}
		if k.caller.Role == certs.RoleBank {
			bank, err := c.config.Banks.Check(partners.ID(k.caller.ID))
			if err != nil {
				return nil, err
			}
			k.label = string(bank.ID)
		}
		return ctx, nil
	}}
}
