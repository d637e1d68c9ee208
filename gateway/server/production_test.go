package server_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger/seal"
)

// productionRing makes a key ring that is not for development and gives its path.
func productionRing(t *testing.T) string {
	t.Helper()
	ring, err := seal.Generate(seal.Production)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keyring.json")
	if err := (seal.File{Path: path}).Create(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	return path
}

// production are the settings of a gateway that is not for development, with keys for it.
func production(t *testing.T) gatewaytest.Config {
	t.Helper()
	ring := productionRing(t)
	return gatewaytest.Config{Change: func(c *config.Config) { c.Dev, c.KeyRing = false, ring }}
}

// TestProductionDescribesNothing: outside of development there is no reflection, for nobody, and never a page for debugging on a port
// that partners reach.
func TestProductionDescribesNothing(t *testing.T) {
	g := gatewaytest.Start(t, production(t))
	for _, name := range everyRole {
		stream, err := reflectionv1.NewServerReflectionClient(g.Conn(name)).ServerReflectionInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
		out, err := stream.Recv()
		if a := answerOf(t, out, err); a.code != codes.Unimplemented || a.reason != "METHOD_UNKNOWN" {
			t.Errorf("%s: reflection gives %s %s", name, a.refusedWith(), a.body)
		}
		rest := doorOf(t, g, name)
		if a := rest.call(http.MethodGet, "/v1/caller", ""); strings.Contains(a.body, "reflection") {
			t.Errorf("%s is told of methods that are not there: %s", name, a.body)
		}
		for _, path := range []string{"/debug/pprof/", "/debug/vars", "/debug/requests", "/metrics", "/readyz", "/channelz"} {
			if a := rest.call(http.MethodGet, path, ""); a.http != http.StatusNotFound {
				t.Errorf("%s: %s gives HTTP %d", name, path, a.http)
			}
		}
	}
}

// TestProductionWantsKeysOfItsOwn: a gateway that guards real persons does not start with keys that were made for development.
func TestProductionWantsKeysOfItsOwn(t *testing.T) {
	settings, err := config.Config{
		DataDir: t.TempDir(), Listen: config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
	}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
		t.Fatal(err)
	}
	gateway, err := server.New(t.Context(), server.Config{Config: settings, Version: "test", Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
	if err == nil {
		_ = gateway.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "made for development") {
		t.Errorf("the gateway starts, or not for that: %v", err)
	}
}
