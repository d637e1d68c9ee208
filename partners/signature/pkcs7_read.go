package signature

import (
	encoding "encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxCertificates is how many certificates a message may bring along.
const maxCertificates = 8

// readSignedData reads a ContentInfo with a SignedData in it.
func readSignedData(der []byte) (info signerInfo, certificates [][]byte, ok bool) {
	input := cryptobyte.String(der)
	var content, outer, data, certs, infos, one cryptobyte.String
	var kind encoding.ObjectIdentifier
	var version int64
	if !input.ReadASN1(&content, asn1.SEQUENCE) || !input.Empty() || !content.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidSignedData()) || !content.ReadASN1(&outer, tag0) || !content.Empty() ||
		!outer.ReadASN1(&data, asn1.SEQUENCE) || !outer.Empty() || !data.ReadASN1Integer(&version) ||
		!readDigests(&data) || !readNoContent(&data) {
		return info, nil, false
	}
	var has bool
	if !data.ReadOptionalASN1(&certs, &has, tag0) {
		return info, nil, false
	}
	for !certs.Empty() {
		var cert cryptobyte.String
		if !certs.ReadASN1Element(&cert, asn1.SEQUENCE) || len(certificates) == maxCertificates {
			return info, nil, false
		}
		certificates = append(certificates, cert)
	}
	if has && certificates == nil || !data.ReadASN1(&infos, asn1.SET) || !data.Empty() ||
		!infos.ReadASN1(&one, asn1.SEQUENCE) || !infos.Empty() {
		return info, nil, false
	}
	info, ok = readSigner(one)
	return info, certificates, ok && info.version == version
}

// readDigests takes SHA-256 alone.
func readDigests(data *cryptobyte.String) bool {
	var set cryptobyte.String
	return data.ReadASN1(&set, asn1.SET) && readAlgorithm(&set, oidSHA256(), true) && set.Empty()
}

// readNoContent takes data that is not there.
func readNoContent(data *cryptobyte.String) bool {
	var content cryptobyte.String
	var kind encoding.ObjectIdentifier
	return data.ReadASN1(&content, asn1.SEQUENCE) && content.ReadASN1ObjectIdentifier(&kind) && kind.Equal(oidData()) && content.Empty()
}

// readAlgorithm takes one algorithm, without parameters; mayNull: or with a NULL for them, as older programs write.
func readAlgorithm(input *cryptobyte.String, want encoding.ObjectIdentifier, mayNull bool) bool {
	var algorithm, null cryptobyte.String
	var id encoding.ObjectIdentifier
	if !input.ReadASN1(&algorithm, asn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id) || !id.Equal(want) {
		return false
	}
	return algorithm.Empty() || mayNull && algorithm.ReadASN1(&null, asn1.NULL) && null.Empty() && algorithm.Empty()
}

func readSigner(input cryptobyte.String) (signerInfo, bool) {
	var s signerInfo
	var attributes, sig cryptobyte.String
	var has bool
	if !input.ReadASN1Integer(&s.version) || !readName(&input, &s) || !readAlgorithm(&input, oidSHA256(), true) ||
		!input.ReadOptionalASN1(&attributes, &has, tag0) || !readAlgorithm(&input, oidECDSA(), false) ||
		!input.ReadASN1(&sig, asn1.OCTET_STRING) || !input.Empty() { // attributes that are not signed are not taken
		return s, false
	}
	if has {
		s.attributes = append([]byte{}, attributes...) // not nil: there are some, even when they are empty
	}
	var ok bool
	s.sig, ok = scalarsOfDER(sig)
	return s, ok
}

// readName reads which certificate the signer's is: the version says in which of two ways.
func readName(input *cryptobyte.String, s *signerInfo) bool {
	var name, issuer, key cryptobyte.String
	switch s.version {
	case 1:
		s.serial = new(big.Int)
		ok := input.ReadASN1(&name, asn1.SEQUENCE) && name.ReadASN1Element(&issuer, asn1.SEQUENCE) &&
			name.ReadASN1Integer(s.serial) && name.Empty()
		s.issuer = issuer
		return ok
	case 3:
		ok := input.ReadASN1(&key, tag0Plain) && len(key) > 0
		s.subjectKey = key
		return ok
	default:
		return false
	}
}
