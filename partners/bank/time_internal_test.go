package bank

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/partners"
)

// A call ends with the endpoint's timeout, or with so much of the caller's time left that there can be an answer.
func TestTheEndOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{all: &Clients{life: t.Context()}, endpoint: partners.Endpoint{Timeout: 3 * time.Second}}
		for left, want := range map[time.Duration]time.Duration{
			time.Second:     time.Second - margin,
			4 * time.Second: 3 * time.Second,
			margin:          0,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), left)
			inner, end := c.within(ctx)
			if at, ok := inner.Deadline(); !ok || time.Until(at) != want {
				t.Errorf("with %v left it ends after %v, want %v", left, time.Until(at), want)
			}
			end()
			cancel()
		}
	})
}

// A pause between repeats never lasts beyond the time of the call.
func TestAPauseEndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			goesOn := pause(ctx, 100*time.Millisecond)
			cancel()
			took := time.Since(began)
			if took > 50*time.Millisecond || took < 50*time.Millisecond && !goesOn {
				t.Fatalf("it took %v; repeated: %v", took, goesOn)
			}
		}
	})
}
