package check

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"time"

	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// seal is how a dialect signs, as far as a run must be able to do it wrong.
type seal struct {
	header string // that bears the signature; empty: the body is a compact JWS
	sign   func(s signature.Signer, payload []byte) (string, error)
}

// Signs reports whether a dialect is signed.
func Signs(dialect style.Dialect) bool { return sealOf(dialect.Name()) != nil }

// sealOf is the seal of a dialect; nil when it does not sign.
func sealOf(dialect string) *seal {
	switch dialect {
	case "sberbank":
		return &seal{sign: func(s signature.Signer, payload []byte) (string, error) {
			jws, err := signature.SignCompactJWS(s, payload)
			return string(jws), err
		}}
	case "vtb":
		return &seal{header: "x-signature", sign: signature.SignDetached}
	case "pochtabank":
		return &seal{header: "x-signature-pkcs7", sign: signature.SignPKCS7}
	case "bspb":
		return &seal{header: "x-jws-signature", sign: signature.SignDetachedJWS}
	default:
		return nil
	}
}

var errSeal = errors.New("this program cannot take the signed request apart")

// payload is what is signed.
func (s *seal) payload(m style.Message) ([]byte, error) {
	if s == nil || s.header != "" {
		return m.Body, nil
	}
	parts := bytes.Split(m.Body, []byte("."))
	if len(parts) != 3 {
		return nil, errSeal
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		return nil, errSeal
	}
	return payload, nil
}

// close puts another payload into a message and signs it.
func (s *seal) close(m style.Message, payload []byte, signer signature.Signer) (style.Message, error) {
	m.Header = maps.Clone(m.Header)
	m.Body = payload
	if s == nil {
		return m, nil
	}
	text, err := s.sign(signer, payload)
	if err != nil {
		return style.Message{}, errors.New("this program cannot sign the request")
	}
	if s.header == "" {
		m.Body = []byte(text)
	} else {
		m.Header[s.header] = text
	}
	return m, nil
}

// spoil makes the signature one that is none.
func (s *seal) spoil(m style.Message) style.Message {
	m.Header = maps.Clone(m.Header)
	if s.header == "" {
		m.Body = []byte("e30.e30")
	} else {
		m.Header[s.header] = "no signature!"
	}
	return m
}

// alter changes what was signed, after it was signed: a blank at the end changes nothing else.
func (s *seal) alter(m style.Message) (style.Message, error) {
	payload, err := s.payload(m)
	if err != nil {
		return style.Message{}, err
	}
	payload = append(bytes.Clone(payload), ' ')
	if s.header != "" {
		m.Body = payload
		return m, nil
	}
	parts := bytes.Split(m.Body, []byte("."))
	parts[1] = []byte(base64.RawURLEncoding.EncodeToString(payload))
	m.Body = bytes.Join(parts, []byte("."))
	return m, nil
}

// stranger makes a signer of the same algorithm with a key that nobody knows.
func stranger(algorithm string, now time.Time) (signature.Signer, error) {
	var key crypto.Signer
	var err error
	switch algorithm {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "PS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = errors.New("this program has no second key of this algorithm")
	}
	if err != nil {
		return nil, err
	}
	certificate, err := selfSigned(key, x509.Certificate{Subject: pkix.Name{CommonName: "stranger"}}, now)
	if err != nil {
		return nil, err
	}
	if algorithm != "ES256" {
		certificate = nil
	}
	signer, err := signature.NewSigner(key, "", certificate)
	if err != nil {
		return nil, errors.New("this program cannot make a second key")
	}
	return signer, nil
}

// selfSigned makes a certificate that nobody but its owner vouches for.
func selfSigned(key crypto.Signer, template x509.Certificate, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, now.Add(-time.Hour), now.Add(time.Hour)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("this program cannot make a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}
