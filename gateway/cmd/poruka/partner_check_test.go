package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/style"
)

// sandbox starts a gateway with the persons of the sandbox, or without, and gives its data folder.
func sandbox(t *testing.T, persons bool) string {
	t.Helper()
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: persons})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	return g.Dir
}

func TestPartnerCheck(t *testing.T) {
	folder := sandbox(t, true)
	data := "--data-dir=" + folder
	for _, bank := range style.Standard().Names() {
		got := command{t: t}.run("partner", "check", bank, data)
		got.want(t, exitDone, "\nyes "+bank+", dialect "+bank+", against localhost:", "")
		if strings.Contains(got.out, "FAILED") || strings.Count(got.out, "\nok      ") < 18 || !strings.Contains(got.out, " cases passed, 0 failed, ") {
			t.Errorf("%s:\n%s", bank, got.out)
		}
	}
	got := command{t: t, tty: true}.run("partner", "check", "vtb", "--only", "replay,clock", data)
	got.want(t, exitDone, "\x1b[32mok    \x1b[0m  replay  the same request twice\n\x1b[32myes\x1b[0m vtb", "check: 2 cases")
	if !strings.Contains(got.out, "; not all cases of the dialect were run\n") {
		t.Errorf("%s", got.out)
	}
	for name, test := range map[string]struct {
		args      []string
		code      exitCode
		complaint string
	}{
		"no such case":       {[]string{"vtb", "--only", "valid,echo"}, exitUsage, `there is no case "echo"; --list tells which there are`},
		"not that bank":      {[]string{"vtb", "--profile", filepath.Join(folder, "profiles", "bspb.yaml")}, exitUsage, "is that of poruka://dev.poruka/bank/bspb, not of the bank vtb"},
		"no bank at all":     {[]string{"portal"}, exitUsage, "is that of poruka://dev.poruka/portal, not of the bank portal"},
		"no signing key":     {[]string{"vtb", "--signing-key", filepath.Join(folder, "none.pem")}, exitUsage, "its key cannot be read"},
		"not a signing key":  {[]string{"vtb", "--signing-key", filepath.Join(folder, "certs", "ca.pem")}, exitUsage, "its key cannot be read"},
		"not a retired key":  {[]string{"vtb", "--retired-key", filepath.Join(folder, "none.pem")}, exitUsage, "the retired key cannot be read"},
		"nowhere to write":   {[]string{"vtb", "--only", "clock", "--out", filepath.Join(folder, "none", "report.json")}, exitStuck, "writing the report"},
		"a profile too many": {[]string{"vtb", "--verify", "report.json"}, exitUsage, "name no bank with it"},
	} {
		t.Run(name, func(t *testing.T) {
			command{t: t}.run(append([]string{"partner", "check", data}, test.args...)...).want(t, test.code, "", test.complaint)
		})
	}
}

func TestPartnerCheckReport(t *testing.T) {
	folder := sandbox(t, true)
	data, file := "--data-dir="+folder, filepath.Join(t.TempDir(), "report.json")
	command{t: t}.run("partner", "check", "sberbank", data, "--out", file).want(t, exitDone, " 0 failed, ", file+": the report, signed as poruka://dev.poruka/bank/sberbank\n")
	want := "yes " + file + " is signed by poruka://dev.poruka/bank/sberbank with the certificate "
	command{t: t}.run("partner", "check", "--verify", file, data).want(t, exitDone, want, "")
	command{t: t}.run("partner", "check", "--verify", file, "--ca", filepath.Join(folder, "certs", "ca.pem")).want(t, exitDone, "ok      replay ", "")
	logKeys := filepath.Join(folder, keysFile)
	command{t: t}.run("partner", "check", "--verify", file, data, "--keys", logKeys).want(t, exitDone, "has given its receipts, ", "")
	foreign := filepath.Join(sandbox(t, false), keysFile)
	command{t: t}.run("partner", "check", "--verify", file, data, "--keys", foreign).want(t, exitNo, "no "+file+" does not hold: the receipt of \"confirmations/", "")
	command{t: t}.run("partner", "check", "--verify", file, data, "--keys", file).want(t, exitUsage, "", "keys")
	var verified verifiedCheck
	got := command{t: t}.run("partner", "check", "--verify", file, data, "--json")
	if err := json.Unmarshal([]byte(got.out), &verified); err != nil || !verified.Holds || verified.Report.Passed < 18 || len(verified.Report.Receipts) < 10 || !verified.Report.Whole {
		t.Errorf("%v: %s", err, got.out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(content, []byte(`"failed": 0`), []byte(`"failed": 1`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("partner", "check", "--verify", file, data).want(t, exitNo, "no "+file+" does not hold: it is not what was signed", "")
	command{t: t}.run("partner", "check", "--verify", file, data, "--json").want(t, exitNo, `"holds":false`, "")
	command{t: t}.run("partner", "check", "--verify", filepath.Join(folder, "none.json"), data).want(t, exitStuck, "", "the report cannot be read")
	command{t: t}.run("partner", "check", "--verify", file, "--ca", file).want(t, exitUsage, "", "holds no certificate")
	command{t: t}.run("partner", "check", "--verify", file, "--ca", filepath.Join(folder, "none.pem")).want(t, exitUsage, "", "the CA cannot be read")
}

// Where results and notes go to one terminal, each begins a line of its own.
func TestPartnerCheckOnOneScreen(t *testing.T) {
	var screen bytes.Buffer
	folder, file := sandbox(t, true), filepath.Join(t.TempDir(), "report.json")
	code := run(t.Context(), []string{"partner", "check", "vtb", "--data-dir", folder, "--only", "clock", "--out", file},
		&streams{In: strings.NewReader(""), Out: &screen, Err: &screen, ErrTerminal: true})
	for _, line := range []string{file + ": the report, signed as ", "ok      clock  ", "yes vtb, dialect vtb, "} {
		if !strings.Contains(screen.String(), "\n"+line) {
			t.Errorf("no line begins with %q", line)
		}
	}
	if code != int(exitDone) || !strings.HasSuffix(screen.String(), "; not all cases of the dialect were run\n") {
		t.Errorf("exit code %d:\n%s", code, screen.String())
	}
}

func TestPartnerCheckNeedsASandbox(t *testing.T) {
	folder := sandbox(t, false)
	command{t: t}.run("partner", "check", "vtb", "--data-dir", folder).want(t, exitStuck, "", "is not a sandbox: it does not know the persons")
}

func TestPartnerCheckNeedsAGateway(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true, Change: func(*config.Config) {}})
	if err := development.WriteProfiles(g.Dir, g.Server.GRPCAddress(), g.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("partner", "check", "vtb", "--data-dir", g.Dir).want(t, exitStuck, "", "no gateway answers at localhost:")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	command{t: t}.runContext(ctx, "partner", "check", "vtb", "--data-dir", g.Dir).want(t, exitStuck, "", "stopped on request")
}

func TestPartnerCheckWithoutAGateway(t *testing.T) {
	folder := t.TempDir()
	command{t: t}.run("partner", "check").want(t, exitUsage, "", "name the bank")
	command{t: t}.run("partner", "check", "vtb", "--data-dir", folder).want(t, exitUsage, "", "'poruka serve --dev' writes it for its banks")
	command{t: t}.run("partner", "check", "alfa", "--list").want(t, exitUsage, "", `there is no dialect "alfa"; there are bspb, pochtabank, sberbank, tinkoff, vtb`)
	command{t: t}.run("partner", "check", "bspb", "--list").want(t, exitDone, "\nid-in-header ", "")
	var listed struct{ Cases []listedCase }
	got := command{t: t}.run("partner", "check", "bspb", "--list", "--json")
	if err := json.Unmarshal([]byte(got.out), &listed); err != nil || len(listed.Cases) < 18 || listed.Cases[0].Wants == "" {
		t.Errorf("%v: %s", err, got.out)
	}
}

func TestPrintCheckTellsFailures(t *testing.T) {
	var out bytes.Buffer
	err := printCheck(&streams{Out: &out}, check.Report{
		Bank: "vtb", Style: "vtb", Gateway: check.Gateway{Address: "localhost:1", Version: "v"}, Passed: 1, Failed: 1, Whole: true,
		Cases: []check.Result{{ID: "valid", Title: "a", Passed: true}, {ID: "replay", Title: "b", Detail: "wanted x; came y"}},
	})
	want := "ok      valid   a\nFAILED  replay  b\n        wanted x; came y\nno vtb, dialect vtb, against localhost:1 (version v): 1 case passed, 1 failed, 0s\n"
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
