package server_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger/ledgertest/database"
)

// A newer binary has made a step of the schema that adds something, and one after which this binary may not work with it any more.
var (
	stepAhead = []string{
		"ALTER TABLE account ADD COLUMN newer TEXT", "ALTER TABLE entry ADD COLUMN newer BIGINT DEFAULT 7", "CREATE TABLE newer (n INT)",
		"INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM goose_db_version",
	}
	oldUnfit = []string{"UPDATE compatibility SET oldest = (SELECT max(version_id) FROM goose_db_version)"}
)

// readyz asks the ops listener whether the gateway is ready, and gives what the check says that failed.
func readyz(t *testing.T, g *gatewaytest.Gateway, check string) (ready bool, trouble string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Server.OpsAddress().String()+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	var told observe.Readiness
	if err != nil || json.Unmarshal(body, &told) != nil || told.Ready != (response.StatusCode == http.StatusOK) {
		t.Fatalf("HTTP %d %s, %v", response.StatusCode, body, err)
	}
	for _, one := range told.Checks {
		if one.Name == check {
			trouble = one.Error
		}
	}
	return told.Ready, trouble
}

// TestASchemaOneStepAhead lets gateways of this binary work on a schema that a newer one has made a step of: one that was running, and
// one that starts. When the step says that this binary does not fit any more, the first is not ready and the second does not start.
func TestASchemaOneStepAhead(t *testing.T) { ledgers.OnServers(t, aSchemaOneStepAhead) }

func aSchemaOneStepAhead(t *testing.T, url string) {
	const accounts = 60
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: accounts, Database: url})
	requests := raisable(t, g, accounts)
	confirmed(t, g, "vtb", requests[0])

	database.Execute(t, url, stepAhead...)
	second := gatewaytest.Start(t, gatewaytest.Config{DataDir: g.Dir, Unready: true, Database: url})
	for i, one := range []*gatewaytest.Gateway{g, second} {
		confirmed(t, one, "vtb", requests[1+i])
		if ready, trouble := readyz(t, one, "ledger"); !ready {
			t.Errorf("gateway %d is not ready: %s", i, trouble)
		}
		if n := len(recorded(t, one)); n != 2+i {
			t.Errorf("gateway %d lists %d records", i, n)
		}
	}
	row := &porukav1.GetAccountRequest{Id: g.Population().Account(0).AccountID}
	if _, err := porukav1.NewPortalServiceClient(second.Conn("portal")).GetAccount(t.Context(), row); err != nil {
		t.Error(err)
	}

	database.Execute(t, url, oldUnfit...)
	for i, one := range []*gatewaytest.Gateway{g, second} {
		ready, trouble := readyz(t, one, "ledger")
		if ready || !strings.Contains(trouble, "serves binaries for") {
			t.Errorf("gateway %d is ready: %v, and says %q", i, ready, trouble)
		}
	}
	for _, dev := range []bool{true, false} {
		err := startOn(t, g.Dir, url, dev)
		if err == nil || !strings.Contains(err.Error(), "serves binaries for") || strings.Contains(err.Error(), "migrate") {
			t.Errorf("a gateway starts with: %v", err)
		}
	}
}

// TestASchemaThatIsMissing: outside of development nobody makes a schema by the way; the error tells who does.
func TestASchemaThatIsMissing(t *testing.T) { ledgers.OnServers(t, aSchemaThatIsMissing) }

func aSchemaThatIsMissing(t *testing.T, url string) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	database.Execute(t, url, "DROP TABLE IF EXISTS compatibility")
	err := startOn(t, g.Dir, url, false)
	if err == nil || strings.Count(err.Error(), "poruka ledger migrate") != 1 {
		t.Errorf("a gateway starts with: %v", err)
	}
}

// startOn starts a gateway that should not start.
func startOn(t *testing.T, dir, url string, dev bool) error {
	t.Helper()
	settings, err := config.Config{
		DataDir: dir, DatabaseURL: url, Dev: dev, Listen: config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
	}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if !dev {
		settings.KeyRing = productionRing(t)
	}
	gateway, err := server.New(t.Context(), server.Config{Config: settings, Version: "test", Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
	if err == nil {
		err = gateway.Close()
	}
	return err
}
