package observe

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/pprof" // its handlers are put on the ops listener only; the default mux is never served
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check is one condition of being ready.
type Check struct {
	Name string                      // of the part that is asked, for example ledger
	Run  func(context.Context) error // nil when it is well; the text of an error is shown on the ops listener

	Optional bool // only shown: the gateway is ready without it
}

// OpsConfig is what the ops pages need.
type OpsConfig struct {
	Gatherer prometheus.Gatherer
	Checks   []Check
	Clock    func() time.Time
	Patience time.Duration // for all checks together; 0 means 2 s
}

// NewOps gives the pages for the ops listener, which must be a loopback address: /metrics, /livez, /readyz and /debug/pprof/.
// /livez is 200 while the process serves at all; /readyz is 200 when every check that is not optional is well, and 503 otherwise, with the detail as JSON.
func NewOps(config OpsConfig) (http.Handler, error) {
	if config.Gatherer == nil || config.Clock == nil {
		return nil, errors.New("observe: the ops pages need a gatherer and a clock")
	}
	if config.Patience == 0 {
		config.Patience = 2 * time.Second
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(config.Gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /readyz", &readiness{config})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux, nil
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready  bool          `json:"ready"`
	Checks []CheckResult `json:"checks"`
}

// CheckResult is the result of one check.
type CheckResult struct {
	Name         string  `json:"name"`
	OK           bool    `json:"ok"`
	Error        string  `json:"error,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
}

type readiness struct{ config OpsConfig }

// ServeHTTP runs all checks side by side.
func (h *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), h.config.Patience)
	defer cancel()
	answer := Readiness{Ready: true, Checks: make([]CheckResult, len(h.config.Checks))}
	var group sync.WaitGroup
	for i, check := range h.config.Checks {
		group.Go(func() { answer.Checks[i] = h.run(ctx, check) })
	}
	group.Wait()
	for i, c := range answer.Checks {
		answer.Ready = answer.Ready && (c.OK || h.config.Checks[i].Optional)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client has gone
}

func (h *readiness) run(ctx context.Context, check Check) CheckResult {
	begin := h.config.Clock()
	err := check.Run(ctx)
	result := CheckResult{Name: check.Name, OK: err == nil, Milliseconds: float64(h.config.Clock().Sub(begin).Microseconds()) / 1000}
	if err != nil {
		result.Error = clean(maskNumbers(err.Error()))
	}
	return result
}
