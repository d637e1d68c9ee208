package check

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/poruka/poruka/certs"
)

// MaxReport is more than any report needs, in bytes.
const MaxReport = 4 << 20

// Verify reads a signed report and tells who has signed it. authorities are the CAs that may vouch for a bank. The certificates must
// have been good when the report says that the run ended, which must not lie after now: that moment is the signer's own word. A certificate
// that was revoked later does not undo a report, and no list is asked here.
func Verify(file []byte, authorities *x509.CertPool, now time.Time) (Report, certs.Caller, error) {
	if len(file) > MaxReport {
		return Report{}, certs.Caller{}, fmt.Errorf("it is larger than %d bytes", MaxReport)
	}
	s, err := unseal(file)
	if err != nil {
		return Report{}, certs.Caller{}, err
	}
	leaf, err := s.leaf()
	if err != nil {
		return Report{}, certs.Caller{}, err
	}
	report, err := read(s.Report)
	if err != nil {
		return Report{}, certs.Caller{}, err
	}
	if report.Ended.After(now) {
		return Report{}, certs.Caller{}, errors.New("it says that its run ends in the future")
	}
	caller, err := leaf.vouched(authorities, report.Ended)
	if err != nil {
		return Report{}, certs.Caller{}, err
	}
	if caller.ID != report.Bank || caller.String() != report.Identity {
		return Report{}, certs.Caller{}, fmt.Errorf("it is about another bank than the one that has signed it, %s", caller)
	}
	return report, caller, nil
}

// signer is a certificate with those that came with it.
type signer struct {
	certificate *x509.Certificate
	between     *x509.CertPool
}

// leaf checks the signature and gives the certificate that made it, which nobody has vouched for yet.
func (s sealed) leaf() (signer, error) {
	if !canonical(s.Signature) {
		return signer{}, errors.New("its signature is malformed")
	}
	algorithms := []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.PS256, jose.EdDSA}
	jws, err := jose.ParseDetached(s.Signature, s.Report, algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return signer{}, errors.New("its signature is malformed")
	}
	chain, err := chainOf(s.Signature)
	if err != nil {
		return signer{}, err
	}
	header := jws.Signatures[0].Protected
	algorithm, err := algorithmOf(chain[0].PublicKey)
	if err != nil || header.Algorithm != string(algorithm) || header.ExtraHeaders[jose.HeaderType] != reportType {
		return signer{}, errors.New("its signature is not of the kind that signs reports")
	}
	if err := jws.DetachedVerify(s.Report, chain[0].PublicKey); err != nil {
		return signer{}, errors.New("it is not what was signed: the report or its signature was altered")
	}
	between := x509.NewCertPool()
	for _, above := range chain[1:] {
		between.AddCert(above)
	}
	return signer{chain[0], between}, nil
}

// maxChain is how many certificates may come with a signature.
const maxChain = 8

func chainOf(signature string) ([]*x509.Certificate, error) {
	protected, _, _ := strings.Cut(signature, ".")
	var header struct {
		Chain [][]byte `json:"x5c"`
	}
	content, err := base64.RawURLEncoding.DecodeString(protected)
	if err != nil || json.Unmarshal(content, &header) != nil || len(header.Chain) == 0 || len(header.Chain) > maxChain {
		return nil, errors.New("its signature comes without the signer's certificates")
	}
	chain := make([]*x509.Certificate, len(header.Chain))
	for i, der := range header.Chain {
		if chain[i], err = x509.ParseCertificate(der); err != nil {
			return nil, errors.New("its signature comes with a malformed certificate")
		}
	}
	return chain, nil
}

// vouched checks who the signer is, and that a CA vouched for it then.
func (s signer) vouched(authorities *x509.CertPool, then time.Time) (certs.Caller, error) {
	_, err := s.certificate.Verify(x509.VerifyOptions{
		Roots: authorities, Intermediates: s.between, CurrentTime: then, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return certs.Caller{}, errors.New("none of the CAs vouches for the certificate that has signed it, for when it was signed")
	}
	domain := ""
	if len(s.certificate.URIs) > 0 {
		domain = s.certificate.URIs[0].Host // its form is checked by what follows
	}
	caller, err := certs.CallerOf(s.certificate, domain)
	if err != nil || caller.Role != certs.RoleBank {
		return certs.Caller{}, errors.New("the certificate that has signed it is not a bank's")
	}
	return caller, nil
}

func read(payload []byte) (Report, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	var r Report
	if err := decoder.Decode(&r); err != nil {
		return Report{}, errors.New("the bank has signed something else than a report of this form")
	}
	// Every reader must find the same in it: no name twice, or in other letters, of which some take the first and some the last.
	if again, err := json.MarshalIndent(r, "  ", "  "); err != nil || !bytes.Equal(again, payload) {
		return Report{}, errors.New("the bank has signed a report that is not written as 'partner check' writes one")
	}
	passed := 0
	for _, result := range r.Cases {
		if result.Passed {
			passed++
		}
	}
	if passed != r.Passed || len(r.Cases)-passed != r.Failed {
		return Report{}, errors.New("its sums are wrong")
	}
	return r, nil
}
