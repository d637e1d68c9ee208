package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// lists are the revocation lists in force, at most one for each CA.
type lists struct {
	of map[string]*list // by authorityKey
}

// list is what is kept of one revocation list.
type list struct {
	issuer     string // common name, for people
	number     *big.Int
	nextUpdate time.Time
	serials    map[string]struct{} // big-endian
}

// trust is how far the lists are believed.
type trust uint8

const (
	trusted    trust = iota
	stale            // the next update is overdue, within the grace
	distrusted       // beyond the grace
)

// authorityKey names a CA by its subject and public key: a CA whose certificate was renewed or cross-signed stays the same one.
func authorityKey(ca *x509.Certificate) string {
	return string(ca.RawSubject) + string(ca.RawSubjectPublicKeyInfo)
}

// parseLists reads a file of revocation lists, PEM, each signed by one of signers. Anything else in it spoils the whole file.
func parseLists(content []byte, signers []*x509.Certificate) (*lists, error) {
	all := &lists{of: map[string]*list{}}
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		if block.Type != "X509 CRL" {
			return nil, fmt.Errorf("a %s where a revocation list was expected", block.Type)
		}
		key, parsed, err := parseList(block.Bytes, signers)
		if err != nil {
			return nil, err
		}
		if _, twice := all.of[key]; twice {
			return nil, fmt.Errorf("two revocation lists of %q", parsed.issuer)
		}
		all.of[key], content = parsed, rest
	}
	if len(bytes.TrimSpace(content)) > 0 {
		return nil, errors.New("something that is no PEM")
	}
	if len(all.of) == 0 {
		return nil, errors.New("no revocation list in it")
	}
	return all, nil
}

func parseList(der []byte, signers []*x509.Certificate) (key string, _ *list, _ error) {
	crl, err := x509.ParseRevocationList(der)
	if err != nil {
		return "", nil, err
	}
	for _, signer := range signers {
		if bytes.Equal(crl.RawIssuer, signer.RawSubject) && crl.CheckSignatureFrom(signer) == nil {
			parsed, err := digest(crl)
			return authorityKey(signer), parsed, err
		}
	}
	return "", nil, fmt.Errorf("a revocation list of %q that no CA of ours has signed", crl.Issuer.CommonName)
}

func digest(crl *x509.RevocationList) (*list, error) {
	if crl.NextUpdate.IsZero() {
		return nil, fmt.Errorf("the revocation list of %q does not say when the next is due", crl.Issuer.CommonName)
	}
	// A critical extension changes what the list means (delta, indirect, partitioned); RFC 5280, 5.2.
	for _, extension := range crl.Extensions {
		if extension.Critical {
			return nil, fmt.Errorf("the revocation list of %q has an unknown critical extension", crl.Issuer.CommonName)
		}
	}
	l := &list{
		issuer:     crl.Issuer.CommonName,
		number:     new(big.Int),
		nextUpdate: crl.NextUpdate,
		serials:    make(map[string]struct{}, len(crl.RevokedCertificateEntries)),
	}
	if crl.Number != nil {
		l.number = crl.Number
	}
	for _, entry := range crl.RevokedCertificateEntries {
		for _, extension := range entry.Extensions {
			if extension.Critical {
				return nil, fmt.Errorf("the revocation list of %q has an entry with an unknown critical extension", l.issuer)
			}
		}
		l.serials[string(entry.SerialNumber.Bytes())] = struct{}{}
	}
	return l, nil
}

// follow refuses lists that are older than those in force: an old list forgets who was revoked since.
func (l *lists) follow(old *lists) error {
	if old == nil {
		return nil
	}
	for key, fresh := range l.of {
		if before, ok := old.of[key]; ok && fresh.number.Cmp(before.number) < 0 {
			return fmt.Errorf("the revocation list of %q has number %v, older than number %v, which is in force", fresh.issuer, fresh.number, before.number)
		}
	}
	return nil
}

// nextUpdate is the earliest; zero without lists.
func (l *lists) nextUpdate() time.Time {
	var earliest time.Time
	if l == nil {
		return earliest
	}
	for _, one := range l.of {
		if earliest.IsZero() || one.nextUpdate.Before(earliest) {
			earliest = one.nextUpdate
		}
	}
	return earliest
}

func (l *lists) trust(now time.Time, grace time.Duration) trust {
	next := l.nextUpdate()
	switch {
	case next.IsZero() || !now.After(next):
		return trusted
	case !now.After(next.Add(grace)):
		return stale
	default:
		return distrusted
	}
}

// size counts the revoked certificates.
func (l *lists) size() int {
	if l == nil {
		return 0
	}
	n := 0
	for _, one := range l.of {
		n += len(one.serials)
	}
	return n
}

// check looks for every certificate of a chain in the list of its issuer. The issuer of the leaf must have a list; the list of
// a root, which is offline, is looked at when there is one. due is the earliest next update of the lists that were looked at.
func (l *lists) check(chain []*x509.Certificate) (due time.Time, _ error) {
	if l == nil {
		return time.Time{}, nil
	}
	for i := range len(chain) - 1 {
		issued, issuer := chain[i], chain[i+1]
		one, ok := l.of[authorityKey(issuer)]
		if !ok {
			if i == 0 {
				return time.Time{}, fmt.Errorf("%w: no list of %q", ErrRevocationUnknown, issuer.Subject.CommonName)
			}
			continue
		}
		if _, revoked := one.serials[string(issued.SerialNumber.Bytes())]; revoked {
			return time.Time{}, fmt.Errorf("%w: serial %s", ErrRevoked, issued.SerialNumber.Text(16))
		}
		if due.IsZero() || one.nextUpdate.Before(due) {
			due = one.nextUpdate
		}
	}
	return due, nil
}
