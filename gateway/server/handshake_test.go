package server_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestStrangersAreToldOf shows bad certificates to both ports: each is counted by what is wrong with it and stands in the audit once.
func TestStrangersAreToldOf(t *testing.T) {
	const vtb = "poruka://dev.poruka/bank/vtb"
	g, ca := trusting(t)
	now := time.Now()
	for word, shown := range map[string][]tls.Certificate{
		"no_certificate": {},
		"untrusted":      {certstest.NewRoot(t, now, "a CA that nobody trusts").Client(t, vtb)},
		"expired":        {ca.Client(t, vtb, certstest.Between(now.Add(-time.Hour), now.Add(-time.Second)))},
		"identity":       {ca.Client(t, "poruka://dev.poruka/bank/VTB")},
	} {
		for port, address := range ports(g) {
			before := strangers(t, g, port, word)
			if err := shake(t, address, clientTLS(t, g, shown...), "h2"); err == nil {
				t.Fatalf("%s: %s: the gateway talks", port, word)
			}
			for deadline := time.Now().Add(patience); strangers(t, g, port, word) == before; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%s: %s: nobody is told", port, word)
				}
			}
			if n := strangers(t, g, port, word) - before; n != 1 {
				t.Errorf("%s: %s: %d lines in the audit", port, word, n)
			}
		}
		if counted := fmt.Sprintf(`poruka_certs_handshakes_total{kind="",result=%q} 2`, word); !strings.Contains(metricsPage(t, g), counted) {
			t.Errorf("%s: not counted", word)
		}
	}
}

// strangers counts the lines of the audit about refused handshakes of one kind.
func strangers(t *testing.T, g *gatewaytest.Gateway, port, word string) (n int) {
	t.Helper()
	for _, line := range auditLines(t, g) {
		if line["handshake"] == word && line["transport"] == strings.ToLower(port) && line["identified"] != nil && line["peer"] != "" {
			n++
		}
	}
	return n
}

// TestManyStrangersDoNotFillTheLog: anybody may knock; the log tells the first by name and of the others how many they were.
func TestManyStrangersDoNotFillTheLog(t *testing.T) {
	const knocks = 150
	g := gatewaytest.Start(t, gatewaytest.Config{})
	profile := g.Profile("vtb")
	for range knocks {
		if err := shake(t, profile.RESTAddress, clientTLS(t, g), "h2"); err == nil {
			t.Fatal("the gateway talks")
		}
	}
	for range 20 { // what only looks whether the port is open is not told at all
		if conn, err := net.DialTimeout("tcp", profile.Address, patience); err == nil {
			_ = conn.Close()
		}
	}
	counted := fmt.Sprintf(`result="no_certificate"} %d`, knocks)
	for deadline := time.Now().Add(patience); !strings.Contains(metricsPage(t, g), counted); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not counted: %s", counted)
		}
	}
	if n := strangers(t, g, "REST", "no_certificate"); n < 50 || n == knocks {
		t.Errorf("%d of %d are told", n, knocks)
	}
	if n := strangers(t, g, "gRPC", "protocol"); n != 0 {
		t.Errorf("%d probes are told", n)
	}
}
