package signature_test

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/poruka/poruka/partners/signature"
)

func TestPKCS7ThatLies(t *testing.T) {
	s, other := certSigner(t, "bank"), certSigner(t, "attacker")
	cert := s.Key().Certificate
	key := ecKey(t)
	imitation := signer(t, key, "", selfSigned(t, key, func(c *x509.Certificate) { // the same names, another key
		c.Subject, c.SerialNumber, c.SubjectKeyId = cert.Subject, cert.SerialNumber, cert.SubjectKeyId
	}))
	data, text := oid(1, 2, 840, 113549, 1, 7, 1), oid(1, 2, 840, 113549, 1, 9, 16, 1, 4)
	sha1, rsa := oid(1, 3, 14, 3, 2, 26), oid(1, 2, 840, 113549, 1, 1, 11)
	tests := []struct {
		name   string
		from   signature.Signer
		change func(c *cms)
		want   signature.Step
	}{
		{"plain", s, func(*cms) {}, ""},
		{"without its certificate", s, func(c *cms) { c.certificates = nil }, ""},
		{"with a chain", s, func(c *cms) { c.certificates = append(c.certificates, other.Key().Certificate.Raw) }, ""},
		{"without attributes", s, func(c *cms) { c.bare = true }, ""},
		{"named by its key", s, func(c *cms) { c.version, c.infoVersion, c.byKey = 3, 3, cert.SubjectKeyId }, ""},
		{"parameters of old", s, func(c *cms) { c.null = true }, ""},
		{"more attributes", s, func(c *cms) {
			c.attributes = func() [][]byte { return [][]byte{contentType(data), attributeOf(text), messageDigest(payload)} }
		}, ""},
		{"attached content", s, func(c *cms) { c.content = []byte(payload) }, signature.Malformed},
		{"other content attached", s, func(c *cms) { c.content = []byte("another") }, signature.Malformed},
		{"nothing attached", s, func(c *cms) { c.content = []byte{} }, signature.Malformed},
		{"other content type", s, func(c *cms) { c.kind = text }, signature.Malformed},
		{"nobody signs", s, func(c *cms) { c.signers = nil }, signature.Malformed},
		{"two sign", s, func(c *cms) { c.signers = append(c.signers, other) }, signature.Malformed},
		{"signs twice", s, func(c *cms) { c.signers = append(c.signers, s) }, signature.Malformed},
		{"SHA-1", s, func(c *cms) { c.digest = sha1 }, signature.Malformed},
		{"RSA", s, func(c *cms) { c.algorithm = rsa }, signature.Malformed},
		{"parameters of ECDSA", s, func(c *cms) { c.nullECDSA = true }, signature.Malformed},
		{"attributes that are not signed", s, func(c *cms) { c.unsigned = attributeOf(text) }, signature.Malformed},
		{"revocation lists", s, func(c *cms) { c.lists = true }, signature.Malformed},
		{"no certificates in the list", s, func(c *cms) { c.certificates = [][]byte{} }, signature.Malformed},
		{"too many certificates", s, func(c *cms) { c.certificates = make9(cert.Raw) }, signature.Malformed},
		{"version 0", s, func(c *cms) { c.version, c.infoVersion = 0, 0 }, signature.Malformed},
		{"version of another", s, func(c *cms) { c.version = 3 }, signature.Malformed},
		{"version of another name", s, func(c *cms) { c.version, c.infoVersion = 3, 3 }, signature.Malformed},
		{"no attributes in the list", s, func(c *cms) { c.attributes = func() [][]byte { return nil } }, signature.Malformed},
		{"no digest", s, func(c *cms) { c.attributes = func() [][]byte { return [][]byte{contentType(data)} } }, signature.Malformed},
		{"no content type", s, func(c *cms) { c.attributes = func() [][]byte { return [][]byte{messageDigest(payload)} } }, signature.Malformed},
		{"content type of something else", s, func(c *cms) {
			c.attributes = func() [][]byte { return [][]byte{contentType(text), messageDigest(payload)} }
		}, signature.Malformed},
		{"two digests", s, func(c *cms) {
			c.attributes = func() [][]byte {
				return [][]byte{contentType(data), messageDigest(payload), messageDigest("another")}
			}
		}, signature.Malformed},
		{"digest of other bytes", s, func(c *cms) {
			c.attributes = func() [][]byte { return [][]byte{contentType(data), messageDigest("another")} }
		}, signature.DigestDiffers},
		{"another key signs", s, func(c *cms) {
			c.sign = func(message []byte) []byte { return derSignature(t, other, message) }
		}, signature.DigestDiffers},
		{"another key signs the payload alone", s, func(c *cms) {
			c.bare = true
			c.sign = func(message []byte) []byte { return derSignature(t, other, message) }
		}, signature.DigestDiffers},
		{"a signature of nothing", s, func(c *cms) {
			c.sign = func([]byte) []byte { return []byte{0x30, 6, 2, 1, 0, 2, 1, 0} }
		}, signature.Malformed},
		{"a certificate of its own", other, func(*cms) {}, signature.KeyUnknown},
		{"a certificate of its own beside the bank's", other, func(c *cms) { c.certificates = append(c.certificates, cert.Raw) }, signature.KeyUnknown},
		{"an imitated certificate", imitation, func(*cms) {}, signature.KeyUnknown},
		{"an imitated certificate, by its key", imitation, func(c *cms) { c.version, c.infoVersion, c.byKey = 3, 3, cert.SubjectKeyId }, signature.KeyUnknown},
		{"an imitated certificate that is not shown", imitation, func(c *cms) { c.certificates = nil }, signature.DigestDiffers},
		{"the bank's certificate shown", imitation, func(c *cms) { c.certificates = [][]byte{cert.Raw} }, signature.DigestDiffers},
		{"the bank's certificate is not among those shown", s, func(c *cms) { c.certificates = [][]byte{other.Key().Certificate.Raw} }, signature.KeyUnknown},
		{"named by another key", s, func(c *cms) { c.version, c.infoVersion, c.byKey = 3, 3, []byte{9} }, signature.KeyUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCMS(test.from)
			test.change(c)
			sig := base64.StdEncoding.EncodeToString(c.der(t))
			wantStep(t, signature.DetachedPKCS7(signature.ES256(), sig, []byte(payload), []signature.Key{s.Key()}, noon()), test.want)
		})
	}
}

func make9(raw []byte) [][]byte {
	var all [][]byte
	for range 9 {
		all = append(all, raw)
	}
	return all
}

// What was signed as attributes is not taken as a payload.
func TestAttributesAreNoPayload(t *testing.T) {
	s := certSigner(t, "bank")
	c := newCMS(s)
	attributes := setOf(c.signedAttributes())
	signedOnce := derSignature(t, s, attributes)
	c.bare, c.sign = true, func([]byte) []byte { return signedOnce }
	sig := base64.StdEncoding.EncodeToString(c.der(t))
	wantStep(t, signature.DetachedPKCS7(signature.ES256(), sig, attributes, []signature.Key{s.Key()}, noon()), signature.Malformed)
}

// No bit of the DER can be turned, whatever stands in it, and nothing can stand behind it.
func TestNoBitOfPKCS7CanBeTurned(t *testing.T) {
	s := certSigner(t, "bank")
	keys := []signature.Key{s.Key()}
	for name, change := range map[string]func(*cms){
		"plain":                func(*cms) {},
		"without attributes":   func(c *cms) { c.bare = true },
		"without certificates": func(c *cms) { c.certificates = nil },
		"by its key":           func(c *cms) { c.version, c.infoVersion, c.byKey = 3, 3, s.Key().Certificate.SubjectKeyId },
	} {
		c := newCMS(s)
		change(c)
		der := c.der(t)
		check := func(der []byte) error {
			return signature.DetachedPKCS7(signature.ES256(), base64.StdEncoding.EncodeToString(der), []byte(payload), keys, noon())
		}
		if err := check(der); err != nil {
			t.Fatalf("%s: %v", name, errors.Unwrap(err))
		}
		for i := range der {
			for bit := range 8 {
				changed := append([]byte{}, der...)
				changed[i] ^= 1 << bit
				if check(changed) == nil {
					t.Errorf("%s: taken with bit %d of byte %d of %d turned", name, bit, i, len(der))
				}
			}
		}
		wantStep(t, check(append(der, 0)), signature.Malformed)
		wantStep(t, check(der[:len(der)-1]), signature.Malformed)
	}
}

// Only ECDSA is read, and only a signer with a certificate can sign.
func TestPKCS7IsOfECDSAWithCertificates(t *testing.T) {
	s := certSigner(t, "bank")
	sig := mustSign(t, pkcs7Form(), s, payload)
	wantStep(t, signature.DetachedPKCS7(signature.PS256(), sig, []byte(payload), []signature.Key{s.Key()}, noon()), signature.Malformed)
	without := s.Key()
	without.Certificate = nil
	wantStep(t, signature.DetachedPKCS7(signature.ES256(), sig, []byte(payload), []signature.Key{without}, noon()), signature.KeyUnknown)
	key := rsaKeys()[0]
	for _, unfit := range []signature.Signer{ecSigner(t, "key"), signer(t, key, "", selfSigned(t, key, nil))} {
		if _, err := signature.SignPKCS7(unfit, []byte(payload)); err == nil {
			t.Errorf("%s signs without what it needs", unfit.Algorithm())
		}
	}
}
