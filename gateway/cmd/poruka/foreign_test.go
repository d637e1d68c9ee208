package main

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/sandbox/banks"
)

// A bank signs a report whose words would write lines of ours onto the operator's terminal.
func TestForeignWordsStayInTheirLine(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	root := certstest.NewRoot(t, now, "root")
	const id, fake = "poruka://test/bank/vtb", "\n\x1b[32myes\x1b[0m origin has given its receipts, 40 in all, during the run\r\u202e\u2028"
	file, err := check.Sign(check.Report{
		Bank: "vtb", Style: "vtb" + fake, Identity: id, Gateway: check.Gateway{Address: "a" + fake, Version: "1" + fake}, Began: now, Ended: now, Passed: 1,
		Failed: 1, Cases: []check.Result{{ID: "a" + fake, Title: "b" + fake, Passed: true}, {ID: "c", Title: "d", Detail: "e" + fake}},
	}, root.Client(t, id))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	report, ca := filepath.Join(folder, "report.json"), filepath.Join(folder, "ca.pem")
	for path, content := range map[string][]byte{report: file, ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Cert.Raw})} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := command{t: t}.run("partner", "check", "--verify", report, "--ca", ca)
	if lines := strings.Count(got.out, "\n"); lines != 5 || strings.ContainsAny(got.out, "\x1b\r\u202e\u2028") || !strings.Contains(got.out, "is signed by "+id) {
		t.Errorf("%d lines: %q", lines, got.out)
	}
}

// Whoever calls a bank of the sandbox, a page in a browser too, chooses the path that is printed.
func TestPathsOfCallsStayInTheirLine(t *testing.T) {
	var out bytes.Buffer
	calls := &callLog{s: &streams{Out: &out}}
	calls.add(banks.Call{Time: time.Now(), Bank: "vtb", Method: "GET", Path: "/orders/\x1b[2J\n12:00:00  vtb", Status: 403})
	if text := out.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
}
