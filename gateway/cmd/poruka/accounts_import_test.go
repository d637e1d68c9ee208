package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/ledger/person"
)

// accountRows writes n rows. Each of the bad ones lacks a SNILS, which the gateway refuses.
func accountRows(format accountfile.Format, n int, bad ...int) string {
	file := format.Header()
	for i := range n {
		row := &accountfile.Row{
			AccountID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Level: "STANDARD",
			Person: person.Raw{FamilyName: "Кузнецова", GivenName: "Мария", SNILS: fmt.Sprintf("%011d", i)},
		}
		for _, b := range bad {
			if i+1 == b {
				row.Person.SNILS = ""
			}
		}
		file = format.Append(file, row)
	}
	return string(file)
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestAccountsImport(t *testing.T) {
	for _, format := range []accountfile.Format{accountfile.CSV, accountfile.JSONL} {
		t.Run(string(format), func(t *testing.T) {
			g := &fakeGateway{}
			data := "--data-dir=" + startGateway(t, g)
			file := writeFile(t, "accounts."+string(format), accountRows(format, 12_000))
			got := command{t: t}.run("accounts", "import", file, data)
			got.want(t, exitDone, "  ROWS  CREATED  UPDATED  UNCHANGED  LEVEL KEPT  REFUSED\n12 000   12 000        0          0           0        0\n", "rows/s, at most ")
			if len(g.accounts) != 12_000 || exists(file+".journal") || exists(file+".rejects.csv") {
				t.Errorf("%d accounts; journal %t, rejects %t", len(g.accounts), exists(file+".journal"), exists(file+".rejects.csv"))
			}
			command{t: t, tty: true}.run("accounts", "import", file, data).want(t, exitDone, "12 000        0        0     12 000", "import: 12 000 rows")
		})
	}
}

func TestAccountsImportFromAPipe(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	rows := accountRows(accountfile.JSONL, 5, 2)
	got := command{t: t, stdin: rows}.run("accounts", "import", "-", "--rejects", rejects, "--json", data)
	got.want(t, exitNo, "", "1 rows were refused; "+rejects+" tells why")
	var summary imported
	if err := json.Unmarshal([]byte(got.out), &summary); err != nil || !summary.Complete || summary.Rows != 5 || summary.Created != 4 || summary.Rejected != 1 || summary.Rejects != rejects {
		t.Errorf("%s: %v", got.out, err)
	}
	command{t: t, stdin: rows}.run("accounts", "import", "-", "--resume", data).want(t, exitUsage, "", "only when it was begun with --journal")
}

func TestAccountsImportNamesBadRows(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	rows := strings.SplitAfter(accountRows(accountfile.CSV, 6, 5), "\n")
	rows[2] = strings.Replace(rows[2], "STANDARD", "HIGH", 1)
	rows[4] = "half a row\n"
	file := writeFile(t, "accounts.csv", strings.Join(rows, ""))
	command{t: t}.run("accounts", "import", file, data).want(t, exitNo, "6        3 ", "3 rows were refused; "+file+".rejects.csv tells why")
	content, err := os.ReadFile(file + ".rejects.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"row,column,reason,text\n2,level,FIELD_FORMAT,", "\n4,,FIELD_FORMAT,", "\n5,snils,FIELD_FORMAT,must have 11 digits\n"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("%q lacks %q", content, want)
		}
	}
	for _, value := range []string{"HIGH", "half a row", "Кузнецова"} {
		if strings.Contains(string(content), value) {
			t.Errorf("the rejects file holds the value %q", value)
		}
	}
}

func TestAccountsImportRefusesWhatIsNoAccountsFile(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	command{t: t}.run("accounts", "import", writeFile(t, "a.csv", "id,name\n1,x\n"), data).want(t, exitUsage, "", "unknown column \"id\"")
	command{t: t}.run("accounts", "import", writeFile(t, "a.csv", ""), data).want(t, exitUsage, "", "the file is empty")
	command{t: t}.run("accounts", "import", "none.csv", data).want(t, exitStuck, "", "no such file")
}

func TestAccountsImportIsStoppedAndResumed(t *testing.T) {
	g := &fakeGateway{}
	data := "--data-dir=" + startGateway(t, g)
	file := writeFile(t, "accounts.csv", accountRows(accountfile.CSV, 23_000, 3, 9_000, 22_999))
	ctx, interrupt := context.WithCancel(t.Context())
	seen := 0
	g.onImport = func(rows int) error {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		if seen += rows; seen > 8_000 {
			interrupt()
		}
		return nil
	}
	got := command{t: t}.runContext(ctx, "accounts", "import", file, data)
	got.want(t, exitStuck, "", "poruka: stopped on request; all rows up to row ")
	if !strings.Contains(got.err, "the same command with --resume goes on") || !exists(file+".journal") {
		t.Error(got.err)
	}
	g.onImport = nil
	got = command{t: t}.run("accounts", "import", file, "--resume", data)
	got.want(t, exitNo, "23 000   22 997        0          0           0        3\n", "going on after row ")
	if len(g.accounts) != 22_997 || exists(file+".journal") {
		t.Errorf("%d accounts; journal %t", len(g.accounts), exists(file+".journal"))
	}
	rejects, _ := os.ReadFile(file + ".rejects.csv")
	if strings.Count(string(rejects), "\n") != 4 {
		t.Errorf("%s", rejects)
	}
}

func TestAccountsImportDoesNotResumeAnotherFile(t *testing.T) {
	g := &fakeGateway{}
	data := "--data-dir=" + startGateway(t, g)
	rows := accountRows(accountfile.CSV, 20_000)
	file := writeFile(t, "accounts.csv", rows)
	g.onImport = func(int) error {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		if len(g.accounts) >= 10_000 {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	}
	command{t: t}.run("accounts", "import", file, "--resume", data).want(t, exitStuck, "", "beginning with the first row")
	if err := os.WriteFile(file, []byte(rows+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("accounts", "import", file, "--resume", data).want(t, exitStuck, "", "the file has changed since it began")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	held := len(g.accounts)
	g.onImport = nil
	command{t: t}.run("accounts", "import", file, data).want(t, exitDone, fmt.Sprintf("20 000   %6s        0     %6s", thousands(int64(20_000-held)), thousands(int64(held))), "beginning anew; --resume would have gone on after row ")
}
