package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// Bounds of a file of keys.
const (
	maxKeyFile = 256 << 10 // bytes
	maxKeys    = 32
	maxKeyID   = 128 // bytes
)

// ParseKeys reads the public keys of a bank: a key set (RFC 7517), or certificates and public keys in PEM. Every key must be
// public and of one of our algorithms, and be named otherwise than the others; a file with anything else is refused as a whole.
// A certificate is named by its serial number and valid as it says, a public key in PEM is named by its thumbprint (RFC 7638).
func ParseKeys(file []byte) ([]Key, error) {
	if len(file) > maxKeyFile {
		return nil, fmt.Errorf("larger than %d bytes", maxKeyFile)
	}
	parse := parsePEM
	if text := bytes.TrimSpace(file); len(text) > 0 && text[0] == '{' {
		parse = parseSet
	}
	keys, err := parse(file)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("must hold 1 to %d keys", maxKeys)
	}
	seen := map[string]bool{}
	for _, key := range keys {
		if seen[key.ID] {
			return nil, fmt.Errorf("two keys have the id %q", key.ID)
		}
		seen[key.ID] = true
	}
	return keys, nil
}

func parseSet(file []byte) ([]Key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(file, &set); err != nil {
		return nil, errors.New("not a key set: not JSON, a name that stands there twice, or no list of keys")
	}
	var keys []Key
	for i, content := range set.Keys {
		key, err := keyOfJWK(content)
		if err != nil {
			return nil, fmt.Errorf("key %d of the set: %w", i+1, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// secrets are the members of a JWK that nobody but its owner should have.
type secrets struct {
	K    json.RawMessage `json:"k"`
	D    json.RawMessage `json:"d"`
	P    json.RawMessage `json:"p"`
	Q    json.RawMessage `json:"q"`
	DP   json.RawMessage `json:"dp"`
	DQ   json.RawMessage `json:"dq"`
	QI   json.RawMessage `json:"qi"`
	Oth  json.RawMessage `json:"oth"`
	Priv json.RawMessage `json:"priv"`
}

func (s secrets) none() bool {
	return s.K == nil && s.D == nil && s.P == nil && s.Q == nil && s.DP == nil && s.DQ == nil && s.QI == nil && s.Oth == nil && s.Priv == nil
}

func keyOfJWK(content []byte) (Key, error) {
	var secret secrets
	if err := json.Unmarshal(content, &secret); err != nil {
		return Key{}, errors.New("not an object, or a name stands there twice")
	}
	if !secret.none() {
		return Key{}, errors.New("is private or symmetric; only public keys belong here")
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(content, &jwk); err != nil {
		return Key{}, errors.New("of an unknown kind, or not well formed")
	}
	algorithm, err := algorithmOf(jwk.Key)
	switch {
	case err != nil:
		return Key{}, err
	case !isKeyID(jwk.KeyID):
		return Key{}, fmt.Errorf("kid must be 1 to %d printable characters", maxKeyID)
	case jwk.Use != "" && jwk.Use != "sig":
		return Key{}, errors.New("use must be sig")
	case jwk.Algorithm != "" && jwk.Algorithm != algorithm:
		return Key{}, fmt.Errorf("alg must be %s for a key of its kind", algorithm)
	}
	return Key{ID: jwk.KeyID, Public: jwk.Key}, nil
}

func isKeyID(id string) bool {
	return id != "" && len(id) <= maxKeyID && !strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) })
}

func parsePEM(file []byte) ([]Key, error) {
	blocks, err := pemBlocks(file)
	if err != nil {
		return nil, errors.New("neither a key set nor PEM, or a block is broken")
	}
	var keys []Key
	for i, block := range blocks {
		var key Key
		switch block.Type {
		case "CERTIFICATE":
			key, err = certificate(block.Bytes)
		case "PUBLIC KEY":
			key, err = publicKey(block.Bytes)
		default:
			err = errors.New("must be a CERTIFICATE or a PUBLIC KEY; private keys do not belong here")
		}
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", i+1, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func certificate(der []byte) (Key, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Key{}, errors.New("not a certificate")
	}
	return keyOfCertificate(cert)
}

func keyOfCertificate(cert *x509.Certificate) (Key, error) {
	if err := usable(cert); err != nil {
		return Key{}, err
	}
	return Key{
		ID: cert.SerialNumber.Text(16), Public: cert.PublicKey, Certificate: cert,
		NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
	}, nil
}

func publicKey(der []byte) (Key, error) {
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return Key{}, errors.New("not a public key")
	}
	if err := checkPublic(public); err != nil {
		return Key{}, err
	}
	id, err := thumbprint(public)
	return Key{ID: id, Public: public}, err
}

// MarshalKeys writes a key set that ParseKeys reads. Certificates and times are not kept in it.
func MarshalKeys(keys ...Key) ([]byte, error) {
	var set jose.JSONWebKeySet
	for _, key := range keys {
		algorithm, err := algorithmOf(key.Public)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public, KeyID: key.ID, Algorithm: algorithm, Use: "sig"})
	}
	return json.MarshalIndent(set, "", "  ")
}

func base64url(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }
