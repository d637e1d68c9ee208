package signature

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

type signer struct {
	key       crypto.Signer
	public    Key
	algorithm string
}

// NewSigner makes a signer of a private key: ES256, PS256 or EdDSA by its kind. The certificate may be nil. Without an id the key
// is named as ParseKeys would: by the certificate's serial number, or by the key's thumbprint (RFC 7638).
func NewSigner(key crypto.Signer, id string, cert *x509.Certificate) (Signer, error) {
	if key == nil {
		return nil, errors.New("signature: no key")
	}
	algorithm, err := algorithmOf(key.Public())
	if err != nil {
		return nil, err
	}
	public := Key{ID: id, Public: key.Public(), Certificate: cert}
	if cert != nil {
		if !equal(cert.PublicKey, key.Public()) {
			return nil, errors.New("signature: the certificate is of another key")
		}
		if public, err = keyOfCertificate(cert); err != nil {
			return nil, err
		}
	}
	switch {
	case id != "":
		public.ID = id
	case cert == nil:
		if public.ID, err = thumbprint(key.Public()); err != nil {
			return nil, err
		}
	}
	return &signer{key: key, public: public, algorithm: algorithm}, nil
}

func equal(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(x crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// thumbprint names a key that has no name (RFC 7638).
func thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	return base64url(sum), err
}

// Key is the public half.
func (s *signer) Key() Key { return s.public }

// Algorithm is ES256, PS256 or EdDSA.
func (s *signer) Algorithm() string { return s.algorithm }

// Sign signs a message.
func (s *signer) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	switch s.algorithm {
	case nameEdDSA:
		return s.key.Sign(rand.Reader, message, crypto.Hash(0))
	case namePS256:
		return s.key.Sign(rand.Reader, digest[:], pssOptions())
	}
	der, err := s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	raw, ok := scalarsOfDER(der)
	if !ok {
		return nil, errors.New("signature: the key's signature is not in ASN.1")
	}
	return raw, nil
}

// ParseSigner reads a private key in PEM (PKCS #8, or SEC 1 for an elliptic curve) and its certificate, if there is one with it.
func ParseSigner(text []byte) (Signer, error) {
	blocks, err := pemBlocks(text)
	if err != nil {
		return nil, err
	}
	var key crypto.Signer
	var cert *x509.Certificate
	for _, block := range blocks {
		switch {
		case block.Type == "CERTIFICATE" && cert == nil:
			cert, err = x509.ParseCertificate(block.Bytes)
		case strings.HasSuffix(block.Type, "PRIVATE KEY") && key == nil:
			key, err = privateKey(block)
		case block.Type != "EC PARAMETERS":
			err = errors.New("signature: want one private key and at most one certificate")
		}
		if err != nil {
			return nil, err
		}
	}
	return NewSigner(key, "", cert)
}

func privateKey(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("signature: not a private key in PKCS #8 or SEC 1") // and nothing of it in an error
	}
	return signer, nil
}

// pemBlocks reads the blocks of a file; text between them is let be, a broken block is not.
func pemBlocks(text []byte) ([]*pem.Block, error) {
	var blocks []*pem.Block
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		blocks = append(blocks, block)
	}
	if len(blocks) == 0 || len(blocks) != bytes.Count(text, []byte("-----BEGIN ")) {
		return nil, errors.New("signature: not PEM, or a block is broken")
	}
	return blocks, nil
}
