package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Role is what a caller may be. Access is granted by role, see gateway/access.
type Role string

// Roles. The last is the server's own.
const (
	RoleBank       Role = "bank"
	RolePortal     Role = "portal"
	RoleCompliance Role = "compliance"
	RoleOperator   Role = "operator"
	RoleGateway    Role = "gateway"
)

const scheme = "poruka://"

// Roles lists the roles that a client certificate may carry.
func Roles() []Role { return []Role{RoleBank, RolePortal, RoleCompliance, RoleOperator} }

// Identity is one name of a trust domain: `poruka://<trust domain>/<role>[/<id>]`.
type Identity struct {
	TrustDomain string
	Role        Role
	ID          string // of the bank; empty for every other role
}

// String gives the URI.
func (i Identity) String() string {
	uri := scheme + i.TrustDomain + "/" + string(i.Role)
	if i.ID != "" {
		uri += "/" + i.ID
	}
	return uri
}

// Caller is a verified identity with the facts of its certificate that are worth keeping.
type Caller struct {
	Identity
	Serial    string // hexadecimal, lower case
	NotBefore time.Time
	NotAfter  time.Time
}

// ErrIdentity is wrapped by every refusal of a certificate's names.
var ErrIdentity = errors.New("certs: the certificate does not carry exactly one Poruka identity")

var (
	idForm     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	domainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)
)

// ParseIdentity reads the URI form. Only the exact canonical form is taken: lower case, no port, query, fragment, escape or trailing slash.
func ParseIdentity(uri string) (Identity, error) {
	rest, ok := strings.CutPrefix(uri, scheme)
	if !ok {
		return Identity{}, fmt.Errorf("%w: not a poruka:// name", ErrIdentity)
	}
	parts := strings.Split(rest, "/")
	if !domainForm.MatchString(parts[0]) || strings.Contains(parts[0], "..") {
		return Identity{}, fmt.Errorf("%w: malformed trust domain", ErrIdentity)
	}
	switch {
	case len(parts) == 3 && Role(parts[1]) == RoleBank && idForm.MatchString(parts[2]):
		return Identity{TrustDomain: parts[0], Role: RoleBank, ID: parts[2]}, nil
	case len(parts) == 2 && plainRole(Role(parts[1])):
		return Identity{TrustDomain: parts[0], Role: Role(parts[1])}, nil
	default:
		return Identity{}, fmt.Errorf("%w: no such role or malformed id", ErrIdentity)
	}
}

func plainRole(r Role) bool {
	return r == RolePortal || r == RoleCompliance || r == RoleOperator || r == RoleGateway
}

// CallerOf reads the caller from a parsed and verified client certificate. The certificate must carry exactly one URI name,
// and that one must be an identity of a client role in trustDomain. Common names, DNS names and e-mail addresses mean nothing.
func CallerOf(cert *x509.Certificate, trustDomain string) (Caller, error) {
	identity, err := identityOf(cert, trustDomain)
	if err != nil {
		return Caller{}, err
	}
	if identity.Role == RoleGateway {
		return Caller{}, fmt.Errorf("%w: a server's certificate", ErrIdentity)
	}
	return Caller{
		Identity:  identity,
		Serial:    cert.SerialNumber.Text(16),
		NotBefore: cert.NotBefore,
		NotAfter:  cert.NotAfter,
	}, nil
}

func identityOf(cert *x509.Certificate, trustDomain string) (Identity, error) {
	names, err := uriNames(cert)
	if err != nil {
		return Identity{}, err
	}
	if len(names) != 1 {
		return Identity{}, fmt.Errorf("%w: %d URI names", ErrIdentity, len(names))
	}
	identity, err := ParseIdentity(names[0])
	if err != nil {
		return Identity{}, err
	}
	if identity.TrustDomain != trustDomain {
		return Identity{}, fmt.Errorf("%w: another trust domain", ErrIdentity)
	}
	return identity, nil
}

// The extension that holds a certificate's names, and the tag of a URI among them; RFC 5280, 4.2.1.6.
const (
	subjectAltName = "2.5.29.17"
	uriTag         = 6
)

// uriNames reads the URI names as the CA signed them. x509.Certificate.URIs will not do: url.Parse lowers the case of the
// scheme and drops an empty fragment, so that `PORUKA://...` and `...#` would look canonical.
func uriNames(cert *x509.Certificate) ([]string, error) {
	var uris []string
	for _, extension := range cert.Extensions {
		if extension.Id.String() != subjectAltName {
			continue
		}
		var names cryptobyte.String
		value := cryptobyte.String(extension.Value)
		if !value.ReadASN1(&names, cryptobyte_asn1.SEQUENCE) || !value.Empty() {
			return nil, fmt.Errorf("%w: malformed names", ErrIdentity)
		}
		for !names.Empty() {
			var name cryptobyte.String
			var tag cryptobyte_asn1.Tag
			if !names.ReadAnyASN1(&name, &tag) {
				return nil, fmt.Errorf("%w: malformed names", ErrIdentity)
			}
			if tag == cryptobyte_asn1.Tag(uriTag).ContextSpecific() {
				uris = append(uris, string(name))
			}
		}
	}
	return uris, nil
}
