package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// notifyMetrics are those of events and their receivers.
type notifyMetrics struct {
	tries           *prometheus.CounterVec
	delay           *prometheus.HistogramVec
	behind, failing *prometheus.GaugeVec
}

func newNotifyMetrics(r *registrar) notifyMetrics {
	return notifyMetrics{
		tries: r.counters(notifyTries), delay: r.histograms(notifyDelay), behind: r.gauges(notifyBehind), failing: r.gauges(notifyFailing),
	}
}

// Receivers counts what becomes of events; a notify.Observer.
type Receivers struct{ metrics *Metrics }

// Receivers gives the metrics of events.
func (m *Metrics) Receivers() Receivers { return Receivers{m} }

// Tried counts a try to deliver an event, or one that was given up.
func (r Receivers) Tried(receiver, result string) {
	r.metrics.notify.tries.WithLabelValues(receiver, result).Inc()
}

// Delivered tells how long after its decision an event was delivered.
func (r Receivers) Delivered(receiver string, after time.Duration) {
	r.metrics.notify.delay.WithLabelValues(receiver).Observe(after.Seconds())
}

// Standing tells how many entries of the log a receiver is behind, and since when its next event fails.
func (r Receivers) Standing(receiver string, behind int64, failing time.Time) {
	r.metrics.notify.behind.WithLabelValues(receiver).Set(float64(behind))
	since := 0.0
	if !failing.IsZero() {
		since = float64(failing.Unix())
	}
	r.metrics.notify.failing.WithLabelValues(receiver).Set(since)
}

// Left forgets a receiver to which another gateway delivers, or nobody.
func (r Receivers) Left(receiver string) {
	r.metrics.notify.behind.DeleteLabelValues(receiver)
	r.metrics.notify.failing.DeleteLabelValues(receiver)
}
