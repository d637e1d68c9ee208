package intercept

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/poruka/poruka/gateway/wire"
)

// traceStep makes one span of the call. It is a new trace, linked to the caller's: whether a call is traced is our decision, and a
// caller must not fill our store. Attributes are names of ours, never what was sent.
func (c *Chain) traceStep() step {
	if c.config.Tracer == nil {
		return step{name: "trace"}
	}
	return step{
		name: "trace",
		before: func(ctx context.Context, k *call) (context.Context, error) {
			options := []trace.SpanStartOption{
				trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(k.began),
				trace.WithAttributes(attribute.String("rpc.system", "grpc"), attribute.String("poruka.transport", k.transport)),
			}
			if remote := remoteSpan(ctx); remote.IsValid() {
				options = append(options, trace.WithLinks(trace.Link{SpanContext: remote}))
			}
			inner, span := c.config.Tracer.Start(ctx, strings.TrimPrefix(k.method.name, "/"), options...) //nolint:spancheck // ended below
			k.span = span
			return inner, nil //nolint:spancheck // ended below
		},
		after: func(_ context.Context, k *call, err error) error {
			if k.span.IsRecording() {
				k.span.SetAttributes(
					attribute.String("poruka.request_id", k.id), attribute.String("poruka.caller", k.label),
					attribute.String("rpc.response.status_code", wire.CodeName(k.code)), attribute.String("poruka.reason", string(k.reason())),
				)
				if k.code == codes.Internal || k.code == codes.Unavailable {
					k.span.SetStatus(otelcodes.Error, string(k.reason()))
				}
			}
			k.span.End(trace.WithTimestamp(c.config.Clock()))
			return err
		},
	}
}

// remoteSpan reads the caller's traceparent (W3C Trace Context); what is malformed is not there.
func remoteSpan(ctx context.Context) trace.SpanContext {
	values := metadata.ValueFromIncomingContext(ctx, "traceparent")
	if len(values) != 1 {
		return trace.SpanContext{}
	}
	carrier := propagation.MapCarrier{"traceparent": values[0]}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}
