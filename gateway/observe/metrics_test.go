package observe_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/poruka/poruka/gateway/observe"
)

var update = flag.Bool("update", false, "write deploy/docs/metrics.md anew")

func newMetrics(t testing.TB) (*observe.Metrics, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	m, err := observe.NewMetrics(observe.MetricsConfig{Registry: registry, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return m, registry
}

// touch makes every metric appear.
func touch(m *observe.Metrics) {
	method := m.Method("/a/B")
	method.Began("grpc")
	method.Ended(observe.Call{Transport: "grpc", Code: "INVALID_ARGUMENT", Reason: "FIELD_FORMAT", Caller: "vtb", Duration: time.Millisecond})
	m.Panicked()
	m.Outcome("vtb", "CONFIRMED")
	m.Group(3, 1, 1, time.Millisecond, time.Millisecond)
	m.Waiting("vtb", 2)
	m.Expiry("server", "gateway", time.Unix(1, 0))
	m.CertsReloaded(nil)
	m.RevocationAlarm(errors.New("stale"))
	m.Handshake(true, "")
	m.RosterReloaded(errors.New("bad"))
	m.Suspended(1)
	m.BankCalled("vtb", "TIMEOUT", time.Second)
	m.BankChanged("vtb", "OPEN")
	m.Banks(map[string]observe.BankEndpoint{"vtb": {Breaker: "OPEN", Calls: 1}})
	m.Receivers().Tried("vtb", "DELIVERED")
	m.Receivers().Delivered("vtb", time.Second)
	m.Receivers().Standing("vtb", 3, time.Unix(1, 0))
	m.LedgerUp(true)
	m.Integrated(3, 3, time.Second, nil)
	m.LogHalted(false)
	m.Signed(3, time.Unix(1, 0))
	m.SignerRefused(false)
	m.Sealed(time.Unix(3600, 0))
	m.NotSealed()
	m.Ready(true)
}

func TestRegisteredMetricsAreTheCatalogue(t *testing.T) {
	m, registry := newMetrics(t)
	touch(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var registered, listed []string
	for _, f := range families {
		if name := f.GetName(); !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			registered = append(registered, name)
		}
	}
	for _, m := range observe.Catalogue() {
		listed = append(listed, m.Name)
	}
	slices.Sort(listed)
	if !slices.Equal(registered, listed) {
		t.Errorf("registered %v\ncatalogue %v", registered, listed)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "poruka_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestNamesHaveTheForm(t *testing.T) {
	form := regexp.MustCompile(`^poruka_[a-z]+(_[a-z]+)+_(total|seconds|size|calls|decisions|banks|state|info)$`)
	for _, m := range observe.Catalogue() {
		if !form.MatchString(m.Name) {
			t.Errorf("%s is not poruka_<room>_<thing>_<unit>", m.Name)
		}
		if len(m.Help) < 20 || !strings.HasSuffix(m.Help, ".") {
			t.Errorf("%s: the help says nothing: %q", m.Name, m.Help)
		}
	}
}

func TestTwoGatewaysInOneProcess(t *testing.T) {
	a, first := newMetrics(t)
	_, second := newMetrics(t)
	a.Panicked()
	for registry, want := range map[*prometheus.Registry]float64{first: 1, second: 0} {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "poruka_intercept_panics_total" && f.GetMetric()[0].GetCounter().GetValue() != want {
				t.Errorf("%v panics, want %v", f.GetMetric()[0], want)
			}
		}
	}
	if _, err := observe.NewMetrics(observe.MetricsConfig{Registry: first}); err == nil {
		t.Error("one registry was taken for two gateways")
	}
	if _, err := observe.NewMetrics(observe.MetricsConfig{}); err == nil {
		t.Error("no registry was taken")
	}
}

func TestRunningCallsEnd(t *testing.T) {
	m, registry := newMetrics(t)
	touch(m)
	want := "# HELP poruka_intercept_running_calls Calls under way. High and rising while calls_total stands still: the ledger does not answer.\n" +
		"# TYPE poruka_intercept_running_calls gauge\nporuka_intercept_running_calls{transport=\"grpc\"} 0\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "poruka_intercept_running_calls"); err != nil {
		t.Error(err)
	}
}

// The page of the documentation is the catalogue; write it anew with go test ./gateway/observe -run Documentation -update.
func TestDocumentation(t *testing.T) {
	const page = "../../deploy/docs/metrics.md"
	var b strings.Builder
	b.WriteString("# Metrics\n\nThe ops listener serves them at `/metrics`, besides those of Go (`go_`) and of the process (`process_`). " +
		"Labels are bounded: a caller is a bank of the roster or a role, never what somebody sent.\n\n" +
		"| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n")
	for _, m := range observe.Catalogue() {
		labels := "-"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, labels, m.Help)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the catalogue says", page)
	}
}
