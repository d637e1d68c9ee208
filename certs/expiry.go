package certs

import (
	"crypto/x509"
	"time"
)

// Kinds of things that expire.
const (
	ExpiryServer         = "server"          // the gateway's own certificate
	ExpiryServerChain    = "server_chain"    // an intermediate that it presents
	ExpiryClientCA       = "client_ca"       // a CA that may vouch for clients
	ExpiryRevocationList = "revocation_list" // the time is that of the next update
)

// Expiry is the end of something in force, for a gauge. An expired certificate is the most common outage of mutual TLS.
type Expiry struct {
	Kind   string // one of the constants
	Name   string // common name of the certificate, or of the list's issuer
	Serial string // of the certificate, hexadecimal; of a list its number, decimal
	Time   time.Time
}

// Expiries lists the ends of all that is in force.
func (s *Source) Expiries() []Expiry {
	snap := s.current.Load()
	all := []Expiry{expiryOf(ExpiryServer, snap.server.Leaf)}
	for _, der := range snap.server.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			all = append(all, expiryOf(ExpiryServerChain, cert))
		}
	}
	for _, cert := range snap.authorities.roots {
		all = append(all, expiryOf(ExpiryClientCA, cert))
	}
	for _, cert := range snap.authorities.helpers {
		all = append(all, expiryOf(ExpiryClientCA, cert))
	}
	if snap.lists != nil {
		for _, l := range snap.lists.of {
			all = append(all, Expiry{Kind: ExpiryRevocationList, Name: l.issuer, Serial: l.number.String(), Time: l.nextUpdate})
		}
	}
	return all
}

func expiryOf(kind string, cert *x509.Certificate) Expiry {
	return Expiry{Kind: kind, Name: cert.Subject.CommonName, Serial: cert.SerialNumber.Text(16), Time: cert.NotAfter}
}
