package check_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners/check"
)

const (
	domain  = "poruka://test/"
	ofVTB   = domain + "bank/vtb"
	altered = "it is not what was signed"
)

var ended = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// report is one of a bank; of is the identity.
func report(of string) check.Report {
	return check.Report{
		Bank: "vtb", Style: "vtb", Identity: of, Gateway: check.Gateway{Address: "localhost:8443", Version: "test"},
		Began: ended.Add(-time.Second), Ended: ended, Passed: 1, Failed: 1, Whole: true,
		Cases: []check.Result{
			{ID: "valid", Title: "a good request", Wants: "CONFIRMED", Passed: true, Millis: 3},
			{ID: "replay", Title: "twice", Wants: "<the same> & again", Detail: "wanted CONFIRMED; came NOT_MATCHED"},
		},
		Receipts: []check.Receipt{{Name: "confirmations/x", Receipt: "AXM+/="}},
	}
}

func signed(t *testing.T, r check.Report, certificate tls.Certificate) []byte {
	t.Helper()
	file, err := check.Sign(r, certificate)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func pool(ca *certstest.CA) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

func TestReportHolds(t *testing.T) {
	root := certstest.NewRoot(t, ended, "root")
	file := signed(t, report(ofVTB), root.Intermediate(t, "between").Client(t, ofVTB))
	got, caller, err := check.Verify(file, pool(root), ended.AddDate(5, 0, 0)) // long after its certificate has expired
	if err != nil {
		t.Fatal(err)
	}
	if caller.String() != ofVTB || caller.Serial == "" {
		t.Errorf("signed by %s, %s", caller, caller.Serial)
	}
	want, _ := json.Marshal(report(ofVTB))
	if have, _ := json.Marshal(got); !bytes.Equal(have, want) {
		t.Errorf("read %s\nwant %s", have, want)
	}
}

// TestNoByteOfAReportCanBeChanged changes every byte, and drops and doubles some.
func TestNoByteOfAReportCanBeChanged(t *testing.T) {
	root := certstest.NewRoot(t, ended, "root")
	authorities := pool(root)
	file := signed(t, report(ofVTB), root.Client(t, ofVTB))
	holds := func(file []byte) bool {
		_, _, err := check.Verify(file, authorities, ended)
		return err == nil
	}
	if !holds(file) {
		t.Fatal("the whole report does not hold")
	}
	for i := range file {
		for _, flip := range []byte{1, 0x20} {
			changed := bytes.Clone(file)
			changed[i] ^= flip
			if holds(changed) {
				t.Fatalf("byte %d, %q, may be changed to %q", i, file[i], changed[i])
			}
		}
		if i%7 > 0 {
			continue
		}
		if holds(append(bytes.Clone(file[:i]), file[i+1:]...)) || holds(append(bytes.Clone(file[:i+1]), file[i:]...)) {
			t.Fatalf("byte %d, %q, may be dropped or doubled", i, file[i])
		}
	}
	t.Logf("%d bytes", len(file))
}

func TestEveryKindOfKeySigns(t *testing.T) {
	for name, generate := range map[string]func() (crypto.Signer, error){
		"P-256":   func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"P-384":   func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		"RSA":     func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
		"Ed25519": func() (crypto.Signer, error) { _, key, err := ed25519.GenerateKey(rand.Reader); return key, err },
	} {
		t.Run(name, func(t *testing.T) {
			root := certstest.NewRoot(t, ended, "root")
			key, err := generate()
			if err != nil {
				t.Fatal(err)
			}
			template := root.Client(t, ofVTB).Leaf
			template.SerialNumber = big.NewInt(7)
			der, err := x509.CreateCertificate(rand.Reader, template, root.Cert, key.Public(), root.Key)
			if err != nil {
				t.Fatal(err)
			}
			file := signed(t, report(ofVTB), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
			if _, _, err := check.Verify(file, pool(root), ended); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReportThatDoesNotHold(t *testing.T) {
	root := certstest.NewRoot(t, ended, "root")
	authorities := pool(root)
	bank := root.Client(t, ofVTB)
	text := string(signed(t, report(ofVTB), bank))
	change := func(r check.Report, change func(*check.Report)) check.Report { change(&r); return r }
	for name, test := range map[string]struct{ file, want string }{
		"nothing":       {"", "not JSON"},
		"another file":  {`{"report": {}, "signature": ""}`, "not written as"},
		"too large":     {strings.Repeat(" ", check.MaxReport+1), "larger than"},
		"a better sum":  {strings.Replace(text, `"passed": 1`, `"passed": 2`, 1), altered},
		"a blank more":  {strings.Replace(text, `"passed": 1`, `"passed":  1`, 1), altered},
		"a line more":   {text + "\n", "not written as"},
		"no signature":  {text[:strings.Index(text, `"signature": "`)+14] + "\"\n}\n", "malformed"},
		"another CA":    {string(signed(t, report(ofVTB), certstest.NewRoot(t, ended, "root").Client(t, ofVTB))), "none of the CAs"},
		"no bank":       {string(signed(t, report(domain+"portal"), root.Client(t, domain+"portal"))), "not a bank's"},
		"no client":     {string(signed(t, report(ofVTB), root.Server(t))), "none of the CAs"},
		"no identity":   {string(signed(t, report(ofVTB), root.Client(t, "https://vtb"))), "not a bank's"},
		"another bank":  {string(signed(t, report(ofVTB), root.Client(t, domain+"bank/bspb"))), "about another bank than the one that has signed it, poruka://test/bank/bspb"},
		"another realm": {string(signed(t, report(ofVTB), root.Client(t, "poruka://elsewhere/bank/vtb"))), "about another bank"},
		"the future":    {string(signed(t, change(report(ofVTB), func(r *check.Report) { r.Ended = ended.Add(time.Minute) }), bank)), "in the future"},
		"expired then":  {string(signed(t, report(ofVTB), root.Client(t, ofVTB, certstest.Between(ended.AddDate(0, 0, -2), ended.AddDate(0, 0, -1))))), "none of the CAs"},
		"wrong sums":    {string(signed(t, change(report(ofVTB), func(r *check.Report) { r.Passed, r.Failed = 2, 0 }), bank)), "its sums are wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := check.Verify([]byte(test.file), authorities, ended)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// A signature of the bank over something else, or of a weaker kind, is none.
func TestNothingElseThatABankSignsIsAReport(t *testing.T) {
	root := certstest.NewRoot(t, ended, "root")
	bank := root.Client(t, ofVTB)
	file := signed(t, report(ofVTB), bank)
	other := signed(t, report(ofVTB), root.Client(t, ofVTB))
	at, of := bytes.Index(file, []byte(`"signature": "`)), bytes.Index(other, []byte(`"signature": "`))
	if _, _, err := check.Verify(append(bytes.Clone(file[:at]), other[of:]...), pool(root), ended); err != nil {
		t.Errorf("the same bytes, signed with another certificate of the bank: %v", err)
	}
	if _, err := check.Sign(report(ofVTB), tls.Certificate{Certificate: bank.Certificate}); err == nil {
		t.Error("signed without a key")
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := check.Sign(report(ofVTB), tls.Certificate{Certificate: bank.Certificate, PrivateKey: weak}); err != nil {
		t.Fatal(err) // whose certificate it is, is for Verify to see
	}
	stolen := signed(t, report(ofVTB), tls.Certificate{Certificate: bank.Certificate, PrivateKey: weak})
	if _, _, err := check.Verify(stolen, pool(root), ended); err == nil {
		t.Error("signed with a key that is not the certificate's")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("{\n  \"report\": {},\n  \"signature\": \"e30..e30\"\n}\n"))
	f.Add([]byte("{\n  \"report\": {},\n  \"signature\": \"eyJhbGciOiJFUzI1NiIsIng1YyI6WyIiXX0..e30\"\n}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, _, err := check.Verify(file, x509.NewCertPool(), ended); err == nil {
			t.Error("holds without a CA")
		}
	})
}
