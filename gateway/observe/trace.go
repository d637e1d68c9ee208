package observe

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TracingConfig says where traces go.
type TracingConfig struct {
	Endpoint string  // OTLP over gRPC, host:port; empty: no traces
	Insecure bool    // plain text; otherwise TLS with the roots of the system
	Ratio    float64 // share of calls traced, 0 to 1
	Version  string  // of the gateway
}

// Validate reports what is wrong.
func (c TracingConfig) Validate() error {
	if c.Ratio < 0 || c.Ratio > 1 {
		return errors.New("observe: the ratio of traces lies between 0 and 1")
	}
	return nil
}

// Tracing sends traces in the background. The zero value sends none.
type Tracing struct {
	provider *sdktrace.TracerProvider
	exporter sdktrace.SpanExporter
}

// NewTracing prepares to send traces; without an endpoint it sends none. An endpoint that cannot be reached does not hold calls up:
// their traces are lost.
func NewTracing(ctx context.Context, config TracingConfig) (*Tracing, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Endpoint == "" {
		return &Tracing{}, nil
	}
	options := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(config.Endpoint)}
	if config.Insecure {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	exporter, err := otlptracegrpc.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("observe: traces: %w", err)
	}
	return tracingTo(exporter, config), nil
}

func tracingTo(exporter sdktrace.SpanExporter, config TracingConfig) *Tracing {
	about := resource.NewSchemaless(attribute.String("service.name", "poruka"), attribute.String("service.version", config.Version))
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.TraceIDRatioBased(config.Ratio)),
		sdktrace.WithResource(about),
	)
	return &Tracing{provider: provider, exporter: exporter}
}

// Tracer gives what makes spans; nil when no traces are sent.
func (t *Tracing) Tracer() trace.Tracer {
	if t.provider == nil {
		return nil
	}
	return t.provider.Tracer("github.com/poruka/poruka/gateway")
}

// Close sends what waits, until ctx ends.
func (t *Tracing) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		_ = t.exporter.Shutdown(ctx) // ends what is still being sent
		return fmt.Errorf("observe: traces: %w", err)
	}
	return nil
}
