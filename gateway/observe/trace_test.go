package observe

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestTracing(t *testing.T) {
	none, err := NewTracing(t.Context(), TracingConfig{})
	if err != nil || none.Tracer() != nil || none.Close(t.Context()) != nil {
		t.Errorf("without an endpoint: %v", err)
	}
	if _, err := NewTracing(t.Context(), TracingConfig{Endpoint: "localhost:1", Ratio: 2}); err == nil {
		t.Error("a ratio of 2 was taken")
	}
	for ratio, want := range map[float64]int{0: 0, 1: 1} {
		exporter := tracetest.NewInMemoryExporter()
		tracing := tracingTo(exporter, TracingConfig{Ratio: ratio})
		_, span := tracing.Tracer().Start(context.Background(), "call")
		span.End()
		if err := tracing.provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(exporter.GetSpans()); got != want {
			t.Errorf("ratio %v: %d spans, want %d", ratio, got, want)
		}
		if err := tracing.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// An endpoint that nobody listens on must not hold the start or the end up.
func TestTracingWithoutAListener(t *testing.T) {
	tracing, err := NewTracing(t.Context(), TracingConfig{Endpoint: "127.0.0.1:1", Insecure: true, Ratio: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracing.Tracer().Start(context.Background(), "call")
	span.End()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := tracing.Close(ctx); err == nil {
		t.Error("the loss of traces was not told")
	}
}
