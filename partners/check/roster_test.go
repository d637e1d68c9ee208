package check_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/signature"
)

// write writes a file of a data folder.
func write(t *testing.T, content []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// changed is the roster for development with one text in the place of another.
func changed(t *testing.T, text, old, by string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the roster has no %s", old)
	}
	return strings.ReplaceAll(text, old, by)
}

// TestARunKeepsToTheBanksRate runs every case of a bank that may send little.
func TestARunKeepsToTheBanksRate(t *testing.T) {
	dir := t.TempDir()
	text := changed(t, string(roster.Dev()), "requestsPerSecond: 100000, burst: 100000", "requestsPerSecond: 100, burst: 3")
	text = changed(t, text, "id: sberbank", "id: another") // and is alone with banks whom the run does not know
	write(t, []byte(text), dir, "roster.yaml")
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true, DataDir: dir})
	cfg := configOf(t, g.Dir, g.Profile("tinkoff"), "tinkoff")
	cases := slices.DeleteFunc(check.Cases(cfg), func(c check.Case) bool { return c.ID == "connection-cut" }) // it may wait for long
	results, _ := played(t, cfg, cases)
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %s", r.ID, r.Detail)
		}
	}
}

// TestRetiredKeys sees the keys of yesterday refused, those of today taken.
func TestRetiredKeys(t *testing.T) {
	dir := t.TempDir()
	text := string(roster.Dev())
	retired := map[partners.ID]signature.Signer{}
	for bank, generate := range map[partners.ID]func() (crypto.Signer, error){
		"sberbank":   func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"pochtabank": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"vtb":        func() (crypto.Signer, error) { _, key, err := ed25519.GenerateKey(rand.Reader); return key, err },
		"bspb":       func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
	} {
		key, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		file, old, certificate := string(bank)+".jwks", string(bank)+"-old.jwks", (*x509.Certificate)(nil)
		if bank == "pochtabank" {
			file, old, certificate = "pochtabank-signing.pem", "pochtabank-old.pem", selfSigned(t, key)
		}
		signer, err := signature.NewSigner(key, "", certificate)
		if err != nil {
			t.Fatal(err)
		}
		public, err := signature.MarshalKeys(signer.Key())
		if certificate != nil {
			public, err = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, public, dir, "banks", old)
		text = changed(t, text, "{file: banks/"+file+"}", "{file: banks/"+file+"}, {file: banks/"+old+", validUntil: 2026-01-31}")
		retired[bank] = signer
	}
	write(t, []byte(text), dir, "roster.yaml")
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true, DataDir: dir})
	for bank, signer := range retired {
		cfg := configOf(t, g.Dir, g.Profile(string(bank)), bank)
		cfg.Retired = signer
		cases := slices.DeleteFunc(check.Cases(cfg), func(c check.Case) bool { return !strings.HasPrefix(c.ID, "signature-") && c.ID != "valid" })
		if len(cases) != 5 {
			t.Errorf("%s: %d cases", bank, len(cases))
		}
		results, _ := played(t, cfg, cases)
		for _, r := range results {
			if !r.Passed {
				t.Errorf("%s: %s: %s", bank, r.ID, r.Detail)
			}
		}
	}
}

func selfSigned(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: "old key"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
