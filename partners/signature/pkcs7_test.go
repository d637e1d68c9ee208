package signature_test

import (
	"crypto/sha256"
	"crypto/x509"
	encoding "encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/poruka/poruka/partners/signature"
)

// cms is a SignedData as a sender may make it up, right unless it is changed.
type cms struct {
	signers      []signature.Signer
	kind         encoding.ObjectIdentifier // of the content
	content      []byte                    // attached; nil: none
	version      int64                     // of the whole
	infoVersion  int64
	byKey        []byte // subject key identifier in the place of issuer and serial
	digest       encoding.ObjectIdentifier
	algorithm    encoding.ObjectIdentifier
	null         bool                        // parameters of the digest are NULL
	nullECDSA    bool                        // those of the signature as well
	certificates [][]byte                    // nil: that of the first signer
	attributes   func() [][]byte             // nil: content type and digest
	bare         bool                        // without signed attributes
	unsigned     []byte                      // attributes that are not signed
	lists        bool                        // a revocation list is there
	sign         func(message []byte) []byte // nil: by each signer
}

func oid(parts ...int) encoding.ObjectIdentifier { return parts }

func newCMS(signers ...signature.Signer) *cms {
	return &cms{
		signers: signers, kind: oid(1, 2, 840, 113549, 1, 7, 1), version: 1, infoVersion: 1,
		digest: oid(2, 16, 840, 1, 101, 3, 4, 2, 1), algorithm: oid(1, 2, 840, 10045, 4, 3, 2),
		certificates: [][]byte{signers[0].Key().Certificate.Raw},
	}
}

func attributeOf(id encoding.ObjectIdentifier, values ...func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
			for _, value := range values {
				value(b)
			}
		})
	})
	return b.BytesOrPanic()
}

func contentType(id encoding.ObjectIdentifier) []byte {
	return attributeOf(oid(1, 2, 840, 113549, 1, 9, 3), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) })
}

func messageDigest(of string) []byte {
	sum := sha256.Sum256([]byte(of))
	return attributeOf(oid(1, 2, 840, 113549, 1, 9, 4), func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
}

func (c *cms) signedAttributes() []byte {
	if c.bare {
		return nil
	}
	list := [][]byte{contentType(oid(1, 2, 840, 113549, 1, 7, 1)), messageDigest(payload)}
	if c.attributes != nil {
		list = c.attributes()
	}
	var all []byte
	for _, one := range list {
		all = append(all, one...)
	}
	return all
}

func setOf(content []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.BytesOrPanic()
}

func addOID(b *cryptobyte.Builder, id encoding.ObjectIdentifier, null bool) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		if null {
			b.AddASN1NULL()
		}
	})
}

func (c *cms) info(t testing.TB, b *cryptobyte.Builder, s signature.Signer) {
	attributes := c.signedAttributes()
	message := setOf(attributes)
	if c.bare {
		message = []byte(payload)
	}
	sig := derSignature(t, s, message)
	if c.sign != nil {
		sig = c.sign(message)
	}
	cert := s.Key().Certificate
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(c.infoVersion)
		if c.byKey != nil {
			b.AddASN1(0x80, func(b *cryptobyte.Builder) { b.AddBytes(c.byKey) })
		} else {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(cert.RawIssuer)
				b.AddASN1BigInt(cert.SerialNumber)
			})
		}
		addOID(b, c.digest, c.null)
		if !c.bare {
			b.AddASN1(0xa0, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
		}
		addOID(b, c.algorithm, c.nullECDSA)
		b.AddASN1OctetString(sig)
		if c.unsigned != nil {
			b.AddASN1(0xa1, func(b *cryptobyte.Builder) { b.AddBytes(c.unsigned) })
		}
	})
}

// derSignature is an ECDSA signature as CMS has it.
func derSignature(t testing.TB, s signature.Signer, message []byte) []byte {
	raw, err := s.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:len(raw)/2]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[len(raw)/2:]))
	})
	return b.BytesOrPanic()
}

func (c *cms) der(t testing.TB) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(1, 2, 840, 113549, 1, 7, 2))
		b.AddASN1(0xa0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(c.version)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { addOID(b, c.digest, c.null) })
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(c.kind)
					if c.content != nil {
						b.AddASN1(0xa0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(c.content) })
					}
				})
				if c.certificates != nil {
					b.AddASN1(0xa0, func(b *cryptobyte.Builder) {
						for _, cert := range c.certificates {
							b.AddBytes(cert)
						}
					})
				}
				if c.lists {
					b.AddASN1(0xa1, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {}) })
				}
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
					for _, s := range c.signers {
						c.info(t, b, s)
					}
				})
			})
		})
	})
	return b.BytesOrPanic()
}

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
