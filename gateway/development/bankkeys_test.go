package development_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/signature"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func prepare(t *testing.T, c config.Config) (config.Config, *roster.Roster) {
	t.Helper()
	c.Dev = true
	c, err := c.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), c, noon); err != nil {
		t.Fatal(err)
	}
	banks, err := roster.Open(roster.Config{Path: c.Roster, Policies: []string{"match/1"}, Styles: roster.Standard()})
	if err != nil {
		t.Fatal(err)
	}
	return c, banks
}

// What a bank's development key signs, the key in the roster fits, wherever the roster stands.
func TestBanksSignAsTheRosterSays(t *testing.T) {
	for name, c := range map[string]config.Config{
		"in the data directory": {DataDir: t.TempDir()},
		"roster elsewhere":      {DataDir: t.TempDir(), Roster: filepath.Join(t.TempDir(), "banks.yaml")},
	} {
		t.Run(name, func(t *testing.T) {
			c, banks := prepare(t, c)
			verifiers := map[string]signature.Verifier{
				"bspb": signature.PS256(), "pochtabank": signature.ES256(), "sberbank": signature.ES256(), "vtb": signature.EdDSA(),
			}
			for _, bank := range banks.All() {
				v := verifiers[string(bank.ID)]
				if v == nil {
					if bank.ID != "tinkoff" || bank.Keys != nil || bank.Style != "tinkoff" {
						t.Errorf("%s has %d keys and style %s", bank.ID, len(bank.Keys), bank.Style)
					}
					continue
				}
				signer, err := development.BankSigner(c.DataDir, bank.ID)
				if err != nil {
					t.Fatal(err)
				}
				sig, err := signature.SignDetached(signer, []byte("message"))
				if err != nil {
					t.Fatal(err)
				}
				if err := signature.Detached(v, signer.Key().ID, sig, []byte("message"), bank.Keys, noon()); err != nil {
					t.Errorf("%s: %v", bank.ID, err)
				}
				if bank.ID == "pochtabank" && (signer.Key().Certificate == nil || !signer.Key().Certificate.Equal(bank.Keys[0].Certificate)) {
					t.Error("the signer's certificate is not that of the roster")
				}
				if bank.Style != string(bank.ID) {
					t.Errorf("%s speaks %s", bank.ID, bank.Style)
				}
			}
		})
	}
}

func TestBankKeysStayAndAreSecret(t *testing.T) {
	dir := t.TempDir()
	ensure := func(now time.Time) map[string][]byte {
		t.Helper()
		if err := development.EnsureBankKeys(dir, func() time.Time { return now }); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "banks", "*"))
		if err != nil {
			t.Fatal(err)
		}
		contents := map[string][]byte{}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			contents[filepath.Base(file)] = content
		}
		return contents
	}
	first := ensure(noon())
	if len(first) != 8 {
		t.Errorf("%d files, want a private and a public one for four banks", len(first))
	}
	private, err := filepath.Glob(filepath.Join(dir, "banks", "*-signing-key.pem"))
	if err != nil || len(private) != 4 {
		t.Fatalf("private keys %v, %v", private, err)
	}
	for _, file := range private {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "banks", "vtb.jwks")); err != nil {
		t.Fatal(err)
	}
	for name, content := range ensure(noon()) {
		if !bytes.Equal(content, first[name]) {
			t.Errorf("%s has changed", name)
		}
	}
	for name, content := range ensure(noon().AddDate(10, 0, 0)) { // the certificate has run out
		if got, want := bytes.Equal(content, first[name]), name != "pochtabank-signing-key.pem" && name != "pochtabank-signing.pem"; got != want {
			t.Errorf("%s stays: %v, want %v", name, got, want)
		}
	}
}

// A folder from before the dialects keeps its roster.
func TestOldRosterIsKept(t *testing.T) {
	c := config.Config{DataDir: t.TempDir()}
	old := `version: 1
partners:
  - id: vtb
    displayName: ВТБ
    validFrom: 2026-01-01
    policy: match/1
    style: native
    limits: {requestsPerSecond: 1, burst: 1, concurrentRequests: 1, connections: 1}
`
	if err := os.WriteFile(filepath.Join(c.DataDir, "roster.yaml"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	_, banks := prepare(t, c)
	if all := banks.All(); len(all) != 1 || all[0].Style != roster.StyleNative {
		t.Errorf("in force are %+v", all)
	}
}
