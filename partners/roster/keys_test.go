package roster_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/signature"
)

// signed is a bank of a dialect that is signed, with everything that it can have.
const signed = `version: 1
partners:
  - id: vtb
    displayName: ВТБ
    validFrom: 2026-01-01
    policy: match/1
    style: vtb
    signature:
      keys:
        - file: old.jwks
          validFrom: 2026-01-01
          validUntil: 2026-12-31
        - file: new.jwks
          validFrom: 2026-12-01
    endpoint:
      url: https://api.vtb.example:8443/poruka
      ca: ca.pem
      serverName: server.vtb.example
      timeout: 2s
      concurrent: 7
      ordersPath: /orders
      eventsPath: /v1/events
      link: "https://vtb.example/agree/{order}?code={code}"
    limits: {requestsPerSecond: 1, burst: 1, concurrentRequests: 1, connections: 1}
`

// known is a directory with some files: key sets old.jwks and new.jwks, cert.pem that is good from March to May, ca.pem, and bad ones.
func known(t testing.TB) roster.Known {
	t.Helper()
	files := map[string][]byte{
		"old.jwks": keySet(t, "old"), "new.jwks": keySet(t, "new"), "twin.jwks": keySet(t, "old"),
		"cert.pem": certFile(t, false), "ca.pem": authorityFile(t),
		"bad.jwks": []byte(`{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`), "bad.pem": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
	}
	styles := []roster.Style{{Name: "vtb", Algorithm: "ES256"}, {Name: "bspb", Algorithm: "PS256"}, {Name: "sberbank", Algorithm: "ES256"}, {Name: "pochtabank", Algorithm: "ES256", Certificates: true}}
	return roster.Known{Policies: policies(), Styles: styles, Read: func(name string) ([]byte, error) {
		if content, ok := files[name]; ok {
			return content, nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keySet(t testing.TB, id string) []byte {
	t.Helper()
	set, err := signature.MarshalKeys(signature.Key{ID: id, Public: newKey(t).Public()})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func authorityFile(t testing.TB) []byte { return certFile(t, true) }

func certFile(t testing.TB, authority bool) []byte {
	t.Helper()
	var key crypto.Signer = newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xbeef), Subject: pkix.Name{CommonName: "test"}, BasicConstraintsValid: true, IsCA: authority,
		NotBefore: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func parseSigned(t testing.TB, content string) (partners.Partner, error) {
	t.Helper()
	banks, err := roster.Parse([]byte(content), known(t))
	if err != nil {
		return partners.Partner{}, err
	}
	return banks[0], nil
}

func TestParseReadsKeysAndEndpoint(t *testing.T) {
	bank, err := parseSigned(t, signed)
	if err != nil {
		t.Fatal(err)
	}
	if len(bank.Keys) != 2 || bank.Keys[0].ID != "old" || bank.Keys[1].ID != "new" {
		t.Fatalf("keys %+v", bank.Keys)
	}
	e := bank.Endpoint
	if e.Authority == nil {
		t.Error("no authority")
	}
	e.Authority = nil
	want := partners.Endpoint{
		URL: "https://api.vtb.example:8443/poruka", ServerName: "server.vtb.example", Timeout: 2 * time.Second, Concurrent: 7,
		OrdersPath: "/orders", EventsPath: "/v1/events", Link: "https://vtb.example/agree/{order}?code={code}",
	}
	if e != want {
		t.Errorf("endpoint %+v, want %+v", e, want)
	}
}

func TestEndpointWithLittleSaid(t *testing.T) {
	from, to := strings.Index(signed, "      serverName"), strings.Index(signed, "    limits")
	bank, err := parseSigned(t, signed[:from]+signed[to:])
	if err != nil {
		t.Fatal(err)
	}
	if e := bank.Endpoint; e.ServerName != "api.vtb.example" || e.Timeout != 3*time.Second || e.Concurrent != 20 || e.OrdersPath != "" || e.Link != "" {
		t.Errorf("endpoint %+v", e)
	}
	from, to = strings.Index(signed, "      url"), strings.Index(signed, "      link")
	if bank, err = parseSigned(t, signed[:from]+signed[to:]); err != nil || !bank.Endpoint.IsZero() || bank.Endpoint.Link == "" {
		t.Errorf("with a link alone: %+v, %v", bank.Endpoint, err)
	}
}

// Keys begin and end with a day in Moscow; a certificate has bounds of its own as well.
func TestKeysAreValidOnTheirDays(t *testing.T) {
	certified := strings.Replace(strings.Replace(signed, "old.jwks", "cert.pem", 1), "2026-12-31", "2026-04-30", 1)
	tests := []struct {
		content, key, at string
		active           bool
	}{
		{signed, "old", "2025-12-31T20:59:59.999999999Z", false},
		{signed, "old", "2025-12-31T21:00:00Z", true},
		{signed, "old", "2026-12-31T20:59:59.999999999Z", true},
		{signed, "old", "2026-12-31T21:00:00Z", false},
		{signed, "new", "2026-11-30T20:59:59Z", false},
		{signed, "new", "2026-11-30T21:00:00Z", true},
		{signed, "new", "2076-01-01T00:00:00Z", true},
		{certified, "beef", "2026-02-28T23:59:59Z", false},
		{certified, "beef", "2026-03-01T00:00:00Z", true},
		{certified, "beef", "2026-04-30T20:59:59Z", true},
		{certified, "beef", "2026-04-30T21:00:00Z", false},
	}
	for _, test := range tests {
		bank, err := parseSigned(t, test.content)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, test.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range bank.Keys {
			if got := key.ActiveAt(at); key.ID == test.key && got != test.active {
				t.Errorf("%s at %s is active: %v, want %v", test.key, test.at, got, test.active)
			}
		}
	}
}

func TestRosterFollowsKeyFiles(t *testing.T) {
	path := file(t)
	folder := filepath.Dir(path)
	content := strings.Replace(good, "style: native", "signature: {keys: [{file: keys/vtb.jwks}]}", 1)
	if err := os.Mkdir(filepath.Join(folder, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(folder, "keys", "vtb.jwks")
	write(t, keys, string(keySet(t, "first")))
	write(t, path, content)
	second := string(keySet(t, "second"))
	synctest.Test(t, func(t *testing.T) {
		r, look := follow(t, path)
		has := func(id string) {
			t.Helper()
			if bank, _ := r.Find("vtb"); len(bank.Keys) != 1 || bank.Keys[0].ID != id {
				t.Errorf("keys %+v, want %s", bank.Keys, id)
			}
		}
		has("first")
		if got := look(); got != nil {
			t.Errorf("unchanged files are reported: %v", got)
		}
		write(t, keys, second)
		if got := look(); len(got) != 1 || got[0] != nil {
			t.Errorf("reported %v, want one good roster", got)
		}
		has("second")
		write(t, keys, "broken")
		if got := look(); len(got) != 1 || got[0] == nil || !strings.Contains(got[0].Error(), "line 9: vtb: signature.keys.file: keys/vtb.jwks") {
			t.Errorf("reported %v, want the mistake", got)
		}
		if got := look(); got != nil {
			t.Errorf("the same mistake is told again: %v", got)
		}
		has("second")
		if err := os.Remove(keys); err != nil {
			t.Fatal(err)
		}
		if got := look(); len(got) != 1 || got[0] == nil {
			t.Errorf("reported %v, want that the file is gone", got)
		}
		write(t, keys, second)
		if got := look(); len(got) != 1 || got[0] != nil {
			t.Errorf("reported %v, want that the file is good again", got)
		}
		has("second")
	})
}
