package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"time"

	"github.com/poruka/poruka/certs"
)

// How long certificates last.
const (
	DefaultValidFor = 90 * 24 * time.Hour
	minValidFor     = time.Minute
	maxValidFor     = 2 * 365 * 24 * time.Hour
)

// IssueRequest is who shall get a certificate.
type IssueRequest struct {
	Identity certs.Identity
	DNSNames []string      // of a gateway
	IPs      []netip.Addr  // of a gateway
	ValidFor time.Duration // 0: DefaultValidFor; never longer than the CA itself
}

// Issued is a new certificate with its key, of which no copy is kept.
type Issued struct {
	Serial   string // hexadecimal
	Identity certs.Identity
	NotAfter time.Time
	CertPEM  []byte // the certificate, then the intermediate
	KeyPEM   []byte
}

// hostForm is a DNS name, lower case, perhaps with a wildcard for its first label.
var hostForm = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

func (a *Authority) validate(r IssueRequest) error {
	if parsed, err := certs.ParseIdentity(r.Identity.String()); err != nil || parsed != r.Identity {
		return fmt.Errorf("%w: %q is no identity", ErrRequest, r.Identity.String())
	}
	if r.Identity.TrustDomain != a.trustDomain {
		return fmt.Errorf("%w: this CA is for %s, not for %s", ErrRequest, a.trustDomain, r.Identity.TrustDomain)
	}
	hosts := len(r.DNSNames) + len(r.IPs)
	switch {
	case r.Identity.Role == certs.RoleGateway && hosts == 0:
		return fmt.Errorf("%w: a gateway's certificate needs a DNS name or an IP address", ErrRequest)
	case r.Identity.Role != certs.RoleGateway && hosts > 0:
		return fmt.Errorf("%w: only a gateway's certificate has DNS names and IP addresses", ErrRequest)
	case r.ValidFor < minValidFor || r.ValidFor > maxValidFor:
		return fmt.Errorf("%w: a certificate lasts between %v and %v", ErrRequest, minValidFor, maxValidFor)
	}
	for _, name := range r.DNSNames {
		if len(name) > 253 || !hostForm.MatchString(name) {
			return fmt.Errorf("%w: %q is no DNS name in lower case", ErrRequest, name)
		}
	}
	for _, ip := range r.IPs {
		if !ip.IsValid() || ip.Zone() != "" {
			return fmt.Errorf("%w: an IP address is malformed", ErrRequest)
		}
	}
	return nil
}

// Issue makes a key and a certificate. The errors of a bad request are ErrRequest.
func (a *Authority) Issue(request IssueRequest) (Issued, error) {
	var issued Issued
	err := update(a.dir, func(*index) (_ []record, err error) {
		var r record
		issued, r, err = a.issue(request)
		return []record{r}, err
	})
	if err != nil {
		return Issued{}, err
	}
	return issued, nil
}

// Renew makes a new key and a certificate with the names of an old one, which stays good until it expires: its holder changes
// over when it suits. Errors: ErrUnknownSerial, ErrRevoked.
func (a *Authority) Renew(serial string, validFor time.Duration) (Issued, error) {
	var issued Issued
	err := update(a.dir, func(x *index) ([]record, error) {
		old, err := x.find(serial, a.now())
		if err != nil {
			return nil, err
		}
		if old.Status == StatusRevoked {
			return nil, fmt.Errorf("%w; issue a new one", ErrRevoked)
		}
		var r record
		issued, r, err = a.issue(IssueRequest{Identity: old.Identity, DNSNames: old.DNSNames, IPs: old.IPs, ValidFor: validFor})
		r.Renews = serial
		return []record{r}, err
	})
	if err != nil {
		return Issued{}, err
	}
	return issued, nil
}

func (a *Authority) issue(request IssueRequest) (Issued, record, error) {
	fail := func(err error) (Issued, record, error) { return Issued{}, record{}, err }
	if request.ValidFor == 0 {
		request.ValidFor = DefaultValidFor
	}
	if err := a.validate(request); err != nil {
		return fail(err)
	}
	template, err := a.template(request)
	if err != nil {
		return fail(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(fmt.Errorf("authority: %w", err))
	}
	cert, err := sign(template, a.intermediate, key.Public(), a.signer)
	if err != nil {
		return fail(err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return fail(err)
	}
	digest := sha256.Sum256(cert.Raw)
	issued := Issued{
		Serial:   cert.SerialNumber.Text(16),
		Identity: request.Identity,
		NotAfter: cert.NotAfter,
		CertPEM:  append(encodeCert(cert.Raw), encodeCert(a.intermediate.Raw)...),
		KeyPEM:   keyPEM,
	}
	return issued, record{
		Time: a.now(), Event: eventIssued,
		Serial: issued.Serial, Identity: request.Identity.String(), DNSNames: request.DNSNames, IPs: ipTexts(request.IPs),
		NotBefore: &cert.NotBefore, NotAfter: &cert.NotAfter, SHA256: hex.EncodeToString(digest[:]),
	}, nil
}

func (a *Authority) template(request IssueRequest) (*x509.Certificate, error) {
	now := a.now()
	if !now.Before(a.intermediate.NotAfter) {
		return nil, fmt.Errorf("%w: the CA itself has expired on %s", ErrRequest, a.intermediate.NotAfter.Format(time.DateOnly))
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		NotBefore:             now.Add(-headStart),
		NotAfter:              now.Add(request.ValidFor),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	if template.NotAfter.After(a.intermediate.NotAfter) {
		template.NotAfter = a.intermediate.NotAfter
	}
	if request.Identity.Role == certs.RoleGateway {
		template.Subject = pkix.Name{CommonName: "gateway"}
		template.ExtKeyUsage = usages(request.Identity.Role)
		template.DNSNames = request.DNSNames
		for _, ip := range request.IPs {
			template.IPAddresses = append(template.IPAddresses, net.IP(ip.AsSlice()))
		}
		return template, nil
	}
	uri, err := url.Parse(request.Identity.String())
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	template.Subject = pkix.Name{CommonName: shortName(request.Identity)} // for people; nobody reads an identity from it
	template.ExtKeyUsage = usages(request.Identity.Role)
	template.URIs = []*url.URL{uri}
	return template, nil
}

// usages are what a certificate is for. A gateway serves, and calls banks; without a URI name it is nobody to other gateways.
func usages(role certs.Role) []x509.ExtKeyUsage {
	if role == certs.RoleGateway {
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

// shortName is how the files of an identity are called: the bank's id, or the role.
func shortName(i certs.Identity) string {
	if i.ID != "" {
		return i.ID
	}
	return string(i.Role)
}

func ipTexts(ips []netip.Addr) []string {
	var texts []string
	for _, ip := range ips {
		texts = append(texts, ip.String())
	}
	return texts
}
