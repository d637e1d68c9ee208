package observe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/poruka/poruka/gateway/observe"
)

func TestBanksThatHaveGoneAreShownNoMore(t *testing.T) {
	m, registry := newMetrics(t)
	m.Banks(map[string]observe.BankEndpoint{"vtb": {Breaker: "OPEN", Calls: 3}, "bspb": {Breaker: "CLOSED"}})
	m.Banks(map[string]observe.BankEndpoint{"vtb": {Breaker: "HALF_OPEN", Calls: 1}})
	var help string
	for _, one := range observe.Catalogue() {
		if one.Name == "poruka_bank_breaker_state" {
			help = one.Help
		}
	}
	want := "# HELP poruka_bank_breaker_state " + help + "\n# TYPE poruka_bank_breaker_state gauge\nporuka_bank_breaker_state{bank=\"vtb\"} 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "poruka_bank_breaker_state"); err != nil {
		t.Error(err)
	}
}

func TestCallsThatWereNotSentTookNoTime(t *testing.T) {
	m, registry := newMetrics(t)
	m.BankCalled("vtb", "OPEN", 0)
	m.BankCalled("vtb", "OK", time.Second)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "poruka_bank_call_duration_seconds" && f.GetMetric()[0].GetHistogram().GetSampleCount() != 1 {
			t.Errorf("%v", f)
		}
	}
}
