package main

import (
	"crypto/tls"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/poruka/poruka/certs"
)

// newCA makes a CA by the command and gives the flag that names its folder.
func newCA(t *testing.T) (folder, flag string) {
	t.Helper()
	folder = t.TempDir()
	flag = "--data-dir=" + folder
	command{t: t}.run("certs", "init", flag, "--trust-domain", "test.poruka").
		want(t, exitDone, "The CA of test.poruka is in "+filepath.Join(folder, "ca"), "root-key.pem to a safe place")
	return folder, flag
}

func leafOf(t *testing.T, folder, name string) tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, name+".pem"), filepath.Join(folder, name+"-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestCertsFromInitToList(t *testing.T) {
	folder, flag := newCA(t)
	dir := filepath.Join(folder, "certs")
	command{t: t}.run("certs", "issue", flag, "--role", "bank/sberbank").
		want(t, exitDone, "poruka://test.poruka/bank/sberbank", "")
	command{t: t}.run("certs", "issue", flag, "--role", "gateway", "--dns", "a.example.org", "--dns", "b.example.org", "--ip", "192.0.2.7", "--valid-for", "36h").
		want(t, exitDone, filepath.Join(dir, "gateway.pem"), "")

	bank, gateway := leafOf(t, dir, "sberbank"), leafOf(t, dir, "gateway")
	if caller, err := certs.CallerOf(bank.Leaf, "test.poruka"); err != nil || caller.ID != "sberbank" {
		t.Errorf("%s, %v", caller.String(), err)
	}
	if len(gateway.Leaf.DNSNames) != 2 || len(gateway.Leaf.IPAddresses) != 1 || time.Until(gateway.Leaf.NotAfter) > 36*time.Hour {
		t.Errorf("%v %v %v", gateway.Leaf.DNSNames, gateway.Leaf.IPAddresses, gateway.Leaf.NotAfter)
	}

	command{t: t}.run("certs", "renew", flag, "--json").want(t, exitDone, `"identity":"poruka://test.poruka/gateway"`, "")
	if leafOf(t, dir, "gateway").Leaf.Equal(gateway.Leaf) || !leafOf(t, dir, "sberbank").Leaf.Equal(bank.Leaf) {
		t.Error("what was due, and that alone, should have been renewed")
	}
	command{t: t}.run("certs", "renew", flag).want(t, exitDone, "Nothing is due.", "")
	command{t: t}.run("certs", "renew", flag, "sberbank.pem").want(t, exitDone, "bank/sberbank", "")

	serial := leafOf(t, dir, "sberbank").Leaf.SerialNumber.Text(16)
	command{t: t}.run("certs", "revoke", flag, "--name", "sberbank", "--reason", "key-compromise").want(t, exitDone, serial+" is revoked", "")
	command{t: t}.run("certs", "revoke", flag, "--serial", strings.ToUpper(serial)).want(t, exitNo, "", "has been revoked")
	command{t: t}.run("certs", "renew", flag, "sberbank").want(t, exitNo, "", "sberbank: ")
	command{t: t}.run("certs", "crl", flag, "--json").want(t, exitDone, `"crl":"`+filepath.Join(dir, "crl.pem")+`"`, "")

	var listed struct{ Certificates []listedCert }
	got := command{t: t}.run("certs", "list", flag, "--json")
	if err := json.Unmarshal([]byte(got.out), &listed); err != nil || len(listed.Certificates) != 4 {
		t.Fatalf("%v\n%s", err, got.out)
	}
	if one := listed.Certificates[3]; one.Serial != serial || one.Status != "revoked" || one.Reason != "key-compromise" || one.RevokedAt == nil {
		t.Errorf("listed %+v", one)
	}
	command{t: t}.run("certs", "list", flag).want(t, exitDone, "key-compromise  "+serial, "")
}

func TestCertsIssueForABrowser(t *testing.T) {
	folder, flag := newCA(t)
	password := filepath.Join(folder, "password")
	if err := os.WriteFile(password, []byte("long and secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "out")
	command{t: t}.run("certs", "issue", flag, "--role", "compliance", "--name", "ivanova", "--out", out, "--p12-password-file", password).
		want(t, exitDone, filepath.Join(out, "ivanova.pem"), "")
	packed, err := os.ReadFile(filepath.Join(out, "ivanova.p12"))
	if err != nil {
		t.Fatal(err)
	}
	if _, cert, _, err := pkcs12.DecodeChain(packed, "long and secret"); err != nil || !cert.Equal(leafOf(t, out, "ivanova").Leaf) {
		t.Error(err)
	}
}

func TestCertsWrongUse(t *testing.T) {
	folder, flag := newCA(t)
	empty := filepath.Join(folder, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	command{t: t}.run("certs", "issue", flag, "--role", "portal").want(t, exitDone, "portal", "")
	before := leafOf(t, filepath.Join(folder, "certs"), "portal").Leaf
	for name, test := range map[string]struct {
		args      []string
		complaint string
	}{
		"no CA":                     {[]string{"list", "--data-dir", t.TempDir()}, "'poruka certs init'"},
		"a second CA":               {[]string{"init", flag}, "there is a CA already"},
		"a bad trust domain":        {[]string{"init", "--data-dir", t.TempDir(), "--trust-domain", "A B"}, "no trust domain"},
		"no role":                   {[]string{"issue", flag}, "--role"},
		"a role there is not":       {[]string{"issue", flag, "--role", "root"}, "--role must be"},
		"a bank without id":         {[]string{"issue", flag, "--role", "bank"}, "--role must be"},
		"a gateway without host":    {[]string{"issue", flag, "--role", "gateway"}, "needs a DNS name"},
		"a bank with host":          {[]string{"issue", flag, "--role", "bank/a", "--dns", "a"}, "only a gateway's"},
		"files that are there":      {[]string{"issue", flag, "--role", "portal"}, "--replace"},
		"a name with a path":        {[]string{"issue", flag, "--role", "operator", "--name", "../x"}, "plain file name"},
		"a life that is none":       {[]string{"issue", flag, "--role", "operator", "--valid-for", "soon"}, "like 90d, 36h or 15m"},
		"half a day":                {[]string{"issue", flag, "--role", "operator", "--valid-for", "1.5d"}, "like 90d, 36h or 15m"},
		"a life too long":           {[]string{"issue", flag, "--role", "operator", "--valid-for", "9999d"}, "a certificate lasts between"},
		"an address that is none":   {[]string{"issue", flag, "--role", "gateway", "--ip", "localhost"}, "--ip"},
		"no password":               {[]string{"issue", flag, "--role", "operator", "--p12-password-file", empty}, "is empty"},
		"revoke nothing":            {[]string{"revoke", flag}, "--serial"},
		"revoke twice over":         {[]string{"revoke", flag, "--serial", "1", "--name", "portal"}, "--serial and --name"},
		"revoke a file not there":   {[]string{"revoke", flag, "--name", "vtb"}, `named "vtb"`},
		"renew a file not there":    {[]string{"renew", flag, "vtb"}, `named "vtb"`},
		"a reason there is not":     {[]string{"revoke", flag, "--name", "portal", "--reason", "boredom"}, "--reason must be one of"},
		"a renewal that lasts long": {[]string{"renew", flag, "portal", "--valid-for", "9999d"}, "a certificate lasts between"},
	} {
		t.Run(name, func(t *testing.T) {
			command{t: t}.run(append([]string{"certs"}, test.args...)...).want(t, exitUsage, "", test.complaint)
		})
	}
	command{t: t}.run("certs", "revoke", flag, "--serial", "1").want(t, exitNo, "", "no certificate with this serial")
	if !leafOf(t, filepath.Join(folder, "certs"), "portal").Leaf.Equal(before) {
		t.Error("a refused command has changed the files")
	}
	command{t: t}.run("certs", "issue", flag, "--role", "portal", "--replace").want(t, exitDone, "portal", "")
}
