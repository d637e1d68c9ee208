package intercept_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/ledger"
)

// One call is one line, whatever becomes of it; what the caller sent is not in it.
func TestLines(t *testing.T) {
	d := chaintest.New(t)
	var result error
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		if result != nil {
			return nil, result
		}
		return confirmed(ctx, r)
	}
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	for _, c := range []struct {
		err                 error
		code, reason, level string
		cause               string
	}{
		{nil, "OK", "", "INFO", ""},
		{fault.New(fault.Precondition, fault.RequestIDReused), "FAILED_PRECONDITION", "REQUEST_ID_REUSED", "INFO", ""},
		{
			fault.Wrap(fault.Unavailable, fault.LedgerUnavailable, fmt.Errorf("%w: no route to host", ledger.ErrUnavailable)),
			"UNAVAILABLE", "LEDGER_UNAVAILABLE", "WARN", "no route to host",
		},
		{fmt.Errorf("duplicate key (%s)", canarySNILS), "INTERNAL", "INTERNAL", "ERROR", "duplicate key"},
	} {
		result = c.err
		d.Log.Take()
		var header, trailer metadata.MD
		_, err := client.ConfirmIdentity(t.Context(), request(), grpc.Header(&header), grpc.Trailer(&trailer))
		l := lines(t, d, "call", 1)[0]
		if l.Code != c.code || l.Reason != c.reason || l.Level != c.level || !strings.Contains(l.Error, c.cause) ||
			l.Method != confirmMethod || l.Transport != "grpc" || l.Bank != "vtb" || l.Role != "bank" || l.Duration == nil {
			t.Errorf("%v is logged as %+v", c.err, l)
		}
		if ids := metadata.Join(header, trailer).Get(intercept.RequestIDHeader); len(ids) != 1 || ids[0] != l.RequestID {
			t.Errorf("the caller knows the call as %v, the log as %s", ids, l.RequestID)
		}
		if err != nil && (strings.Contains(err.Error(), "route") || strings.Contains(err.Error(), "key")) {
			t.Errorf("the caller is told the cause: %v", err)
		}
		if info, ok := detail[*errdetails.RequestInfo](status.Convert(err)); err != nil && (!ok || info.GetRequestId() != l.RequestID) {
			t.Errorf("the error names request %v, the log %s", info, l.RequestID)
		}
	}
}

func TestNoPersonalDataAnywhere(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	d := chaintest.New(t, func(c *intercept.Config) { c.Tracer = provider.Tracer("test") })
	results := []error{nil, errors.New(canaryName), fault.New(fault.NotFound, fault.AccountNotFound), nil}
	next := 0
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		next++
		if next == len(results) {
			panic(r.String())
		}
		if err := results[next-1]; err != nil && !strings.Contains(err.Error(), canaryName) {
			return nil, err
		}
		return confirmed(ctx, r)
	}
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	for range results {
		r := request()
		_, err := client.ConfirmIdentity(t.Context(), r)
		r.Person.Snils, r.Person.FamilyName = strings.Repeat(canarySNILS, 3), strings.Repeat(canaryName, 20)
		_, refused := client.ConfirmIdentity(t.Context(), r)
		for _, e := range []error{err, refused} {
			if told := fmt.Sprint(status.Convert(e).Proto()); strings.Contains(told, canaryName) || strings.Contains(told, canarySNILS) {
				t.Errorf("the caller is told: %s", told)
			}
		}
	}
	families, err := d.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	logged := strings.Join(d.Log.Take(), "\n")
	for place, text := range map[string]string{"log": logged, "metrics": fmt.Sprint(families), "traces": fmt.Sprintf("%+v", spans.GetSpans())} {
		if len(text) < 100 || strings.Contains(text, canaryName) || strings.Contains(text, canarySNILS) {
			t.Errorf("a person is found in the %s: %s", place, text)
		}
	}
}

func TestPanics(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Confirm = func(context.Context, *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		list := make([]int, len(t.Name()))
		return nil, fmt.Errorf("%d", list[cap(list)])
	}
	d.Services.Bulk = func(grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]) error {
		panic(canaryName)
	}
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	_, err := porukav1.NewConfirmationServiceClient(conn).ConfirmIdentity(t.Context(), request())
	wantRefusal(t, "unary", err, codes.Internal, "INTERNAL")
	l := lines(t, d, "call", 1)[0]
	if l.Level != "ERROR" || !strings.Contains(l.Error, "index out of range") || !strings.Contains(l.Stack, "record_test.go") {
		t.Errorf("logged as %+v", l)
	}
	wantRefusal(t, "stream", send(t, conn, "/poruka.v1.ConfirmationService/ConfirmIdentities", nil), codes.Internal, "INTERNAL")
	if l := lines(t, d, "call", 1)[0]; l.Error != "panic with a string" {
		t.Errorf("the panic's value is logged: %+v", l)
	}
	if _, running := d.Limiter.Counts(); running != 0 {
		t.Errorf("%d slots are still taken", running)
	}
}

func TestLanguages(t *testing.T) {
	d := chaintest.New(t)
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	for header, want := range map[string]string{"": "en", "ru-RU, en;q=0.5": "ru", "nonsense;;;": "en"} {
		ctx := t.Context()
		if header != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "accept-language", header)
		}
		_, err := client.ConfirmIdentity(ctx, &porukav1.ConfirmIdentityRequest{})
		if text, ok := detail[*errdetails.LocalizedMessage](status.Convert(err)); !ok || text.GetLocale() != want {
			t.Errorf("%q gives %v", header, text)
		}
	}
}

// Staff are audited when they succeed, everybody when refused; a bank that succeeds is in the ledger.
func TestAudit(t *testing.T) {
	for _, apart := range []bool{false, true} {
		separate := &chaintest.Lines{}
		d := chaintest.New(t, func(c *intercept.Config) {
			if apart {
				c.Audit = slog.New(slog.NewJSONHandler(separate, nil))
			}
			c.Logger = slog.New(atLeast{c.Logger.Handler()})
		})
		address := d.ServeGRPC(t)
		for name, want := range map[string]bool{"bank/vtb": false, "portal": false, "compliance": true, "operator": true} {
			conn := d.Dial(t, address, name)
			if _, err := porukav1.NewCallerServiceClient(conn).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
				t.Fatal(err)
			}
			_ = send(t, conn, "/no.such.Service/Method", nil) // the line of the first call is written before it
			where := d.Log
			if apart {
				where = separate
			}
			refused := waitFor(t, where, `"reason":"METHOD_UNKNOWN"`)
			if got := strings.Contains(refused, `"code":"OK"`); got != want {
				t.Errorf("%s, audit apart %v: a success is audited: %v, want %v:\n%s", name, apart, got, want, refused)
			}
			for _, fact := range []string{`"audit":true`, `"serial":"`, `"peer":"127.0.0.1:`, `"reached":false`, `"request_id":"`} {
				if !strings.Contains(refused, fact) {
					t.Errorf("%s, audit apart %v: %s is not in\n%s", name, apart, fact, refused)
				}
			}
		}
	}
}

// atLeast is a log that is set to errors only; the audit is written all the same.
type atLeast struct{ slog.Handler }

func (atLeast) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// waitFor takes lines until one has the text.
func waitFor(t *testing.T, from *chaintest.Lines, text string) string {
	t.Helper()
	var all string
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(all, text); time.Sleep(time.Millisecond) {
		if all += strings.Join(from.Take(), "\n"); time.Now().After(deadline) {
			t.Fatalf("%s is not in %s", text, all)
		}
	}
	return all
}

// Whatever callers send, the number of series stays.
func TestCardinality(t *testing.T) {
	d := chaintest.New(t)
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	client := porukav1.NewConfirmationServiceClient(conn)
	series := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "user-agent", fmt.Sprint(i), "accept-language", fmt.Sprint(i), fmt.Sprintf("x-%d", i), "1")
			_, _ = client.GetConfirmation(ctx, &porukav1.GetConfirmationRequest{Id: fmt.Sprint(i)})
			_ = send(t, conn, fmt.Sprintf("/poruka.v1.ConfirmationService/Method%d", i), nil)
			_ = send(t, conn, fmt.Sprintf("/service%d/Method", i), nil)
		}
		families, err := d.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "poruka_") {
				n += len(f.GetMetric())
			}
		}
		return n
	}
	before := series(0, 10)
	if after := series(10, 200); after != before {
		t.Errorf("%d series became %d", before, after)
	}
}

func TestTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	d := chaintest.New(t, func(c *intercept.Config) { c.Tracer = provider.Tracer("test") })
	client := porukav1.NewCallerServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	for parent, links := range map[string]int{"": 0, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": 1, "nonsense": 0} {
		spans.Reset()
		ctx := t.Context()
		if parent != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", parent)
		}
		if _, err := client.DescribeCaller(ctx, &porukav1.DescribeCallerRequest{}); err != nil {
			t.Fatal(err)
		}
		lines(t, d, "call", 1)
		deadline := time.Now().Add(5 * time.Second)
		for len(spans.GetSpans()) == 0 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		got := spans.GetSpans()
		if len(got) != 1 || got[0].Name != "poruka.v1.CallerService/DescribeCaller" || len(got[0].Links) != links || got[0].Parent.IsValid() {
			t.Fatalf("traceparent %q gives %+v", parent, got)
		}
		if !hasAttribute(got[0].Attributes, "rpc.response.status_code", "OK") || !hasAttribute(got[0].Attributes, "poruka.caller", "vtb") {
			t.Errorf("attributes %v", got[0].Attributes)
		}
	}
}

func hasAttribute(attributes []attribute.KeyValue, key, value string) bool {
	for _, a := range attributes {
		if string(a.Key) == key && a.Value.AsString() == value {
			return true
		}
	}
	return false
}
