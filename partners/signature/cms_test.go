package signature_test

import (
	"crypto/sha256"
	encoding "encoding/asn1"
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
