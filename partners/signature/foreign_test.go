package signature_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/smallstep/pkcs7"

	"github.com/poruka/poruka/partners/signature"
)

// bankFiles is a key with its certificate, in memory and in files.
type bankFiles struct {
	folder string
	signer signature.Signer
	cert   *x509.Certificate
	key    any
}

func newBankFiles(t *testing.T) bankFiles {
	t.Helper()
	key := ecKey(t)
	cert := selfSigned(t, key, nil)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b := bankFiles{folder: t.TempDir(), signer: signer(t, key, "", cert), cert: cert, key: key}
	b.write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	b.write(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	b.write(t, "payload", []byte(payload))
	return b
}

func (b bankFiles) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b bankFiles) check(der []byte) error {
	return signature.DetachedPKCS7(signature.ES256(), base64.StdEncoding.EncodeToString(der), []byte(payload), []signature.Key{b.signer.Key()}, noon())
}

// openssl runs the program; without it the test is left out, but not where everything must be there.
func (b bankFiles) openssl(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing")
		}
		t.Skip("openssl is not on the PATH")
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = b.folder
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	err = command.Run()
	if err != nil {
		t.Logf("openssl: %s", problems.String())
	}
	return out.Bytes(), err
}

// OpenSSL takes what is made here, and not for another payload.
func TestOpenSSLTakesOurs(t *testing.T) {
	b := newBankFiles(t)
	sig := mustSign(t, pkcs7Form(), b.signer, payload)
	der, err := base64.StdEncoding.DecodeString(sig)
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "sig.der", der)
	b.write(t, "other", []byte(payload+"\n"))
	verify := func(file string) error {
		_, err := b.openssl(t, "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig.der", "-content", file, "-CAfile", "cert.pem", "-purpose", "any",
			"-attime", "1795348800", "-out", "checked")
		return err
	}
	if err := verify("payload"); err != nil {
		t.Errorf("ours is not taken: %v", err)
	}
	if err := verify("other"); err == nil {
		t.Error("openssl takes ours for another payload: the test tells nothing")
	}
}

// What OpenSSL makes is taken here, in all the forms that are allowed, and refused in the others.
func TestOursTakesOpenSSL(t *testing.T) {
	b := newBankFiles(t)
	tests := []struct {
		name string
		args []string
		want signature.Step
	}{
		{"plain", nil, ""},
		{"without certificates", []string{"-nocerts"}, ""},
		{"without attributes", []string{"-noattr"}, ""},
		{"by its key", []string{"-keyid"}, ""},
		{"attached", []string{"-nodetach"}, signature.Malformed},
		{"streamed, thus not DER", []string{"-nodetach", "-stream"}, signature.Malformed},
		{"SHA-512", []string{"-md", "sha512"}, signature.Malformed},
		{"SHA-1", []string{"-md", "sha1"}, signature.Malformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"cms", "-sign", "-binary", "-in", "payload", "-signer", "cert.pem", "-inkey", "key.pem", "-outform", "DER", "-md", "sha256"}, test.args...)
			der, err := b.openssl(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			wantStep(t, b.check(der), test.want)
		})
	}
}

// A second library for PKCS#7 takes what is made here, and what it makes is taken or refused as it should be.
func TestPKCS7AgainstAnotherImplementation(t *testing.T) {
	b := newBankFiles(t)
	sig, err := base64.StdEncoding.DecodeString(mustSign(t, pkcs7Form(), b.signer, payload))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := pkcs7.Parse(sig)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Content = []byte(payload)
	if err := theirs.Verify(); err != nil {
		t.Errorf("ours is not taken: %v", err)
	}
	theirs.Content = []byte(payload + "\n")
	if err := theirs.Verify(); err == nil {
		t.Error("ours is taken for another payload: the test tells nothing")
	}
	extra := pkcs7.Attribute{Type: oid(1, 2, 840, 113549, 1, 9, 16, 2, 14), Value: "stamp"}
	tests := []struct {
		name    string
		config  pkcs7.SignerInfoConfig
		prepare func(*pkcs7.SignedData)
		want    signature.Step
	}{
		{"plain", pkcs7.SignerInfoConfig{}, (*pkcs7.SignedData).Detach, ""},
		{"more attributes", pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{extra}}, (*pkcs7.SignedData).Detach, ""},
		{"attached", pkcs7.SignerInfoConfig{}, func(*pkcs7.SignedData) {}, signature.Malformed},
		{"attributes that are not signed", pkcs7.SignerInfoConfig{ExtraUnsignedAttributes: []pkcs7.Attribute{extra}}, (*pkcs7.SignedData).Detach, signature.Malformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data, err := pkcs7.NewSignedData([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			data.SetDigestAlgorithm(oid(2, 16, 840, 1, 101, 3, 4, 2, 1))
			if err := data.AddSigner(b.cert, b.key, test.config); err != nil {
				t.Fatal(err)
			}
			test.prepare(data)
			der, err := data.Finish()
			if err != nil {
				t.Fatal(err)
			}
			wantStep(t, b.check(der), test.want)
		})
	}
}
