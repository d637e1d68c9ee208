package limit

import (
	"math"
	"time"

	"github.com/poruka/poruka/partners"
)

// Standing is how a bank stands against its limits.
type Standing struct {
	Limit     int           // requests in a second, at least 1
	Remaining int           // requests that would be taken now, one after another
	Reset     time.Duration // until a second's requests would be taken at once again, or the whole burst if that is less
}

// Standing tells how a bank stands, by the limits in p. It takes nothing.
func (l *Limiter) Standing(p partners.Partner) Standing {
	b := l.bank(p)
	now := l.config.Clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.follow(p.Limits, now)
	tokens := b.tokens.TokensAt(now)
	perSecond := max(1, whole(b.limits.RequestsPerSecond))
	return Standing{
		Limit:     perSecond,
		Remaining: max(0, whole(tokens)),
		Reset:     b.until(float64(min(perSecond, b.limits.Burst)), tokens),
	}
}

// until is the time until there are as many tokens as wanted.
func (b *bank) until(wanted, tokens float64) time.Duration {
	if tokens >= wanted {
		return 0
	}
	seconds := (wanted - tokens) / b.limits.RequestsPerSecond
	if math.IsNaN(seconds) || seconds > longest.Seconds() {
		return longest
	}
	return time.Duration(math.Ceil(seconds*1000)) * time.Millisecond
}

// whole rounds down to what an int holds on every machine.
func whole(f float64) int { return int(min(max(f, math.MinInt32), math.MaxInt32)) }
