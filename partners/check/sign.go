package check

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// sealed is a report with the signature of the bank: a JWS (RFC 7515) in compact form without its payload (appendix F), which is the
// very bytes of the report; its header brings the bank's certificate and those above it (x5c).
type sealed struct {
	Report    json.RawMessage
	Signature string
}

// reportType is the `typ` of the signature, so that nothing else that the key has signed can stand for a report.
const reportType = "poruka-check+jws"

// Sign writes a report and signs it with the bank's client certificate.
func Sign(r Report, certificate tls.Certificate) ([]byte, error) {
	payload, err := json.MarshalIndent(r, "  ", "  ")
	if err != nil {
		return nil, fmt.Errorf("check: writing the report: %w", err)
	}
	key, ok := certificate.PrivateKey.(crypto.Signer)
	if !ok || len(certificate.Certificate) == 0 {
		return nil, errors.New("check: the certificate has no key that can sign")
	}
	algorithm, err := algorithmOf(key.Public())
	if err != nil {
		return nil, err
	}
	chain := make([]string, len(certificate.Certificate))
	for i, der := range certificate.Certificate {
		chain[i] = base64.StdEncoding.EncodeToString(der)
	}
	options := (&jose.SignerOptions{}).WithType(reportType).WithHeader("x5c", chain)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: certificate.PrivateKey}, options)
	if err != nil {
		return nil, fmt.Errorf("check: signing the report: %w", err)
	}
	signature, err := signer.Sign(payload)
	if err != nil {
		return nil, fmt.Errorf("check: signing the report: %w", err)
	}
	text, err := signature.DetachedCompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("check: signing the report: %w", err)
	}
	return sealed{payload, text}.bytes(), nil
}

// bytes is the one way to write a sealed report.
func (s sealed) bytes() []byte {
	var out bytes.Buffer
	out.WriteString("{\n  \"report\": ")
	out.Write(s.Report)
	out.WriteString(",\n  \"signature\": \"" + s.Signature + "\"\n}\n")
	return out.Bytes()
}

// unseal takes a sealed report apart. It takes what bytes would write, and nothing else.
func unseal(file []byte) (sealed, error) {
	var s sealed
	if err := json.Unmarshal(file, &s); err != nil {
		return sealed{}, errors.New("it is not JSON")
	}
	if !bytes.Equal(s.bytes(), file) {
		return sealed{}, errors.New("it is not written as 'partner check' writes one")
	}
	return s, nil
}

// algorithmOf is the algorithm of a key; it leaves no choice, so that nobody can choose a weaker one.
func algorithmOf(public crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		}
	case *rsa.PublicKey:
		return jose.PS256, nil
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	}
	return "", errors.New("check: the key of the certificate is of a kind that signs no reports: want ECDSA P-256 or P-384, RSA or Ed25519")
}

// canonical reports whether every part of a JWS is the only text for its bytes.
func canonical(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return false
		}
	}
	return true
}
