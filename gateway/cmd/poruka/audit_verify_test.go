package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

const testOrigin = "gateway.example/log"

// exported makes a report of two rows, its keys, and the receipt of one of them.
func exported(t *testing.T) (report []byte, keys []string, receipt string) {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(err)
	store := &ledgertest.Memory{}
	at := time.Now().UTC().Truncate(time.Microsecond)
	first := ledger.Entry{ID: ledger.EntryID{1}, Kind: ledger.KindConfirmation, Partner: "vtb", Outcome: ledger.OutcomeNotMatched, DecidedAt: at}
	second := first
	second.ID, second.Partner = ledger.EntryID{2}, "sberbank"
	tlogtest.Put(t, ring, store, nil, first, second)
	tlogtest.Settle(t, ring, testOrigin, store)
	key, err := tlog.NewKey(testOrigin, ring)
	check(err)
	prover, err := tlog.NewProver(tlog.ProverConfig{Log: store, Checkpoints: store, Origin: testOrigin, Keys: []*tlog.Key{key}})
	check(err)
	service, err := audit.New(audit.Config{Ledger: store, Log: store, Prover: prover, Key: key})
	check(err)
	var out bytes.Buffer
	_, err = service.Export(t.Context(), audit.Report{Format: audit.CSV}, &out)
	check(err)
	keys, err = tlog.VerifierKeys(testOrigin, ring)
	check(err)
	receipts, err := tlog.NewReceipts(tlog.ReceiptsConfig{Key: key, Marks: ring})
	check(err)
	stored, err := store.Entry(t.Context(), first.ID)
	check(err)
	return out.Bytes(), keys, receipts.Of(stored)
}

func TestAuditVerify(t *testing.T) {
	report, keys, receipt := exported(t)
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	trust := "--keys=" + file("log-keys.txt", []byte(strings.Join(keys, "\n")))
	good, cut := file("good.csv", report), file("cut.csv", report[:len(report)-2])
	bad := file("bad.csv", bytes.Replace(report, []byte("sberbank"), []byte("sberbonk"), 1))

	command{t: t}.run("audit", "verify", good, trust).want(t, exitDone, "yes "+good+" holds: 2 rows, each in the log", "")
	command{t: t}.run("audit", "verify", good, "--data-dir", folder).want(t, exitDone, "chosen by  everything", "")
	vkey, _, _ := strings.Cut(keys[0], " ")
	command{t: t, stdin: string(report)}.run("audit", "verify", "-", "--json", "--keys", vkey).want(t, exitDone, `"holds":true,"rows":2`, "")
	command{t: t}.run("audit", "verify", bad, trust).want(t, exitNo, "no "+bad+": row 2, position 1: it was altered", "")
	command{t: t}.run("audit", "verify", bad, trust, "--json").want(t, exitNo, `"holds":false,"finding":{"row":2,"position":1,"what":"it was altered`, "")
	command{t: t, tty: true}.run("audit", "verify", cut, trust).want(t, exitNo, "\x1b[31mno\x1b[0m "+cut+": its last line breaks off", "")
	command{t: t}.run("audit", "verify", filepath.Join(folder, "none"), trust).want(t, exitStuck, "", "no such file")
	command{t: t}.run("audit", "verify", good, "--keys", filepath.Join(folder, "none")).want(t, exitStuck, "", "name them with --keys")
	command{t: t}.run("audit", "verify", good, "--keys", good).want(t, exitUsage, "", "of the keys")

	_, others, _ := exported(t)
	command{t: t}.run("audit", "verify", good, "--keys", strings.Fields(others[0])[0]).want(t, exitNo, "not signed by a trusted key", "")

	command{t: t}.run("audit", "verify", "--receipt", receipt, trust).want(t, exitDone, "confirmations/01000000-", "")
	command{t: t}.run("audit", "verify", "--receipt", receipt, trust, "--json").want(t, exitDone, `"holds":true,"origin":"gateway.example/log"`, "")
	command{t: t}.run("audit", "verify", "--receipt", receipt[:len(receipt)-4]+"AAAA", trust).want(t, exitNo, "no the receipt does not hold", "")
	command{t: t}.run("audit", "verify", good, "--receipt", receipt, trust).want(t, exitUsage, "", "name a report, or give --receipt")
}
