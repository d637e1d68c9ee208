package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/accountfile"
)

// rowsOf reads a whole accounts file in which every line must be good.
func rowsOf(t *testing.T, content string) (rows []accountfile.Row) {
	t.Helper()
	reader, err := accountfile.New(accountfile.Config{Input: strings.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	for {
		record, err := reader.Next()
		if err != nil {
			return rows
		}
		if record.Problems != nil {
			t.Fatalf("row %d: %v", record.Number, record.Problems)
		}
		rows = append(rows, record.Row)
	}
}

func TestAccountsGenerate(t *testing.T) {
	generate := func(args ...string) string {
		got := command{t: t}.run(append([]string{"accounts", "generate", "--on", "2026-11-22"}, args...)...)
		if got.code != int(exitDone) || got.err != "" {
			t.Fatalf("exit code %d, %s", got.code, got.err)
		}
		return got.out
	}
	small, large := generate("--count", "5"), generate("--count", "2500")
	if rows := rowsOf(t, large); len(rows) != 2500 || rows[0].AccountID == "" {
		t.Errorf("%d rows, want 2500", len(rows))
	}
	if !strings.HasPrefix(large, small) {
		t.Error("a smaller count is not the beginning of a larger one")
	}
	if generate("--count", "5") != small || generate("--count", "5", "--seed", "2") == small {
		t.Error("the same seed gives other accounts, or another seed the same")
	}
	for _, args := range [][]string{{"--format", "jsonl"}, {"--json"}} {
		if lines := generate(append(args, "--count", "5")...); !strings.HasPrefix(lines, "{") || len(rowsOf(t, lines)) != 5 {
			t.Errorf("%v gives no JSONL", args)
		}
	}
	if rows := rowsOf(t, generate("--count", "0")); len(rows) != 0 {
		t.Error("rows of nobody")
	}
}

func TestAccountsGenerateIntoAFile(t *testing.T) {
	folder := t.TempDir()
	csv, jsonl := filepath.Join(folder, "a.csv"), filepath.Join(folder, "a.jsonl")
	args := []string{"accounts", "generate", "--count", "3000", "--on", "2026-11-22", "--out"}
	command{t: t}.run(append(args, csv)...).want(t, exitDone, "", csv+": 3 000 accounts of seed 1 on 2026-11-22")
	content, err := os.ReadFile(csv)
	if err != nil || len(rowsOf(t, string(content))) != 3000 {
		t.Errorf("%v, or another number of rows", err)
	}

	var result generated
	got := command{t: t, tty: true}.run(append(args, jsonl, "--json")...)
	if err := json.Unmarshal([]byte(got.out), &result); err != nil || !strings.Contains(got.err, "generate") {
		t.Errorf("%s, %s: %v", got.out, got.err, err)
	}
	content, err = os.ReadFile(jsonl)
	if err != nil || !bytes.HasPrefix(content, []byte("{")) || result.Bytes != int64(len(content)) || result.Rows != 3000 || result.On != "2026-11-22" {
		t.Errorf("%v: %+v, %d bytes", err, result, len(content))
	}
	if left, _ := os.ReadDir(folder); len(left) != 2 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestAFileOfAccountsIsWholeOrNotThere(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	command{t: t}.runContext(ctx, "accounts", "generate", "--count", "900000000", "--out", filepath.Join(folder, "a.csv")).
		want(t, exitStuck, "", "the accounts are not whole")
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("files left behind: %v", left)
	}
	command{t: t}.run("accounts", "generate", "--count", "1", "--out", filepath.Join(folder, "none", "a.csv")).
		want(t, exitStuck, "", "the accounts cannot be written")
}

func TestAccountsGenerateWrongly(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no count":           {nil, "missing flags: --count"},
		"too many":           {[]string{"--count", "900000001"}, "--count must be at most 900 000 000"},
		"no such day":        {[]string{"--count", "1", "--on", "2026-02-30"}, "--on must be a day like 2026-11-22"},
		"before they lived":  {[]string{"--count", "1", "--on", "2025-01-01"}, "--on: "},
		"no such format":     {[]string{"--count", "1", "--format", "xml"}, "--format must be one of"},
		"less than nobody":   {[]string{"--count", "-1"}, "--count"},
		"seed is not a word": {[]string{"--count", "1", "--seed", "poruka"}, "--seed"},
	} {
		t.Run(name, func(t *testing.T) {
			command{t: t}.run(append([]string{"accounts", "generate"}, test.args...)...).want(t, exitUsage, "", test.want)
		})
	}
}
