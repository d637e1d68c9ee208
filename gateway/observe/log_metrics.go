package observe

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// logMetrics are those of the log.
type logMetrics struct {
	size, signed, signedAt, halted, refused, sealedAt prometheus.Gauge
	integrated, failures, unsealed                    prometheus.Counter
	delay                                             prometheus.Histogram
	seen                                              *seen
}

// seen is the greatest size of the log of which this gateway knows: its integrator and its signer both tell.
type seen struct {
	mu   sync.Mutex
	size int64
}

func newLogMetrics(r *registrar) logMetrics {
	return logMetrics{
		size: r.gauge(logSize), signed: r.gauge(logSigned), signedAt: r.gauge(logSignedAt), halted: r.gauge(logHalted), refused: r.gauge(logRefused),
		integrated: r.counter(logIntegrated), failures: r.counter(logFailures), delay: r.histogram(logDelay), seen: &seen{},
		sealedAt: r.gauge(logSealedAt), unsealed: r.counter(logUnsealed),
	}
}

func (m logMetrics) sized(size int64) {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	m.seen.size = max(m.seen.size, size)
	m.size.Set(float64(m.seen.size))
}

// Integrated counts a try to advance the log. size is that of the log, 0 when it is not known; delay that of the oldest entry.
func (m *Metrics) Integrated(entries int, size int64, delay time.Duration, err error) {
	m.log.sized(size)
	if err != nil {
		m.log.failures.Inc()
		return
	}
	if entries > 0 {
		m.log.integrated.Add(float64(entries))
		m.log.delay.Observe(delay.Seconds())
	}
}

// LogHalted tells whether nothing comes into the log any more.
func (m *Metrics) LogHalted(halted bool) { m.log.halted.Set(number(halted)) }

// Signed tells that all of the log was found signed, and how much that is.
func (m *Metrics) Signed(size int64, at time.Time) {
	m.log.sized(size)
	m.log.signed.Set(float64(size))
	m.log.signedAt.Set(float64(at.Unix()))
}

// SignerRefused tells whether the signer refuses the log.
func (m *Metrics) SignerRefused(refused bool) { m.log.refused.Set(number(refused)) }

// Sealed tells that the hours until end are sealed, by whichever gateway.
func (m *Metrics) Sealed(end time.Time) { m.log.sealedAt.Set(float64(end.Unix())) }

// NotSealed counts a try to seal hours that failed.
func (m *Metrics) NotSealed() { m.log.unsealed.Inc() }
