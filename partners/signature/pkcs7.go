package signature

import (
	"bytes"
	"crypto/sha256"
	encoding "encoding/asn1"
	"encoding/base64"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of RFC 5652 and RFC 5758.
func oidSignedData() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
}

func oidData() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
}

func oidContentType() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
}

func oidMessageDigest() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
}

func oidSHA256() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
}

func oidECDSA() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
}

// Tags [0] of RFC 5652; which one is meant depends on where it stands.
const (
	tag0      asn1.Tag = 0xa0 // holds others
	tag0Plain asn1.Tag = 0x80 // holds bytes
)

// signerInfo is what one signer says.
type signerInfo struct {
	version    int64
	issuer     []byte // DER of the certificate's issuer, with serial; or
	serial     *big.Int
	subjectKey []byte // the certificate's subject key identifier
	attributes []byte // contents of the signed attributes; nil when there are none
	sig        []byte // r and s side by side
}

// DetachedPKCS7 checks a detached CMS signature (RFC 5652), DER in base64, over payload. There must be exactly one signer, with
// ECDSA on P-256 and SHA-256, and the signer's certificate must be one of the roster's, byte for byte: what certificates the
// message brings along proves nothing. It takes DER alone, so that no two texts are the same signature.
func DetachedPKCS7(v Verifier, sig string, payload []byte, keys []Key, now time.Time) error {
	if len(sig) > maxPKCS7 {
		return fail(Malformed, "the PKCS#7 signature is too long")
	}
	der, ok := decode(base64.StdEncoding, sig)
	if !ok {
		return fail(Malformed, "the PKCS#7 signature is not in base64")
	}
	if v.Algorithm() != nameES256 {
		return fail(Malformed, "PKCS#7 is read with ECDSA alone")
	}
	info, certificates, ok := readSignedData(der)
	if !ok {
		return fail(Malformed, "not a detached PKCS#7 signature of one signer in DER, with ECDSA and SHA-256")
	}
	message, ok := info.message(payload)
	if !ok {
		return fail(Malformed, "the signed attributes are not those of data")
	}
	key, err := choose(keys, now, func(k Key) bool { return info.isOf(k) && among(k, certificates) })
	if err != nil {
		return err
	}
	digest := sha256.Sum256(payload)
	if claimed := info.digest(); claimed != nil && !bytes.Equal(claimed, digest[:]) {
		return fail(DigestDiffers, "the message digest is of other bytes")
	}
	return check(v, key, message, info.sig)
}

// isOf reports whether the signer names the certificate of key.
func (s signerInfo) isOf(key Key) bool {
	cert := key.Certificate
	if cert == nil {
		return false
	}
	if s.subjectKey != nil {
		return len(cert.SubjectKeyId) > 0 && bytes.Equal(cert.SubjectKeyId, s.subjectKey)
	}
	return bytes.Equal(cert.RawIssuer, s.issuer) && cert.SerialNumber.Cmp(s.serial) == 0
}

// among reports whether the certificate of key is one of those that the message has. A message may have none.
func among(key Key, certificates [][]byte) bool {
	for _, raw := range certificates {
		if bytes.Equal(raw, key.Certificate.Raw) {
			return true
		}
	}
	return len(certificates) == 0
}

// message is what the signature is over: the signed attributes as a set, or without any the payload itself. Then a payload that
// could be somebody's signed attributes is not taken, for it may have been signed as such.
func (s signerInfo) message(payload []byte) ([]byte, bool) {
	if s.attributes == nil {
		input := cryptobyte.String(payload)
		var set cryptobyte.String
		return payload, !input.ReadASN1(&set, asn1.SET) || !input.Empty()
	}
	if s.digest() == nil {
		return nil, false
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(s.attributes) })
	message, err := b.Bytes()
	return message, err == nil
}

// digest is the message digest of the signed attributes. It is nil when there are none, or when they are not each there once, with
// one value, a content type of data among them.
func (s signerInfo) digest() []byte {
	var digest cryptobyte.String
	seen := map[string]bool{}
	isData := false
	for input := cryptobyte.String(s.attributes); !input.Empty(); {
		var attribute, values cryptobyte.String
		var name, content encoding.ObjectIdentifier
		if !input.ReadASN1(&attribute, asn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&name) ||
			!attribute.ReadASN1(&values, asn1.SET) || !attribute.Empty() || seen[name.String()] {
			return nil
		}
		seen[name.String()] = true
		switch {
		case name.Equal(oidContentType()):
			isData = values.ReadASN1ObjectIdentifier(&content) && values.Empty() && content.Equal(oidData())
		case name.Equal(oidMessageDigest()):
			if !values.ReadASN1(&digest, asn1.OCTET_STRING) || !values.Empty() || len(digest) != sha256.Size {
				return nil
			}
		}
	}
	if !isData {
		return nil
	}
	return digest
}
