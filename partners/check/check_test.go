package check_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// configOf is how a bank of the development set is played against a gateway.
func configOf(t *testing.T, dir string, profile client.Profile, bank partners.ID) check.Config {
	t.Helper()
	config, err := profile.TLS(profile.RESTAddress)
	if err != nil {
		t.Fatal(err)
	}
	dialect, ok := style.Standard().Find(string(bank))
	if !ok {
		t.Fatalf("no dialect of %s", bank)
	}
	return check.Config{
		ID: bank, Address: profile.RESTAddress, TLS: config, Dialect: dialect, Signer: signerOf(t, dir, bank), Clock: time.Now,
	}
}

func signerOf(t *testing.T, dir string, bank partners.ID) signature.Signer {
	t.Helper()
	if bank == "tinkoff" {
		return nil
	}
	signer, err := development.BankSigner(dir, bank)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// played runs cases and gives the results by their ids.
func played(t *testing.T, cfg check.Config, cases []check.Case) ([]check.Result, *check.Bank) {
	t.Helper()
	bank, err := check.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bank.Close)
	results, err := check.Run(t.Context(), bank, cases, func(int, check.Case) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(cases) {
		t.Fatalf("%d results of %d cases", len(results), len(cases))
	}
	return results, bank
}

// TestEveryBankIsGreenTwice runs every case of every dialect against one sandbox gateway, and all of them again.
func TestEveryBankIsGreenTwice(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true})
	for _, round := range []string{"first", "second"} {
		for _, name := range style.Standard().Names() {
			t.Run(round+"/"+name, func(t *testing.T) {
				cfg := configOf(t, g.Dir, g.Profile(name), partners.ID(name))
				cases := check.Cases(cfg)
				if len(cases) < 18 {
					t.Errorf("only %d cases", len(cases))
				}
				began := time.Now()
				results, _ := played(t, cfg, cases)
				for _, r := range results {
					if !r.Passed {
						t.Errorf("%s (%s): %s", r.ID, r.Title, r.Detail)
					}
				}
				t.Logf("%d cases in %s", len(cases), time.Since(began).Round(time.Millisecond))
			})
		}
	}
}
