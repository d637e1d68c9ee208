package style

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// noon is the time of every test.
func noon() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC) }

// signers are one signer for each bank that signs, made once: RSA takes its time.
var signers = sync.OnceValue(func() map[string]signature.Signer {
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	old, _ := rsa.GenerateKey(rand.Reader, 2048)
	return map[string]signature.Signer{
		"sberbank":   mustSigner(curve, "sber-1", nil),
		"vtb":        mustSigner(edwards, "vtb-1", nil),
		"bspb":       mustSigner(old, "bspb-1", nil),
		"pochtabank": mustSigner(curve, "", certificateOf(curve)),
	}
})

func mustSigner(key crypto.Signer, id string, cert *x509.Certificate) signature.Signer {
	s, err := signature.NewSigner(key, id, cert)
	if err != nil {
		panic(err)
	}
	return s
}

func certificateOf(key crypto.Signer) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x5A17), Subject: pkix.Name{CommonName: "Signing key"},
		NotBefore: noon().AddDate(-1, 0, 0), NotAfter: noon().AddDate(20, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

// signerOf is nil for a bank that does not sign.
func signerOf(bank string) signature.Signer { return signers()[bank] }

// keysOf is what the roster holds of a bank.
func keysOf(bank string) []signature.Key {
	if s := signerOf(bank); s != nil {
		return []signature.Key{s.Key()}
	}
	return nil
}

// dialect finds one of the standard ones.
func dialect(t testing.TB, bank string) *tabled {
	t.Helper()
	d, ok := all().Find(bank)
	if !ok {
		t.Fatal("there is no dialect", bank)
	}
	own, ok := d.(*tabled)
	if !ok {
		t.Fatal(bank, "is told by no shape")
	}
	return own
}

// all is the standard dialects and the one that only tests have.
func all() Set { return Standard().With(alfa()) }

// sealed signs a message as its bank would.
func sealed(t testing.TB, d *tabled, m Message) Message {
	t.Helper()
	if m.Header == nil {
		m.Header = Header{}
	}
	if err := d.seal.close(&m, signerOf(d.name)); err != nil {
		t.Fatal(err)
	}
	return m
}
