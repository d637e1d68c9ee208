package server_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// metricsPage is what an operator's Prometheus reads.
func metricsPage(t *testing.T, g *gatewaytest.Gateway) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Server.OpsAddress().String()+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d, %v", response.StatusCode, err)
	}
	return string(page)
}

// series are the names of everything measured, with labels and without values.
func series(page string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(page) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			if strings.Contains(line, "{") {
				name = line[:strings.LastIndex(line, "}")+1]
			}
			all[name] = true
		}
	}
	return all
}

// TestSeriesDoNotGrow makes calls that differ in all that a caller may choose: what is measured must not grow by it.
func TestSeriesDoNotGrow(t *testing.T) { ledgers.OnEach(t, seriesDoNotGrow) }

func seriesDoNotGrow(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database})
	rest, conn := doorOf(t, g, "vtb"), g.Conn("vtb")
	client := porukav1.NewConfirmationServiceClient(conn)
	round := func(n int) {
		for i := range n {
			id := uuid.NewString()
			rest.call(http.MethodGet, "/v1/confirmations/"+id, "", "User-Agent", id, "X-Request-Id", id)
			rest.call(http.MethodGet, "/v1/confirmations:byRequest?requestId="+id, "")
			rest.call(http.MethodGet, "/"+id+"/"+id, "")
			rest.call(http.MethodGet, "/docs/"+id, "")
			rest.call(http.MethodGet, "/v1/caller?"+id+"=1", "")
			rest.call("V"+id[:3], "/v1/caller", "")
			rest.call(http.MethodPost, "/v1/confirmations", fmt.Sprintf(`{"requestId":%q,"bank":%q}`, id, id[:8]))
			rest.call(http.MethodPost, "/v1/confirmations", fmt.Sprintf(`{%q:1}`, id))
			_, _ = client.GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: id})
			_ = conn.Invoke(t.Context(), "/"+id+"/"+id, &porukav1.DescribeCallerRequest{}, &porukav1.DescribeCallerResponse{})
			_ = conn.Invoke(t.Context(), fmt.Sprintf("/poruka.v1.CallerService/Nothing%d", i), &porukav1.DescribeCallerRequest{}, &porukav1.DescribeCallerResponse{})
		}
	}
	round(1)
	before := series(metricsPage(t, g))
	for deadline := time.Now().Add(time.Minute); !ofAllBanks(before); before = series(metricsPage(t, g)) { // what tasks measure comes by itself
		if time.Now().After(deadline) {
			t.Fatal("not every receiver of events is measured")
		}
		time.Sleep(50 * time.Millisecond)
	}
	round(100)
	after := series(metricsPage(t, g))
	for name := range after {
		if !before[name] {
			t.Errorf("new: %s", name)
		}
	}
	if len(before) < 100 {
		t.Errorf("only %d series", len(before))
	}
}

// ofAllBanks reports whether each receiver of events has been measured once.
func ofAllBanks(series map[string]bool) bool {
	for _, bank := range []string{"bspb", "pochtabank", "sberbank", "tinkoff", "vtb"} {
		for _, name := range []string{
			`poruka_notify_failing_timestamp_seconds{receiver="`, `poruka_notify_waiting_size{receiver="`,
		} {
			if !series[name+bank+`"}`] {
				return false
			}
		}
	}
	return true
}

// TestWhatIsMeasured checks the metrics that no call sets by itself, and that a decision is counted once, however often it is asked for.
func TestWhatIsMeasured(t *testing.T) { ledgers.OnEach(t, whatIsMeasured) }

func whatIsMeasured(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	request := raisable(t, g, 60)[0]
	confirmed(t, g, "vtb", request)
	bank := porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	if out, err := bank.ConfirmIdentity(t.Context(), request); err != nil || !out.GetConfirmation().GetReplayed() {
		t.Fatalf("no replay: %v, %v", out, err)
	}
	_, err := porukav1.NewOperatorServiceClient(g.Conn("operator")).SuspendPartner(t.Context(), &porukav1.SuspendPartnerRequest{Id: "bspb"})
	if err != nil {
		t.Fatal(err)
	}
	missing := []string{
		`poruka_confirm_outcomes_total{caller="vtb",outcome="CONFIRMED"} 1`,
		`poruka_partners_suspended_banks 1`, `poruka_server_ready_state 1`, `poruka_ledger_up_state 1`,
	}
	for deadline := time.Now().Add(patience); len(missing) > 0; time.Sleep(reload) {
		page := metricsPage(t, g)
		missing = slices.DeleteFunc(missing, func(line string) bool { return strings.Contains(page, line+"\n") })
		if time.Now().After(deadline) {
			t.Fatalf("not measured: %v", missing)
		}
	}
}
