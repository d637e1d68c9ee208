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
)

func TestAuditConflicts(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 100})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORUKA_DATA_DIR", g.Dir)
	command{t: t}.run("audit", "conflicts").want(t, exitDone, "", "no conflicts in this period")

	// A bank is wrong about the passport; another then knows it as the portal does.
	claimOf(t, g, "vtb", func(c *porukav1.ConfirmIdentityRequest) { c.Person.Passport.Number = "999999" })
	noticed := claimOf(t, g, "sberbank", func(*porukav1.ConfirmIdentityRequest) {})
	got := command{t: t}.run("audit", "conflicts", "--from", "2026-01-01", "--json")
	var list struct {
		Conflicts []struct {
			Record    struct{ Name, Bank string }
			OtherBank string
			Groups    []string
		}
	}
	if err := json.Unmarshal([]byte(got.out), &list); err != nil || len(list.Conflicts) != 1 || list.Conflicts[0].Record.Name != noticed.GetName() ||
		list.Conflicts[0].Record.Bank != "sberbank" || list.Conflicts[0].OtherBank != "vtb" || len(list.Conflicts[0].Groups) != 1 {
		t.Fatalf("%v\n%s%s", err, got.out, got.err)
	}
	command{t: t}.run("audit", "conflicts").want(t, exitDone, "sberbank  vtb         DOCUMENT    CONFIRMED  "+idOf(noticed.GetName()), "")
	command{t: t}.run("audit", "conflicts", "--to", "2026-01-01").want(t, exitDone, "", "no conflicts in this period")
	command{t: t}.run("audit", "conflicts", "--from", "soon").want(t, exitUsage, "", "--from must be a day like")
	command{t: t}.run("audit", "conflicts", "--profile", filepath.Join(g.Dir, "profiles", "vtb.yaml")).want(t, exitStuck, "", "ACCESS_DENIED")
}

// claimOf lets a bank claim the first person of the population that can be confirmed.
func claimOf(t *testing.T, g *gatewaytest.Gateway, bank string, change func(*porukav1.ConfirmIdentityRequest)) *porukav1.Confirmation {
	t.Helper()
	for _, account := range g.Population().Range(0, 100) {
		if !development.Raisable(account, time.Now()) {
			continue
		}
		claim := development.Claim(account)
		claim.RequestId, claim.Authentication.Time, claim.Consent.Time = uuid.NewString(), timestamppb.Now(), timestamppb.Now()
		change(claim)
		out, err := porukav1.NewConfirmationServiceClient(g.Conn(bank)).ConfirmIdentity(t.Context(), claim)
		if err != nil {
			t.Fatal(err)
		}
		return out.GetConfirmation()
	}
	t.Fatal("nobody to confirm")
	return nil
}
