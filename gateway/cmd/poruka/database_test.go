package main

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// TestCommandsOnADatabaseServer plays the demo on PostgreSQL and counts what it has left there, and then imports and reports with a
// gateway on another database, as an operator would.
func TestCommandsOnADatabaseServer(t *testing.T) {
	var servers gatewaytest.Servers
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	})
	url := servers.PostgreSQL(t)
	t.Setenv("TMPDIR", t.TempDir())
	got := command{t: t}.run("demo", "--json", "--accounts", "1000", "--customers", "20", "--database-url", url)
	var played demoReport
	if err := json.Unmarshal([]byte(got.out), &played); err != nil || got.code != int(exitDone) || !played.Ledger.Verified {
		t.Fatalf("exit code %d, %v\n%s\n%s", got.code, err, got.out, got.err)
	}
	var status ledgerStatus
	got = command{t: t}.run("ledger", "status", "--json", "--database-url", url)
	if err := json.Unmarshal([]byte(got.out), &status); err != nil || status.Accounts != 1000+sandboxAccounts() || status.Entries != played.Ledger.Entries {
		t.Errorf("%s %s: %v", got.out, got.err, err)
	}
	command{t: t}.run("demo", "--accounts", "1000", "--database-url", url).want(t, exitUsage, "", "wants an empty database")
	command{t: t}.run("demo", "--accounts", "1000", "--database-url", "mysql://x").want(t, exitUsage, "", "databaseUrl: must begin with")

	url = servers.PostgreSQL(t)
	g := gatewaytest.Start(t, gatewaytest.Config{Database: url, Accounts: 1000})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORUKA_DATA_DIR", g.Dir)
	folder := t.TempDir()
	file, report := filepath.Join(folder, "accounts.csv"), filepath.Join(folder, "report.csv")
	command{t: t}.run("accounts", "generate", "--count", "3000", "--seed", "7", "--out", file).want(t, exitDone, "", "")
	command{t: t}.run("accounts", "import", file).want(t, exitDone, "3 000    3 000        0          0           0        0\n", "")
	command{t: t}.run("accounts", "import", file).want(t, exitDone, "3 000        0        0      3 000           0        0\n", "")
	row := firstRow(t, file)
	command{t: t, stdin: row.Person.SNILS}.run("accounts", "show", "--snils", "--full").want(t, exitDone, row.Person.FamilyName, "")
	confirmSomebody(t, g)
	command{t: t}.run("audit", "report", "--out", report).want(t, exitDone, "", "2 rows") // the reading is one
	command{t: t}.run("audit", "verify", report).want(t, exitDone, "holds: 2 rows", "")
	command{t: t}.run("ledger", "status", "--database-url", url).want(t, exitDone, "PostgreSQL", "") // beside the gateway
	command{t: t}.run("keys", "rewrap", "--database-url", url).want(t, exitDone, "rewrapped   0\n", "")
	command{t: t}.run("ledger", "retain", "--profiles-idle-for", "1d", "--apply", "--database-url", url).want(t, exitDone, "until idle since", "")
}

func confirmSomebody(t *testing.T, g *gatewaytest.Gateway) {
	t.Helper()
	for _, account := range g.Population().Range(0, 1000) {
		if !development.Raisable(account, time.Now()) {
			continue
		}
		claim := development.Claim(account)
		claim.RequestId, claim.Authentication.Time, claim.Consent.Time = uuid.NewString(), timestamppb.Now(), timestamppb.Now()
		out, err := porukav1.NewConfirmationServiceClient(g.Conn("vtb")).ConfirmIdentity(t.Context(), claim)
		if err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Fatalf("not confirmed: %v, %v", out, err)
		}
		return
	}
	t.Fatal("nobody to confirm")
}

// sandboxAccounts is how many accounts of the sandbox a gateway for development holds.
func sandboxAccounts() (n int64) {
	for _, p := range magic.All() {
		if p.Held != nil {
			n++
		}
	}
	return n
}
