package observe

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics holds the metrics of one gateway. Its methods are safe for concurrent use and cost well under a microsecond.
type Metrics struct {
	calls, refusals *prometheus.CounterVec
	durations       *prometheus.HistogramVec
	running         *prometheus.GaugeVec
	panics          prometheus.Counter

	outcomes *prometheus.CounterVec
	waiting  *prometheus.GaugeVec

	groupSize, groupTime, groupWait prometheus.Histogram
	splits, failures                prometheus.Counter

	expiry              *prometheus.GaugeVec
	reloads, handshakes *prometheus.CounterVec
	alarm               prometheus.Gauge

	rosters           *prometheus.CounterVec
	suspended         prometheus.Gauge
	ledgerUp, isReady prometheus.Gauge

	log    logMetrics
	notify notifyMetrics
	banks  bankMetrics
}

// MetricsConfig is what Metrics need.
type MetricsConfig struct {
	Registry *prometheus.Registry // of this gateway alone
	Version  string               // of the gateway
}

// NewMetrics registers every metric of the catalogue, and the collectors of Go and of the process.
func NewMetrics(config MetricsConfig) (*Metrics, error) {
	if config.Registry == nil {
		return nil, errors.New("observe: metrics without a registry")
	}
	r := registrar{registry: config.Registry}
	m := &Metrics{
		calls: r.counters(interceptCalls), refusals: r.counters(interceptRefusals), durations: r.histograms(interceptDuration),
		running: r.gauges(interceptRunning), panics: r.counter(interceptPanics),
		outcomes:  r.counters(confirmOutcomes),
		groupSize: r.histogram(groupDecisions), groupTime: r.histogram(groupDuration), groupWait: r.histogram(groupWaited),
		splits: r.counter(groupSplits), failures: r.counter(groupFailures), waiting: r.gauges(groupWaiting),
		expiry: r.gauges(certsExpiry), reloads: r.counters(certsReloads), alarm: r.gauge(certsAlarm), handshakes: r.counters(certsHandshakes),
		rosters: r.counters(partnersReloads), suspended: r.gauge(partnersSuspended),
		ledgerUp: r.gauge(ledgerUp), isReady: r.gauge(serverReady),
		log: newLogMetrics(&r), notify: newNotifyMetrics(&r), banks: newBankMetrics(&r),
	}
	r.gauges(serverBuild).WithLabelValues(config.Version, runtime.Version()).Set(1)
	r.register(collectors.NewGoCollector())
	r.register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// Method gives the metrics of one method. Ask once, at the start.
func (m *Metrics) Method(name string) *Method {
	return &Method{metrics: m, name: name, duration: m.durations.WithLabelValues(name)}
}

// Method is what is counted of one method.
type Method struct {
	metrics  *Metrics
	name     string
	duration prometheus.Observer
}

// Call is a call that has ended.
type Call struct {
	Transport string        // grpc or rest
	Code      string        // name of the gRPC code
	Reason    string        // why it was refused; empty when it was not
	Caller    string        // a bank of the roster, a role, or empty when nobody was identified
	Duration  time.Duration // of the whole call
}

// Began counts a call that begins.
func (m *Method) Began(transport string) { m.metrics.running.WithLabelValues(transport).Inc() }

// Ended counts a call that has ended.
func (m *Method) Ended(c Call) {
	m.metrics.running.WithLabelValues(c.Transport).Dec()
	m.metrics.calls.WithLabelValues(m.name, c.Transport, c.Code, c.Caller).Inc()
	if c.Reason != "" {
		m.metrics.refusals.WithLabelValues(m.name, c.Reason).Inc()
	}
	m.duration.Observe(c.Duration.Seconds())
}

// Panicked counts a panic.
func (m *Metrics) Panicked() { m.panics.Inc() }

// Outcome counts a decided confirmation.
func (m *Metrics) Outcome(caller, outcome string) { m.outcomes.WithLabelValues(caller, outcome).Inc() }

// Group counts one transaction of grouped decisions.
func (m *Metrics) Group(size, splits, failed int, waited, duration time.Duration) {
	m.groupSize.Observe(float64(size))
	m.groupTime.Observe(duration.Seconds())
	m.groupWait.Observe(waited.Seconds())
	m.splits.Add(float64(splits))
	m.failures.Add(float64(failed))
}

// Waiting tells how many decisions of a lane wait for a transaction now.
func (m *Metrics) Waiting(lane string, decisions int) {
	m.waiting.WithLabelValues(lane).Set(float64(decisions))
}

// Expiry tells when a certificate or list ends. ForgetExpiries first, when the set may have changed.
func (m *Metrics) Expiry(kind, name string, at time.Time) {
	m.expiry.WithLabelValues(kind, name).Set(float64(at.Unix()))
}

// ForgetExpiries drops what Expiry told.
func (m *Metrics) ForgetExpiries() { m.expiry.Reset() }

// CertsReloaded counts an attempt to take new certificate files.
func (m *Metrics) CertsReloaded(err error) { m.reloads.WithLabelValues(result(err, "bad")).Inc() }

// RevocationAlarm tells whether a revocation list is stale.
func (m *Metrics) RevocationAlarm(err error) { m.alarm.Set(number(err != nil)) }

// Handshake counts a TLS handshake. refusal says why there is no connection; empty: there is one.
func (m *Metrics) Handshake(resumed bool, refusal string) {
	kind, outcome := "full", refusal
	switch {
	case refusal != "":
		kind = ""
	case resumed:
		kind, outcome = "resumed", "ok"
	default:
		outcome = "ok"
	}
	m.handshakes.WithLabelValues(kind, outcome).Inc()
}

// RosterReloaded counts an attempt to take a new roster.
func (m *Metrics) RosterReloaded(err error) { m.rosters.WithLabelValues(result(err, "bad")).Inc() }

// Suspended tells how many banks are suspended.
func (m *Metrics) Suspended(banks int) { m.suspended.Set(float64(banks)) }

// LedgerUp tells whether the ledger answers.
func (m *Metrics) LedgerUp(up bool) { m.ledgerUp.Set(number(up)) }

// Ready tells whether the gateway is ready for calls.
func (m *Metrics) Ready(ready bool) { m.isReady.Set(number(ready)) }

func result(err error, failed string) string {
	if err != nil {
		return failed
	}
	return "ok"
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// registrar makes metrics by their line in the catalogue and gathers what goes wrong.
type registrar struct {
	registry *prometheus.Registry
	errs     []error
}

func (r *registrar) register(c prometheus.Collector) {
	if err := r.registry.Register(c); err != nil {
		r.errs = append(r.errs, fmt.Errorf("observe: %w", err))
	}
}

func (r *registrar) find(name string, kind Kind) Metric {
	for _, m := range catalogue {
		if m.Name == name && m.Kind == kind {
			return m
		}
	}
	r.errs = append(r.errs, fmt.Errorf("observe: no %s %s in the catalogue", kind, name))
	return Metric{Name: name}
}

func (r *registrar) counters(name string) *prometheus.CounterVec {
	m := r.find(name, Counter)
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
	r.register(v)
	return v
}

func (r *registrar) gauges(name string) *prometheus.GaugeVec {
	m := r.find(name, Gauge)
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.Labels)
	r.register(v)
	return v
}

func (r *registrar) histograms(name string) *prometheus.HistogramVec {
	m := r.find(name, Histogram)
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: m.Buckets}, m.Labels)
	r.register(v)
	return v
}

func (r *registrar) counter(name string) prometheus.Counter {
	return r.counters(name).WithLabelValues()
}

func (r *registrar) gauge(name string) prometheus.Gauge { return r.gauges(name).WithLabelValues() }

func (r *registrar) histogram(name string) prometheus.Histogram {
	h, ok := r.histograms(name).WithLabelValues().(prometheus.Histogram)
	if !ok {
		r.errs = append(r.errs, fmt.Errorf("observe: %s is no plain histogram", name))
	}
	return h
}
