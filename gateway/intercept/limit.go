package intercept

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners"
)

// Limits of a gRPC connection. The REST port has the same where HTTP has them.
const (
	MaxMessage  = 64 << 10 // bytes of a message
	MaxHeaders  = 16 << 10 // bytes of a call's headers
	MaxStreams  = 250      // calls at the same time on one connection
	Handshake   = 5 * time.Second
	MaxIdle     = 5 * time.Minute
	maxAge      = 30 * time.Minute
	ageGrace    = 30 * time.Second
	pingEvery   = 60 * time.Second
	pingPatient = 20 * time.Second
	minPing     = 30 * time.Second

	// streamWorkers are goroutines that wait for calls; their stacks have grown already, which saves a third of a call. Calls beyond
	// them get a goroutine each.
	streamWorkers = 64
)

// ServerOptions are the options of a gRPC server in front of the chain; its credentials are all that is missing.
func (c *Chain) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(2 * MaxMessage), // from MaxMessage on the chain refuses with a reason; beyond this gRPC does without one
		grpc.MaxHeaderListSize(MaxHeaders),
		grpc.MaxConcurrentStreams(MaxStreams),
		grpc.ConnectionTimeout(Handshake),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: MaxIdle, MaxConnectionAge: maxAge, MaxConnectionAgeGrace: ageGrace, Time: pingEvery, Timeout: pingPatient,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.WaitForHandlers(true),
		grpc.UnknownServiceHandler(func(_ any, ss grpc.ServerStream) error { return c.Unknown(ss.Context()) }),
	}
}

// deadlineStep shortens the caller's deadline to the longest allowed, and refuses a call that has too little time to be done. A stream
// may last longer: it ends with its connection at the latest.
func (c *Chain) deadlineStep() step {
	return step{
		name: "deadline",
		before: func(ctx context.Context, k *call) (context.Context, error) {
			deadline, ok := ctx.Deadline()
			left := deadline.Sub(k.began)
			if ok && left < c.config.MinDeadline {
				return nil, fault.New(fault.Deadline, fault.DeadlineOver)
			}
			if k.method.stream || ok && left <= c.config.MaxDeadline {
				return ctx, nil
			}
			ctx, k.cancel = context.WithTimeout(ctx, c.config.MaxDeadline)
			return ctx, nil
		},
		after: func(_ context.Context, k *call, err error) error {
			if k.cancel != nil {
				k.cancel()
			}
			return err
		},
	}
}

// rateStep takes a slot of the bank's limits for as long as the call lasts. The other roles are few and ours; they have none.
func (c *Chain) rateStep() step {
	return step{
		name: "rate",
		before: func(ctx context.Context, k *call) (context.Context, error) {
			if k.caller.Role != certs.RoleBank {
				return ctx, nil
			}
			release, retryAfter, ok := c.config.Limiter.Allow(partners.ID(k.caller.ID))
			if !ok {
				return nil, fault.New(fault.Exhausted, fault.RateLimit).After(retryAfter)
			}
			k.release = release
			return ctx, nil
		},
		after: func(_ context.Context, k *call, err error) error {
			if k.release != nil {
				k.release()
			}
			return err
		},
	}
}

// validateStep judges the message.
func (c *Chain) validateStep() step {
	return step{name: "validate", message: func(_ *call, m proto.Message) error { return c.config.Validator.Check(m) }}
}
