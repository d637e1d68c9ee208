package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain also takes away what the commands would read of the tester's own surroundings.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Unsetenv(asCommand) // or it would be taken for a flag
		main()
	}
	time.Local = time.UTC
	os.Unsetenv("COLUMNS")
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PORUKA_") && !strings.HasPrefix(name, "PORUKA_TEST_") && name != "PORUKA_UPDATE" {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreTopFunction("os/signal.loop"))
}

func TestWrongUseIsExplained(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct {
		args      []string
		complaint string
	}{
		"unknown command":         {[]string{"acounts"}, "See 'poruka --help'."},
		"unknown flag":            {[]string{"audit", "summary", "--banks", "x"}, "did you mean \"--bank\"?\nSee 'poruka audit summary --help'."},
		"half a command":          {[]string{"audit"}, "expected one of \"report\", \"summary\", \"conflicts\", \"verify\"\nSee 'poruka audit --help'."},
		"missing argument":        {[]string{"audit", "verify"}, "name a report, or give --receipt"},
		"a format there is not":   {[]string{"audit", "report", "--format", "pdf"}, "--format must be one of"},
		"an outcome there is not": {[]string{"audit", "report", "--outcome", "YES"}, "--outcome must be one of [CONFIRMED ALREADY_CONFIRMED"},
		"a time there is not":     {[]string{"audit", "summary", "--from", "yesterday"}, "--from must be a day like"},
		"no profile":              {[]string{"partner", "list", "--data-dir", folder}, "'poruka serve --dev' writes it"},
		"no profile of that name": {[]string{"partner", "list", "--profile", filepath.Join(folder, "x.yaml")}, "x.yaml"},
		"neither id nor SNILS":    {[]string{"accounts", "show"}, "name either the id"},
		"both id and SNILS":       {[]string{"accounts", "show", "--snils", knownAccount}, "name either the id"},
		"resume a pipe":           {[]string{"accounts", "import", "-", "--resume", "--data-dir", folder}, "profile"},
	} {
		t.Run(name, func(t *testing.T) { command{t: t}.run(test.args...).want(t, exitUsage, "", test.complaint) })
	}
}

func TestFlagsComeFromTheEnvironmentToo(t *testing.T) {
	folder := startGateway(t, &fakeGateway{})
	t.Setenv("PORUKA_DATA_DIR", folder)
	t.Setenv("PORUKA_JSON", "true")
	command{t: t}.run("partner", "resume", "vtb").want(t, exitDone, `{"id":"vtb","state":"ACTIVE"}`, "")
}

func TestFlagsGoOverTheProfile(t *testing.T) {
	folder := startGateway(t, &fakeGateway{})
	command{t: t}.run("partner", "list", "--data-dir", folder, "--address", "127.0.0.1:1").
		want(t, exitStuck, "", "no gateway answers: dial tcp 127.0.0.1:1: connect: connection refused")
}

func TestVersion(t *testing.T) {
	command{t: t}.run("version").want(t, exitDone, "poruka "+version+" (go", "")
	var info versionInfo
	got := command{t: t}.run("version", "--json")
	if err := json.Unmarshal([]byte(got.out), &info); err != nil || info.Version != version || info.Go == "" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestAccountsShow(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	command{t: t}.run("accounts", "show", knownAccount, data).want(t, exitDone, `account     `+knownAccount+`
level       CONFIRMED
confirmed   BANK sberbank, 2026-11-22 10:00:00
may use     TAX_CABINET
registries  VERIFIED
version     2
created     2026-11-22 10:00:00
changed     2026-11-22 10:00:00

TIME                 BANK      OUTCOME                 REASON           RECORD
2026-11-22 10:00:00  sberbank  WITHDRAWN                                w
2026-11-22 10:00:00  vtb       NOT_ELIGIBLE (dry run)  PHONE_NOT_BOUND  c
`, "")
	command{t: t, stdin: knownSNILS}.run("accounts", "show", "--snils", data).want(t, exitDone, knownAccount, "")
	command{t: t, stdin: knownSNILS + "\n", tty: true}.run("accounts", "show", "--snils", "--full", data).want(t, exitDone, "name         Кузнецова Мария\n", "SNILS: ")
	command{t: t, stdin: "087-654-303 00\n"}.run("accounts", "show", "--snils", data).want(t, exitNo, "", "ACCOUNT_NOT_FOUND: There is no such account.")
	command{t: t}.run("accounts", "show", "--snils", data).want(t, exitUsage, "", "standard input holds no SNILS")
	command{t: t}.run("accounts", "show", "00000000-0000-4000-8000-000000000000", data).want(t, exitNo, "", "ACCOUNT_NOT_FOUND")

	got := command{t: t}.run("accounts", "show", knownAccount, "--json", "--records", "1", data)
	var shown struct {
		Account struct{ Level, Bank string }
		Records []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(got.out), &shown); err != nil || shown.Account.Level != "CONFIRMED" || len(shown.Records) != 1 {
		t.Errorf("%s: %v", got.out, err)
	}
	if strings.Contains(got.out, "Кузнецова") {
		t.Error("personal data without --full")
	}
}

func TestAuditSummary(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	command{t: t}.run("audit", "summary", data).want(t, exitDone, `BANK      KIND          OUTCOME    RECORDS  DRY RUNS
sberbank  confirmation  CONFIRMED    1 200         7
sberbank  withdrawal                    34         0
                        total        1 234         7
`, "")
	command{t: t}.run("audit", "summary", "--json", data).want(t, exitDone, `"total":"1234"`, "")
	command{t: t, tty: true}.run("audit", "summary", data).want(t, exitDone, "\x1b[1mBANK", "")
}

func TestPartner(t *testing.T) {
	g := &fakeGateway{}
	data := "--data-dir=" + startGateway(t, g)
	command{t: t}.run("partner", "list", data).want(t, exitDone, "vtb   ВТБ   SUSPENDED  2026-01-01         match/1  native         200  OPEN since 2026-11-22 10:00:00, TIMEOUT  2026-11-22 10:00:00 drill\n", "")
	command{t: t}.run("partner", "list", "--json", data).want(t, exitDone, `{"partners":[{"id":"vtb"`, "")
	command{t: t}.run("partner", "suspend", "vtb", "--note", "drill", data).want(t, exitDone, "vtb is SUSPENDED\n", "")
	if g.note != "drill" {
		t.Errorf("note %q", g.note)
	}
	command{t: t}.run("partner", "suspend", "nobody", data).want(t, exitNo, "", "PARTNER_NOT_FOUND")
	command{t: t}.run("partner", "resume", "vtb", data).want(t, exitDone, "vtb is ACTIVE\n", "")
}

func TestAuditReport(t *testing.T) {
	g := &fakeGateway{report: wholeReport("a", "b")}
	data := "--data-dir=" + startGateway(t, g)
	command{t: t}.run("audit", "report", data).want(t, exitDone, string(g.report), "")

	out := filepath.Join(t.TempDir(), "report.csv")
	args := []string{"audit", "report", "--from", "2026-11-01", "--to", "2026-12-01T00:00:00Z", "--bank", "vtb", "--outcome", "NOT_MATCHED", "--format", "jsonl", "--out", out, data}
	command{t: t}.run(args...).want(t, exitDone, "", out+": 2 rows, SHA-256 ")
	if content, err := os.ReadFile(out); err != nil || string(content) != string(g.report) {
		t.Errorf("%q, %v", content, err)
	}
	if want := `from:{seconds:1793480400}  to:{seconds:1796083200}  bank:"vtb"  outcome:NOT_MATCHED  format:JSONL`; strings.Join(strings.Fields(g.asked.String()), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("asked for %v", g.asked)
	}
	command{t: t, tty: true}.run(append(args, "--json")...).want(t, exitDone, `"rows": 2`, "report: ")
}

func TestAReportThatIsNotWholeIsNoFile(t *testing.T) {
	whole := wholeReport("a", "b")
	for name, report := range map[string][]byte{
		"nothing": nil, "cut": whole[:len(whole)-1], "no footer": []byte("name\na\n"), "changed": []byte(strings.Replace(string(whole), "a\n", "x\n", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			data := "--data-dir=" + startGateway(t, &fakeGateway{report: report})
			folder := t.TempDir()
			out := filepath.Join(folder, "report.csv")
			certain := []byte("an older report")
			if err := os.WriteFile(out, certain, 0o600); err != nil {
				t.Fatal(err)
			}
			command{t: t}.run("audit", "report", "--out", out, data).want(t, exitStuck, "", "not a whole report")
			if content, _ := os.ReadFile(out); string(content) != string(certain) {
				t.Error("the older report is gone")
			}
			if files, _ := os.ReadDir(folder); len(files) != 1 {
				t.Errorf("%d files, want 1", len(files))
			}
			command{t: t}.run("audit", "report", data).want(t, exitStuck, "", "not a whole report")
		})
	}
}
