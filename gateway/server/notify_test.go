package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// told is a gateway with three receivers: the portal, vtb and sberbank.
type told struct {
	g                  *gatewaytest.Gateway
	portal, vtb, other *receiver
	cfg                gatewaytest.Config
}

func newTold(t *testing.T, database string, accounts int) *told {
	t.Helper()
	dir := t.TempDir()
	w := &told{portal: newReceiver(t, dir), vtb: newReceiver(t, dir), other: newReceiver(t, dir)}
	text := rosterWith(t, dir, map[string]*receiver{"vtb": w.vtb, "sberbank": w.other})
	if err := os.WriteFile(filepath.Join(dir, "roster.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	ca := w.portal.authority(filepath.Join(dir, "portal-ca.pem"))
	w.cfg = gatewaytest.Config{DataDir: dir, Database: database, Accounts: accounts, Change: func(c *config.Config) {
		c.Portal = config.Portal{URL: w.portal.web.URL, CA: ca, ServerName: serverName}
	}}
	w.g = gatewaytest.Start(t, w.cfg)
	return w
}

// again starts another gateway on the same ledger.
func (w *told) again(t *testing.T) *gatewaytest.Gateway {
	t.Helper()
	cfg := w.cfg
	cfg.Unready, cfg.Accounts = true, 0
	return gatewaytest.Start(t, cfg)
}

func TestEventsOfTwoGateways(t *testing.T) { ledgers.OnServers(t, eventsOfTwoGateways) }

// eventsOfTwoGateways: receivers take events and say that they have not, gateways come and go; every event arrives, in the order of the
// log, under one id.
func eventsOfTwoGateways(t *testing.T, database string) {
	const accounts, times = 60, 24
	w := newTold(t, database, accounts)
	w.vtb.tell = func(n int) int {
		if n%5 == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	second := w.again(t)
	requests := raisable(t, w.g, accounts)
	var ofVTB, ofOther []string
	for i := range times {
		switch i {
		case times / 3:
			if err := w.g.Stop(); err != nil {
				t.Error(err)
			}
		case 2 * times / 3:
			w.g = w.again(t)
		}
		g := second
		if i >= 2*times/3 {
			g = w.g
		}
		if i%2 == 0 {
			ofVTB = append(ofVTB, confirmed(t, g, "vtb", requests[i]))
		} else {
			ofOther = append(ofOther, confirmed(t, g, "sberbank", requests[i]))
		}
	}
	all := slices.Concat(ofVTB, ofOther)
	for _, one := range []struct {
		name string
		at   *receiver
		want []string
	}{{"vtb", w.vtb, ofVTB}, {"sberbank", w.other, ofOther}, {"portal", w.portal, all}} {
		events := one.at.wait(len(one.want))
		chained(t, one.name, events)
		slices.Sort(one.want)
		if !slices.Equal(idsOf(events), one.want) {
			t.Errorf("%s has %v, want %v", one.name, idsOf(events), one.want)
		}
		for _, e := range events {
			if _, tellsAccount := e.Data["account"]; tellsAccount != (one.name == "portal") || strings.Contains(e.body, "accounts/") != (one.name == "portal") {
				t.Errorf("%s is told %s", one.name, e.body)
			}
			if e.Type != "confirmation.decided" || e.Data["outcome"] != "CONFIRMED" || e.Data["confirmation"] != "confirmations/"+e.ID {
				t.Errorf("%s: %s", one.name, e.body)
			}
		}
	}
	if _, again := w.vtb.first(); again == 0 {
		t.Error("nothing was delivered twice: the test shows nothing")
	}
	for _, request := range requests[:times] {
		person := request.GetPerson()
		for _, secret := range []string{request.GetRequestId(), person.GetFamilyName(), person.GetSnils(), strings.TrimPrefix(person.GetMobilePhone(), "+7")} {
			for _, r := range []*receiver{w.vtb, w.other, w.portal} {
				if slices.ContainsFunc(r.all(), func(e called) bool { return strings.Contains(e.body, secret) }) {
					t.Errorf("an event holds %q", secret)
				}
			}
		}
	}
	(&ordering{t: t, g: []*gatewaytest.Gateway{second, w.g}}).whole(database)
}
