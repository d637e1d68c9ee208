package signature_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// form is one way in which a bank signs, behind one face for all tests.
type form struct {
	name     string
	verifier signature.Verifier
	signer   func(t testing.TB, id string) signature.Signer
	sign     func(s signature.Signer, payload []byte) (string, error)
	check    func(sig string, payload []byte, keys []signature.Key, now time.Time) error
}

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

const payload = `<?xml version="1.0"?><Request><SNILS>000-999-001 00</SNILS></Request>`

func forms() []form {
	return []form{compactForm(), jwsForm(), plainForm(), pkcs7Form()}
}

// compactForm holds the payload itself: it is checked to be what was to be signed.
func compactForm() form {
	return form{
		name: "compact JWS", verifier: signature.ES256(), signer: ecSigner,
		sign: func(s signature.Signer, payload []byte) (string, error) {
			body, err := signature.SignCompactJWS(s, payload)
			return string(body), err
		},
		check: func(sig string, payload []byte, keys []signature.Key, now time.Time) error {
			got, err := signature.CompactJWS(signature.ES256(), []byte(sig), keys, now)
			if err == nil && string(got) != string(payload) {
				return errors.New("another payload")
			}
			if err != nil && got != nil {
				return errors.New("a payload with an error")
			}
			return err
		},
	}
}

func jwsForm() form {
	return form{
		name: "detached JWS", verifier: signature.PS256(), signer: rsaSigner, sign: signature.SignDetachedJWS,
		check: func(sig string, payload []byte, keys []signature.Key, now time.Time) error {
			return signature.DetachedJWS(signature.PS256(), sig, payload, keys, now)
		},
	}
}

// plainForm stands with the name of its key, with a colon between them, so that there is one text.
func plainForm() form {
	return form{
		name: "plain", verifier: signature.EdDSA(), signer: edSigner,
		sign: func(s signature.Signer, payload []byte) (string, error) {
			sig, err := signature.SignDetached(s, payload)
			return s.Key().ID + ":" + sig, err
		},
		check: func(sig string, payload []byte, keys []signature.Key, now time.Time) error {
			id, sig, _ := strings.Cut(sig, ":")
			return signature.Detached(signature.EdDSA(), id, sig, payload, keys, now)
		},
	}
}

func pkcs7Form() form {
	return form{
		name: "PKCS#7", verifier: signature.ES256(),
		signer: func(t testing.TB, id string) signature.Signer { return certSigner(t, id) },
		sign:   signature.SignPKCS7,
		check: func(sig string, payload []byte, keys []signature.Key, now time.Time) error {
			return signature.DetachedPKCS7(signature.ES256(), sig, payload, keys, now)
		},
	}
}

func ecSigner(t testing.TB, id string) signature.Signer { return signer(t, ecKey(t), id, nil) }

func edSigner(t testing.TB, id string) signature.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, key, id, nil)
}

// rsaSigner makes only two keys, for they take long.
func rsaSigner(t testing.TB, id string) signature.Signer {
	which := 0
	if id == "other" {
		which = 1
	}
	return signer(t, rsaKeys()[which], id, nil)
}

var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 2)
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

func certSigner(t testing.TB, id string) signature.Signer {
	key := ecKey(t)
	return signer(t, key, "", selfSigned(t, key, func(c *x509.Certificate) { c.Subject.CommonName = id }))
}

func signer(t testing.TB, key crypto.Signer, id string, cert *x509.Certificate) signature.Signer {
	t.Helper()
	s, err := signature.NewSigner(key, id, cert)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// selfSigned makes a certificate that is valid for 90 days on either side of noon; change may change what it says.
func selfSigned(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "bank"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: noon().AddDate(0, 0, -90), NotAfter: noon().AddDate(0, 0, 90), SubjectKeyId: []byte{1, 2, 3, 4},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// stepOf is the step that err names; empty when there is no error.
func stepOf(t testing.TB, err error) signature.Step {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *signature.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an error of this package", err)
	}
	return e.Step
}

func wantStep(t testing.TB, err error, want signature.Step) {
	t.Helper()
	if got := stepOf(t, err); got != want {
		t.Errorf("step %q (%v), want %q", got, errors.Unwrap(err), want)
	}
}
