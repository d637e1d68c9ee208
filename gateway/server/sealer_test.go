package server_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestHoursAreSealed lets an hour go by after a confirmation.
func TestHoursAreSealed(t *testing.T) { ledgers.OnEach(t, hoursAreSealed) }

func hoursAreSealed(t *testing.T, database string) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 40, Database: database, Clock: clock})
	r := raisable(t, g, 40)[0]
	r.RequestId = uuid.NewString()
	answer, err := porukav1.NewConfirmationServiceClient(g.Conn("vtb")).ConfirmIdentity(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	before := gauge(t, g, "poruka_log_sealed_timestamp_seconds")
	ahead.Store(int64(time.Hour + 2*time.Minute))
	deadline := time.Now().Add(time.Minute)
	for gauge(t, g, "poruka_log_sealed_timestamp_seconds") == before {
		if time.Now().After(deadline) {
			t.Fatalf("the hour is not sealed\n%s", g.Log())
		}
		time.Sleep(50 * time.Millisecond)
	}
	end := time.Unix(int64(gauge(t, g, "poruka_log_sealed_timestamp_seconds")), 0)
	if decided := answer.GetConfirmation().GetDecideTime().AsTime(); before != 0 || decided.After(end) || !end.Truncate(time.Hour).Equal(end) {
		t.Errorf("sealed until %v, decided at %v", end, decided)
	}
	if failed := gauge(t, g, "poruka_log_seal_failures_total"); failed != 0 {
		t.Errorf("%v tries failed\n%s", failed, g.Log())
	}
}

// gauge reads a metric without labels.
func gauge(t *testing.T, g *gatewaytest.Gateway, name string) float64 {
	t.Helper()
	for line := range strings.Lines(metricsPage(t, g)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
