package server_test

import (
	"context"
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/roster"
)

// withConnections is the roster for development with another number of connections for every bank.
func withConnections(t *testing.T, most string) func(*config.Config) {
	t.Helper()
	content := regexp.MustCompile(`connections: \d+`).ReplaceAll(roster.Dev(), []byte("connections: "+most))
	return func(c *config.Config) {
		if err := os.WriteFile(filepath.Join(c.DataDir, "roster.yaml"), content, 0o600); err != nil { // beside the keys that it names
			t.Fatal(err)
		}
	}
}

func TestABankHasSoManyConnectionsAndNoMore(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Change: withConnections(t, "3")})
	var open []*tls.Conn
	for i := range 3 {
		conn, err := connect(t, g, "sberbank", i%2 == 0)
		if err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
		open = append(open, conn)
	}
	if conn, err := connect(t, g, "sberbank", true); err == nil {
		_ = conn.Close()
		t.Fatal("a fourth connection was taken")
	}
	for _, name := range []string{"vtb", "portal", "portal", "portal", "portal"} {
		conn, err := connect(t, g, name, false)
		if err != nil {
			t.Fatalf("%s suffers from another's connections: %v", name, err)
		}
		defer conn.Close()
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		conn, err := connect(t, g, "sberbank", false)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("closed connections still count: %v", err)
		}
	}
}

// connect makes a connection and makes sure that the gateway has taken it: in TLS 1.3 a client learns of a refusal by reading.
func connect(t *testing.T, g *gatewaytest.Gateway, name string, rest bool) (*tls.Conn, error) {
	t.Helper()
	profile := g.Profile(name)
	address, protocol := profile.Address, "h2"
	if rest {
		address, protocol = profile.RESTAddress, "http/1.1"
	}
	settings, err := profile.TLS(address)
	if err != nil {
		t.Fatal(err)
	}
	settings.NextProtos = []string{protocol}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	secured, ok := conn.(*tls.Conn)
	if !ok {
		t.Fatalf("a connection of type %T", conn)
	}
	if err := speak(secured, rest); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// speak says enough to get an answer.
func speak(conn *tls.Conn, rest bool) error {
	hello := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if rest {
		hello = "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n\r\n"
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte(hello)); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 16))
	return err
}
