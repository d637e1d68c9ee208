package observe

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// bankMetrics are those of the calls to the banks' own APIs.
type bankMetrics struct {
	calls, changes   *prometheus.CounterVec
	durations        *prometheus.HistogramVec
	running, breaker *prometheus.GaugeVec
	shown            *shown
}

// shown are the banks that have gauges now.
type shown struct {
	mu    sync.Mutex
	banks map[string]bool
}

func newBankMetrics(r *registrar) bankMetrics {
	return bankMetrics{
		calls: r.counters(bankCalls), changes: r.counters(bankChanges), durations: r.histograms(bankDuration),
		running: r.gauges(bankRunning), breaker: r.gauges(bankBreaker), shown: &shown{banks: map[string]bool{}},
	}
}

// BankCalled counts a call to a bank's API. took is 0 when nothing was sent.
func (m *Metrics) BankCalled(bank, outcome string, took time.Duration) {
	m.banks.calls.WithLabelValues(bank, outcome).Inc()
	if took > 0 {
		m.banks.durations.WithLabelValues(bank).Observe(took.Seconds())
	}
}

// BankChanged counts a change of a bank's breaker.
func (m *Metrics) BankChanged(bank, to string) { m.banks.changes.WithLabelValues(bank, to).Inc() }

// BankEndpoint is how the API of a bank stands.
type BankEndpoint struct {
	Breaker string // CLOSED, HALF_OPEN or OPEN
	Calls   int    // under way
}

// Banks tells how the APIs stand, all of them: a bank that is missing has none any more.
func (m *Metrics) Banks(all map[string]BankEndpoint) {
	s := m.banks.shown
	s.mu.Lock()
	defer s.mu.Unlock()
	for bank := range s.banks {
		if _, still := all[bank]; !still {
			m.banks.running.DeleteLabelValues(bank)
			m.banks.breaker.DeleteLabelValues(bank)
			delete(s.banks, bank)
		}
	}
	for bank, e := range all {
		m.banks.running.WithLabelValues(bank).Set(float64(e.Calls))
		m.banks.breaker.WithLabelValues(bank).Set(map[string]float64{"HALF_OPEN": 1, "OPEN": 2}[e.Breaker])
		s.banks[bank] = true
	}
}
