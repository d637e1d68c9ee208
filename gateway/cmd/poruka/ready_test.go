package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/gatewaytest"
)

func TestReady(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	address := g.Server.OpsAddress().String()
	command{t: t}.run("ready", "--ops-address", address).want(t, exitDone, "ready\n", "")
	command{t: t}.run("ready", "--ops-address", address, "--json").want(t, exitDone, `"ready":true`, "")
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("ready", "--ops-address", address).want(t, exitStuck, "", "no gateway answers")
	command{t: t}.run("ready", "--ops-address", "a b").want(t, exitUsage, "", "--ops-address")
}

func TestNotReadySaysWhy(t *testing.T) {
	answer := `{"ready":false,"checks":[{"name":"certificates","ok":true},{"name":"ledger","ok":false,"error":"it does not answer"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	command{t: t}.run("ready", "--ops-address", address).want(t, exitNo, "", "not ready: ledger: it does not answer")
	command{t: t}.run("ready", "--ops-address", address, "--json").want(t, exitNo, `"ready":false`, "")
	answer = "<html>"
	command{t: t}.run("ready", "--ops-address", address).want(t, exitStuck, "", "no gateway")
}
