package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Errors of Check beside ErrIdentity. ErrRevocationUnknown is a fault of ours, the others are the caller's.
var (
	// ErrUntrusted says that no CA in force vouches for the certificate, or not for a client.
	ErrUntrusted = errors.New("certs: no CA in force vouches for the certificate")
	// ErrExpired says that the certificate, or one that vouches for it, is not yet or no longer in its time.
	ErrExpired = errors.New("certs: the certificate is not in its time")
	// ErrRevoked says that the certificate, or one that vouches for it, is on a revocation list.
	ErrRevoked = errors.New("certs: the certificate has been revoked")
	// ErrRevocationUnknown says that there is no revocation list to believe; nobody is admitted on a guess.
	ErrRevocationUnknown = errors.New("certs: revocation cannot be told")
)

// maxVerdicts bounds the memory of a snapshot. Only certificates that our own CA issued get there.
const maxVerdicts = 1024

// verdict is what a snapshot says of one certificate, as far as time does not change it.
type verdict struct {
	helpers     []*x509.Certificate // that were presented with it
	caller      Caller
	err         error
	from, until time.Time // when the chain is in its time
	due         time.Time // when the next revocation list is due; zero when none is configured
}

// Check tells who is at the other end of a connection that a server made with ServerConfig. It is for every request: the
// connection may be older than the revocation. The chain is built anew under the CAs in force, once for each certificate and
// set of files; after that a check is a look-up of less than a microsecond.
//
// Errors: ErrIdentity, ErrUntrusted, ErrExpired, ErrRevoked, ErrRevocationUnknown.
func (s *Source) Check(state tls.ConnectionState) (Caller, error) {
	if len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return Caller{}, fmt.Errorf("%w: there is no verified certificate", ErrIdentity)
	}
	snap, now := s.current.Load(), s.config.Clock()
	v := snap.verdict(state.PeerCertificates, s.config.TrustDomain, now)
	switch {
	case v.err != nil:
		return Caller{}, v.err
	case now.Before(v.from) || now.After(v.until):
		return Caller{}, ErrExpired
	case !v.due.IsZero() && now.After(v.due.Add(s.config.CRLGrace)):
		return Caller{}, fmt.Errorf("%w: the list is stale beyond its grace", ErrRevocationUnknown)
	}
	return v.caller, nil
}

// verdict finds or makes the verdict on a presented chain, leaf first.
func (s *snapshot) verdict(presented []*x509.Certificate, trustDomain string, now time.Time) *verdict {
	leaf, helpers := presented[0], presented[1:]
	known := s.verdicts.Load()
	// The same leaf may come with other helpers, and chains then end elsewhere.
	if v, ok := (*known)[string(leaf.Raw)]; ok && slices.EqualFunc(v.helpers, helpers, sameCertificate) {
		return v
	}
	v := s.judge(leaf, helpers, trustDomain, now)
	if errors.Is(v.err, ErrExpired) { // time may cure it
		return v
	}
	for {
		next := map[string]*verdict{string(leaf.Raw): v}
		if len(*known) < maxVerdicts {
			next = maps.Clone(*known)
			if next == nil {
				next = map[string]*verdict{}
			}
			next[string(leaf.Raw)] = v
		}
		if s.verdicts.CompareAndSwap(known, &next) {
			return v
		}
		known = s.verdicts.Load()
	}
}

func sameCertificate(a, b *x509.Certificate) bool { return a == b || bytes.Equal(a.Raw, b.Raw) }

func (s *snapshot) judge(leaf *x509.Certificate, helpers []*x509.Certificate, trustDomain string, now time.Time) *verdict {
	v := &verdict{helpers: helpers}
	if v.caller, v.err = CallerOf(leaf, trustDomain); v.err != nil {
		return v
	}
	options := x509.VerifyOptions{
		Roots:         s.authorities.pool,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, helper := range slices.Concat(s.authorities.helpers, helpers) {
		options.Intermediates.AddCert(helper)
	}
	chains, err := leaf.Verify(options)
	if err != nil {
		v.err = verifyError(err)
		return v
	}
	for _, chain := range chains {
		due, err := s.lists.check(chain)
		if err != nil {
			v.err = err
			continue
		}
		if from, until := span(chain); v.until.Before(until) {
			v.from, v.until, v.due = from, until, due
		}
	}
	if !v.until.IsZero() {
		v.err = nil // one good chain is enough
	}
	return v
}

// verifyError hides the library's words, which repeat names of the certificate, from whoever prints the error.
func verifyError(err error) error {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return ErrExpired
	}
	return ErrUntrusted
}

// span is when every certificate of a chain is in its time.
func span(chain []*x509.Certificate) (from, until time.Time) {
	from, until = chain[0].NotBefore, chain[0].NotAfter
	for _, cert := range chain[1:] {
		if cert.NotBefore.After(from) {
			from = cert.NotBefore
		}
		if cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	return from, until
}
