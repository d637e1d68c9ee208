package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestCommandsAgainstAWholeGateway goes the way of a newcomer, against a real gateway.
func TestCommandsAgainstAWholeGateway(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORUKA_DATA_DIR", g.Dir)
	folder := t.TempDir()
	file := filepath.Join(folder, "accounts.csv")
	command{t: t}.run("accounts", "generate", "--count", "3000", "--seed", "7", "--out", file).want(t, exitDone, "", "")
	command{t: t}.run("accounts", "import", file).want(t, exitDone, "3 000    3 000        0          0           0        0\n", "")
	command{t: t}.run("accounts", "import", file).want(t, exitDone, "3 000        0        0      3 000           0        0\n", "")

	row := firstRow(t, file)
	command{t: t}.run("accounts", "show", row.AccountID).want(t, exitDone, "account     "+row.AccountID, "")
	command{t: t, stdin: row.Person.SNILS}.run("accounts", "show", "--snils", "--full").want(t, exitDone, row.Person.FamilyName, "")
	command{t: t}.run("accounts", "show", "00000000-0000-4000-8000-000000000000").want(t, exitNo, "", "ACCOUNT_NOT_FOUND")
	command{t: t}.run("accounts", "show", "me").want(t, exitUsage, "", "id")

	report := filepath.Join(folder, "report.csv")
	command{t: t}.run("audit", "report", "--out", report).want(t, exitDone, "", "1 row, ") // this reading
	command{t: t}.run("audit", "verify", report).want(t, exitDone, "holds: 1 row,", "")
	command{t: t}.run("audit", "summary").want(t, exitDone, "compliance  access                 2         0\n", "")
	command{t: t}.run("audit", "summary", "--profile", filepath.Join(g.Dir, "profiles", "vtb.yaml")).want(t, exitStuck, "", "ACCESS_DENIED")

	command{t: t}.run("partner", "list").want(t, exitDone, "ВТБ", "")
	command{t: t}.run("partner", "suspend", "vtb", "--note", "drill").want(t, exitDone, "vtb is SUSPENDED", "")
	command{t: t}.run("partner", "resume", "vtb").want(t, exitDone, "vtb is ACTIVE", "")
	command{t: t}.run("partner", "suspend", "nobody").want(t, exitNo, "", "PARTNER_NOT_FOUND")

	command{t: t}.run("ledger", "status").want(t, exitStuck, "", "another process has it open")
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	var status ledgerStatus
	got := command{t: t}.run("ledger", "status", "--json")
	if err := json.Unmarshal([]byte(got.out), &status); err != nil || status.Accounts != 3000 || status.Entries != 2 || status.Schema != status.WantSchema {
		t.Errorf("%s: %v", got.out, err)
	}
	command{t: t}.run("audit", "summary").want(t, exitStuck, "", "no gateway answers")
}

// TestImportOfRowsThatTheGatewayRefuses names the column of the file for a field of the API.
func TestImportOfRowsThatTheGatewayRefuses(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORUKA_DATA_DIR", g.Dir)
	file := filepath.Join(t.TempDir(), "accounts.csv")
	command{t: t}.run("accounts", "generate", "--count", "10", "--out", file).want(t, exitDone, "", "")
	row := firstRow(t, file)
	bad, twin := row, row
	bad.AccountID, bad.Person.SNILS = "00000000-0000-4000-8000-000000000001", "112-233-445 96"
	twin.AccountID = "00000000-0000-4000-8000-000000000002"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content = accountfile.CSV.Append(accountfile.CSV.Append(content, &bad), &twin)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("accounts", "import", file).want(t, exitNo, "12       10 ", "2 rows were refused")
	rejects, err := os.ReadFile(file + ".rejects.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n11,snils,SNILS_CHECKSUM,", "\n12,", "DUPLICATE_SNILS"} {
		if !strings.Contains(string(rejects), want) {
			t.Errorf("%s\nlacks %q", rejects, want)
		}
	}
	for _, value := range []string{row.Person.FamilyName, "112-233-445"} {
		if strings.Contains(string(rejects), value) {
			t.Errorf("the rejects file holds %q", value)
		}
	}
}

func firstRow(t *testing.T, path string) accountfile.Row {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := accountfile.New(accountfile.Config{Input: file})
	if err != nil {
		t.Fatal(err)
	}
	record, err := reader.Next()
	if err != nil || len(record.Problems) > 0 {
		t.Fatal(err, record.Problems)
	}
	return record.Row
}
