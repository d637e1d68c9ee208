package check_test

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners/check"
)

// sealedAs is what a bank makes with a program of its own: a text that it has signed as a report.
func sealedAs(t *testing.T, payload string, certificate tls.Certificate) []byte {
	t.Helper()
	var chain []string
	for _, der := range certificate.Certificate {
		chain = append(chain, base64.StdEncoding.EncodeToString(der))
	}
	options := (&jose.SignerOptions{}).WithType("poruka-check+jws").WithHeader("x5c", chain)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: certificate.PrivateKey}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.DetachedCompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return []byte("{\n  \"report\": " + payload + ",\n  \"signature\": \"" + text + "\"\n}\n")
}

// A bank signs a report that says one thing to this program and another to the next reader.
func TestAReportSaysOneThing(t *testing.T) {
	root := certstest.NewRoot(t, ended, "root")
	bank := root.Client(t, ofVTB)
	whole, err := json.MarshalIndent(report(ofVTB), "  ", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text := string(whole)
	if _, _, err := check.Verify(sealedAs(t, text, bank), pool(root), ended); err != nil {
		t.Fatalf("the report itself: %v", err)
	}
	for name, payload := range map[string]string{
		"a name twice":             strings.Replace(text, `"failed": 1`, `"failed": 0, "failed": 1`, 1),
		"a name in other letters":  strings.Replace(text, `"failed": 1`, `"failed": 0, "FAILED": 1`, 1),
		"cases twice":              strings.Replace(text, `"cases": [`, `"cases": [], "cases": [`, 1),
		"a name written otherwise": strings.Replace(text, `"bank"`, `"bank": "bspb", "b\u0061nk"`, 1),
	} {
		if payload == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, _, err := check.Verify(sealedAs(t, payload, bank), pool(root), ended); err == nil {
			t.Errorf("%s: holds", name)
		}
	}
}
