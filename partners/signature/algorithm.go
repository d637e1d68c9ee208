package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Names of the algorithms, as in RFC 7518 and RFC 8037.
const (
	nameES256 = "ES256"
	namePS256 = "PS256"
	nameEdDSA = "EdDSA"
)

// Sizes of RSA keys, in bits: below they are weak, above they are slow.
const (
	minRSA = 2048
	maxRSA = 8192
)

// ES256 is ECDSA on P-256 with SHA-256; a signature is r and s, 32 bytes each.
func ES256() Verifier { return es256{} }

// PS256 is RSASSA-PSS with SHA-256, a salt of 32 bytes, and a key of 2048 bits and more.
func PS256() Verifier { return ps256{} }

// EdDSA is Ed25519.
func EdDSA() Verifier { return eddsa{} }

type es256 struct{}

func (es256) Algorithm() string { return nameES256 }

func (es256) Verify(key Key, message, sig []byte) bool {
	public, ok := key.Public.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || len(sig) != 2*scalarSize {
		return false
	}
	der, err := derOfScalars(sig)
	digest := sha256.Sum256(message)
	return err == nil && ecdsa.VerifyASN1(public, digest[:], der)
}

type ps256 struct{}

func (ps256) Algorithm() string { return namePS256 }

func (ps256) Verify(key Key, message, sig []byte) bool {
	public, ok := key.Public.(*rsa.PublicKey)
	if !ok || checkPublic(public) != nil {
		return false
	}
	digest := sha256.Sum256(message)
	return rsa.VerifyPSS(public, crypto.SHA256, digest[:], sig, pssOptions()) == nil
}

func pssOptions() *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
}

type eddsa struct{}

func (eddsa) Algorithm() string { return nameEdDSA }

func (eddsa) Verify(key Key, message, sig []byte) bool {
	public, ok := key.Public.(ed25519.PublicKey)
	return ok && len(public) == ed25519.PublicKeySize && ed25519.Verify(public, message, sig)
}

// checkPublic reports why no algorithm of ours takes a key.
func checkPublic(public crypto.PublicKey) error {
	_, err := algorithmOf(public)
	return err
}

// algorithmOf is the one algorithm of a kind of keys.
func algorithmOf(public crypto.PublicKey) (string, error) {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return "", errors.New("a key on an elliptic curve must be on P-256")
		}
		return nameES256, nil
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSA || bits > maxRSA {
			return "", errors.New("an RSA key must have 2048 to 8192 bits")
		}
		if public.E < 65537 || public.E%2 == 0 {
			return "", errors.New("the exponent of an RSA key must be odd and at least 65537")
		}
		return namePS256, nil
	case ed25519.PublicKey:
		return nameEdDSA, nil
	default:
		return "", errors.New("a key must be of ECDSA on P-256, of RSA or of Ed25519")
	}
}

// scalarSize is that of r and of s on P-256, in bytes.
const scalarSize = 32

// derOfScalars turns r and s side by side, as a JWS has them, into the ASN.1 form.
func derOfScalars(sig []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(sig[:scalarSize]))
		b.AddASN1BigInt(new(big.Int).SetBytes(sig[scalarSize:]))
	})
	return b.Bytes()
}

// scalarsOfDER turns the ASN.1 form into r and s side by side. It takes nothing but DER.
func scalarsOfDER(der []byte) ([]byte, bool) {
	input := cryptobyte.String(der)
	var inner cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	if !input.ReadASN1(&inner, asn1.SEQUENCE) || !input.Empty() ||
		!inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(s) || !inner.Empty() ||
		r.Sign() <= 0 || s.Sign() <= 0 || r.BitLen() > 8*scalarSize || s.BitLen() > 8*scalarSize {
		return nil, false
	}
	raw := make([]byte, 2*scalarSize)
	r.FillBytes(raw[:scalarSize])
	s.FillBytes(raw[scalarSize:])
	return raw, true
}

// usable reports why a certificate is not one to sign with.
func usable(cert *x509.Certificate) error {
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return errors.New("the certificate is not one for digital signatures")
	}
	return checkPublic(cert.PublicKey)
}
