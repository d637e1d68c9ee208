package signature

import (
	"bytes"
	"crypto/sha256"
	encoding "encoding/asn1"
	"encoding/base64"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// SignPKCS7 makes a detached CMS signature with signed attributes and the signer's certificate, DER in base64. The signer must be
// of ES256 and have a certificate.
func SignPKCS7(s Signer, payload []byte) (string, error) {
	cert := s.Key().Certificate
	if cert == nil || s.Algorithm() != nameES256 {
		return "", errors.New("signature: PKCS#7 needs a certificate and ECDSA")
	}
	info := signerInfo{issuer: cert.RawIssuer, serial: cert.SerialNumber}
	var err error
	if info.attributes, err = signedAttributes(payload); err != nil {
		return "", err
	}
	message, ok := info.message(payload)
	if !ok {
		return "", errors.New("signature: the signed attributes cannot be read back")
	}
	raw, err := s.Sign(message)
	if err != nil {
		return "", err
	}
	if len(raw) != 2*scalarSize {
		return "", errors.New("signature: not a signature of ES256")
	}
	if info.sig, err = derOfScalars(raw); err != nil {
		return "", err
	}
	der, err := signedData(info, cert.Raw)
	return base64.StdEncoding.EncodeToString(der), err
}

// signedData writes a ContentInfo with a SignedData of one signer, whose sig is in DER here.
func signedData(info signerInfo, cert []byte) ([]byte, error) {
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, inner cryptobyte.BuilderContinuation) { b.AddASN1(asn1.SEQUENCE, inner) }
	sequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData())
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, oidSHA256()) })
				sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData()) })
				b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddBytes(cert) })
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { addSigner(b, info) })
			})
		})
	})
	return b.Bytes()
}

func addSigner(b *cryptobyte.Builder, info signerInfo) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(info.issuer)
			b.AddASN1BigInt(info.serial)
		})
		addAlgorithm(b, oidSHA256())
		b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddBytes(info.attributes) })
		addAlgorithm(b, oidECDSA())
		b.AddASN1OctetString(info.sig)
	})
}

func addAlgorithm(b *cryptobyte.Builder, id encoding.ObjectIdentifier) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) })
}

// signedAttributes are the two that must be there, in the order of DER.
func signedAttributes(payload []byte) ([]byte, error) {
	digest := sha256.Sum256(payload)
	kind, err := attribute(oidContentType(), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData()) })
	if err != nil {
		return nil, err
	}
	sum, err := attribute(oidMessageDigest(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest[:]) })
	if bytes.Compare(kind, sum) > 0 {
		kind, sum = sum, kind
	}
	return append(kind, sum...), err
}

func attribute(id encoding.ObjectIdentifier, value func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { value(b) })
	})
	return b.Bytes()
}
