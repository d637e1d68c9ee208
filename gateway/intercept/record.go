package intercept

import (
	"context"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/wire"
)

// RequestIDHeader is the header of an answer that tells its request id. An error has it in the trailer, which is one frame less to send.
const RequestIDHeader = "x-request-id"

// recoverStep names the place of what run does itself: a panic in any step or handler becomes the error INTERNAL.
func (c *Chain) recoverStep() step { return step{name: "recover"} }

// requestIDStep gives the call its id, always one of our own: with a caller's, two calls could share a line of the log.
func (c *Chain) requestIDStep() step {
	return step{
		name: "request_id",
		before: func(ctx context.Context, k *call) (context.Context, error) {
			k.id = newRequestID(k.began)
			k.transport = transportOf(ctx)
			if k.method.stream {
				k.tell(ctx, grpc.SetHeader)
			}
			return ctx, nil
		},
		after: func(ctx context.Context, k *call, err error) error {
			switch {
			case k.method.stream:
			case err == nil:
				k.tell(ctx, grpc.SetHeader)
			default:
				k.tell(ctx, grpc.SetTrailer)
			}
			return err
		},
	}
}

// tell sends the id to the caller.
func (k *call) tell(ctx context.Context, set func(context.Context, metadata.MD) error) {
	_ = set(ctx, metadata.MD{RequestIDHeader: []string{k.id}}) // fails when the connection is gone
}

// metricsStep counts the call.
func (c *Chain) metricsStep() step {
	return step{
		name: "metrics",
		before: func(ctx context.Context, k *call) (context.Context, error) {
			k.method.meter.Began(k.transport)
			return ctx, nil
		},
		after: func(_ context.Context, k *call, err error) error {
			k.method.meter.Ended(observe.Call{
				Transport: k.transport, Code: wire.CodeName(k.code), Reason: string(k.reason()), Caller: k.label,
				Duration: c.config.Clock().Sub(k.began),
			})
			return err
		},
	}
}

// reason tells why the call was refused or failed; empty when it was not.
func (k *call) reason() fault.Reason {
	if k.fault == nil {
		return ""
	}
	return k.fault.Reason
}

// logStep writes one line for the call. The handler is asked itself: a logger would look up the line of this file for every call.
func (c *Chain) logStep() step {
	handler := c.config.Logger.Handler()
	return step{name: "log", after: func(ctx context.Context, k *call, err error) error {
		level := levelOf(k)
		audited := k.audited && c.config.Audit == nil
		if !audited && !handler.Enabled(ctx, level) {
			return err
		}
		now := c.config.Clock()
		record := slog.NewRecord(now, level, "call", 0)
		attrs := k.attrs(make([]slog.Attr, 0, mostAttrs))
		attrs = append(attrs, slog.Int64("duration_us", now.Sub(k.began).Microseconds()))
		if audited {
			attrs = k.auditAttrs(ctx, attrs)
		}
		if level >= slog.LevelWarn && k.fault.Unwrap() != nil {
			attrs = append(attrs, slog.Any("error", k.fault.Unwrap()))
		}
		if k.stack != nil {
			attrs = append(attrs, slog.String("stack", string(k.stack)))
		}
		record.AddAttrs(attrs...)
		_ = handler.Handle(ctx, record) // there is nowhere to tell that the log cannot be written
		return err
	}}
}

// mostAttrs is how many attributes a line can have; the list then needs no memory of its own.
const mostAttrs = 16

// attrs appends the facts of a call that log and audit share.
func (k *call) attrs(list []slog.Attr) []slog.Attr {
	return append(list,
		slog.String("request_id", k.id), slog.String("method", k.method.name), slog.String("transport", k.transport),
		slog.String("role", string(k.caller.Role)), slog.String("bank", k.caller.ID),
		slog.String("code", wire.CodeName(k.code)), slog.String("reason", string(k.reason())),
	)
}

// levelOf: what is the caller's doing is information, what needs a look is a warning, a defect is an error.
func levelOf(k *call) slog.Level {
	switch k.code {
	case codes.Internal:
		return slog.LevelError
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unavailable, codes.DeadlineExceeded:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// wireStep makes the status of the call. No other code does.
func (c *Chain) wireStep() step {
	return step{name: "wire", after: func(ctx context.Context, k *call, err error) error {
		if err == nil {
			return nil
		}
		k.know(err)
		return wire.Status(k.fault, language(ctx), k.id).Err()
	}}
}

// know keeps what an error means.
func (k *call) know(err error) {
	if k.fault == nil && err != nil {
		k.fault = wire.FaultOf(err)
		k.code = wire.Code(k.fault.Kind)
	}
}

// language is what the caller asks for in the header accept-language.
func language(ctx context.Context) wire.Language {
	if values := metadata.ValueFromIncomingContext(ctx, "accept-language"); len(values) == 1 {
		return wire.LanguageOf(values[0])
	}
	return wire.English
}

// auditStep writes down every refusal and every call of staff: who, by which certificate, from where, and how far it got. Without a
// logger of its own for that, it is part of the call's line, which is then written whatever the level.
func (c *Chain) auditStep() step {
	return step{name: "audit", after: func(ctx context.Context, k *call, err error) error {
		k.know(err)
		k.audited = err != nil || staff(k.caller.Role)
		if !k.audited || c.config.Audit == nil {
			return err
		}
		record := slog.NewRecord(c.config.Clock(), slog.LevelInfo, "audit", 0)
		record.AddAttrs(k.auditAttrs(ctx, k.attrs(make([]slog.Attr, 0, mostAttrs)))...)
		_ = c.config.Audit.Handler().Handle(ctx, record) // as for the log
		return err
	}}
}

// auditAttrs appends what the audit tells beyond the log.
func (k *call) auditAttrs(ctx context.Context, list []slog.Attr) []slog.Attr {
	from := ""
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		from = p.Addr.String()
	}
	return append(list,
		slog.Bool("audit", true), slog.String("serial", k.caller.Serial), slog.Bool("identified", k.identified),
		slog.Bool("reached", k.reached), slog.String("peer", from),
	)
}

// staff are people, or scripts of people, who look at what is recorded or change who may call.
func staff(role certs.Role) bool { return role == certs.RoleCompliance || role == certs.RoleOperator }
