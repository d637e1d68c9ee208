package certs

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// snapshot is one reading of all files. It does not change; it only remembers what it has decided about certificates.
type snapshot struct {
	digest      [sha256.Size]byte
	made        time.Time
	server      tls.Certificate
	authorities authorities
	lists       *lists // nil when no list is configured
	tickets     [][32]byte
	verdicts    atomic.Pointer[map[string]*verdict]
}

func (s *Source) build(f found) (*snapshot, error) {
	now := s.config.Clock()
	server, err := serverPair(f.cert, f.key, now)
	if err != nil {
		return nil, fmt.Errorf("certs: %s: %w", s.config.CertFile, err)
	}
	accepted, err := parseAuthorities(f.authorities, now)
	if err != nil {
		return nil, fmt.Errorf("certs: %s: %w", s.config.ClientCAFile, err)
	}
	snap := &snapshot{digest: f.digest, made: now, server: server, authorities: accepted, tickets: make([][32]byte, 1)}
	snap.verdicts.Store(new(map[string]*verdict))
	_, _ = rand.Read(snap.tickets[0][:]) // never fails
	if s.config.CRLFile == "" {
		return snap, nil
	}
	snap.lists, err = parseLists(f.lists, accepted.signers(server))
	if err == nil {
		if old := s.current.Load(); old != nil {
			err = snap.lists.follow(old.lists)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("certs: %s: %w", s.config.CRLFile, err)
	}
	return snap, nil
}

// serverPair reads the server's certificate. One that no client could accept is refused here, where it can be kept out.
func serverPair(cert, key []byte, now time.Time) (tls.Certificate, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := pair.Leaf
	switch {
	case now.Before(leaf.NotBefore) || now.After(leaf.NotAfter):
		return tls.Certificate{}, fmt.Errorf("the certificate is good from %s to %s, not now", day(leaf.NotBefore), day(leaf.NotAfter))
	case !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth):
		return tls.Certificate{}, errors.New("the certificate is not a server's: no serverAuth among its extended key usages")
	case len(leaf.DNSNames)+len(leaf.IPAddresses) == 0:
		return tls.Certificate{}, errors.New("the certificate has neither a DNS name nor an IP address")
	}
	return pair, nil
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// authorities may vouch for clients.
type authorities struct {
	pool    *x509.CertPool
	roots   []*x509.Certificate
	helpers []*x509.Certificate // intermediates that complete a chain but cannot end it
}

// parseAuthorities reads the file of CAs. Only self-signed certificates become roots.
func parseAuthorities(content []byte, now time.Time) (authorities, error) {
	all, err := parseCertificates(content)
	if err != nil {
		return authorities{}, err
	}
	a := authorities{pool: x509.NewCertPool()}
	var others []*x509.Certificate
	for _, cert := range all {
		switch {
		case !cert.BasicConstraintsValid || !cert.IsCA:
			return authorities{}, fmt.Errorf("%q is not a CA", cert.Subject.CommonName)
		case cert.CheckSignatureFrom(cert) == nil && bytes.Equal(cert.RawSubject, cert.RawIssuer):
			a.roots = append(a.roots, cert)
			a.pool.AddCert(cert)
		default:
			others = append(others, cert)
		}
	}
	a.helpers = vouched(a.roots, others)
	if len(a.helpers) < len(others) {
		return authorities{}, errors.New("an intermediate was not issued by any of the roots")
	}
	if !slices.ContainsFunc(a.roots, func(c *x509.Certificate) bool { return !now.After(c.NotAfter) }) {
		return authorities{}, errors.New("no root, or every root has expired")
	}
	return a, nil
}

// vouched picks the CAs among candidates that one of the roots, or a picked one, has issued.
func vouched(roots, candidates []*x509.Certificate) []*x509.Certificate {
	var picked []*x509.Certificate
	for range candidates { // each round lengthens the chains by one
		for _, c := range candidates {
			if !c.IsCA || slices.Contains(picked, c) {
				continue
			}
			if slices.ContainsFunc(slices.Concat(roots, picked), func(ca *x509.Certificate) bool { return c.CheckSignatureFrom(ca) == nil }) {
				picked = append(picked, c)
			}
		}
	}
	return picked
}

// signers are the CAs whose revocation lists are taken: those of the file, and those of the server's own chain that belong to them.
func (a authorities) signers(server tls.Certificate) []*x509.Certificate {
	var own []*x509.Certificate
	for _, der := range server.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			own = append(own, cert)
		}
	}
	return slices.Concat(a.roots, a.helpers, vouched(a.roots, own))
}

// parseCertificates reads a file that holds certificates and nothing else.
func parseCertificates(content []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %s where a certificate was expected", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all, content = append(all, cert), rest
	}
	if len(bytes.TrimSpace(content)) > 0 {
		return nil, errors.New("something that is no PEM")
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate in it")
	}
	return all, nil
}
