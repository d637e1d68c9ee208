package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/observe"
)

func newOps(t *testing.T, checks ...observe.Check) http.Handler {
	t.Helper()
	m, registry := newMetrics(t)
	touch(m)
	ops, err := observe.NewOps(observe.OpsConfig{Gatherer: registry, Checks: checks, Clock: time.Now, Patience: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestOpsPages(t *testing.T) {
	ops := newOps(t)
	for path, want := range map[string]string{
		"/metrics":      `poruka_intercept_calls_total{caller="vtb",code="INVALID_ARGUMENT",method="/a/B",transport="grpc"} 1`,
		"/livez":        "ok",
		"/readyz":       `{"ready":true,"checks":[]}`,
		"/debug/pprof/": "goroutine",
	} {
		if w := get(t, ops, http.MethodGet, path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, without %q", path, w.Code, want)
		}
	}
	if w := get(t, ops, http.MethodGet, "/"); w.Code != http.StatusNotFound {
		t.Errorf("/: %d", w.Code)
	}
	if w := get(t, ops, http.MethodPost, "/readyz"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /readyz: %d", w.Code)
	}
}

func TestReadiness(t *testing.T) {
	ops := newOps(t,
		observe.Check{Name: "ledger", Run: func(context.Context) error { return errors.New("connect 10.0.0.1: refused, key (112-233-445 95)") }},
		observe.Check{Name: "certs", Run: func(context.Context) error { return nil }},
		observe.Check{Name: "stuck", Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	)
	w := get(t, ops, http.MethodGet, "/readyz")
	var answer observe.Readiness
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || answer.Ready {
		t.Errorf("%d %+v, want not ready", w.Code, answer)
	}
	var failed []string
	for _, c := range answer.Checks {
		if !c.OK {
			failed = append(failed, c.Name)
		}
	}
	if !slices.Equal(failed, []string{"ledger", "stuck"}) {
		t.Errorf("failed checks %v", failed)
	}
	if strings.Contains(w.Body.String(), "445 95") {
		t.Errorf("a number of a person is shown: %s", w.Body)
	}
}

func TestOpsNeedsItsParts(t *testing.T) {
	if _, err := observe.NewOps(observe.OpsConfig{}); err == nil {
		t.Error("ops pages without a gatherer")
	}
}

func TestReadyWithoutWhatIsOptional(t *testing.T) {
	ops := newOps(t, observe.Check{Name: "log", Optional: true, Run: func(context.Context) error { return errors.New("halted") }})
	w := get(t, ops, http.MethodGet, "/readyz")
	if text := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(text, `"ready":true`) || !strings.Contains(text, `"ok":false,"error":"halted"`) {
		t.Errorf("%d %s", w.Code, text)
	}
}
