package authority

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"time"

	"github.com/poruka/poruka/certs"
)

// Reason is why a certificate is revoked. Source: RFC 5280, 5.3.1.
type Reason string

// Reasons.
const (
	Unspecified          Reason = "unspecified"
	KeyCompromise        Reason = "key-compromise"
	AffiliationChanged   Reason = "affiliation-changed"
	Superseded           Reason = "superseded"
	CessationOfOperation Reason = "cessation-of-operation"
	PrivilegeWithdrawn   Reason = "privilege-withdrawn"
)

// code is the number of the reason in a list; ok is false for a word that is no reason.
func (r Reason) code() (code int, ok bool) {
	code, ok = map[Reason]int{
		Unspecified: 0, KeyCompromise: 1, AffiliationChanged: 3, Superseded: 4, CessationOfOperation: 5, PrivilegeWithdrawn: 9,
	}[r]
	return code, ok
}

// Status is what became of a certificate.
type Status string

// Statuses. A certificate that was revoked stays so after its expiry.
const (
	StatusValid   Status = "valid"
	StatusExpired Status = "expired"
	StatusRevoked Status = "revoked"
)

// Entry is one certificate of the index.
type Entry struct {
	Serial    string // hexadecimal
	Identity  certs.Identity
	DNSNames  []string
	IPs       []netip.Addr
	NotBefore time.Time
	NotAfter  time.Time
	Status    Status
	RevokedAt time.Time // zero unless revoked
	Reason    Reason    // empty unless revoked
}

// List lists all certificates ever issued, oldest first.
func (a *Authority) List() ([]Entry, error) {
	x, err := readIndex(a.dir)
	if err != nil {
		return nil, err
	}
	return x.entries(a.now())
}

func (x *index) entries(now time.Time) ([]Entry, error) {
	var all []Entry
	at := map[string]int{}
	for i, r := range x.records {
		switch r.Event {
		case eventIssued:
			e, err := r.entry(now)
			if err != nil {
				return nil, fmt.Errorf("authority: %s: line %d: %w", indexFile, i+1, err)
			}
			at[r.Serial] = len(all)
			all = append(all, e)
		case eventRevoked:
			n, ok := at[r.Serial]
			if !ok {
				return nil, fmt.Errorf("authority: %s: line %d: %w", indexFile, i+1, ErrUnknownSerial)
			}
			all[n].Status, all[n].RevokedAt, all[n].Reason = StatusRevoked, r.Time, r.Reason
		}
	}
	return all, nil
}

func (r record) entry(now time.Time) (Entry, error) {
	identity, err := certs.ParseIdentity(r.Identity)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		Serial: r.Serial, Identity: identity, DNSNames: r.DNSNames,
		NotBefore: *r.NotBefore, NotAfter: *r.NotAfter, Status: StatusValid,
	}
	for _, text := range r.IPs {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return Entry{}, err
		}
		e.IPs = append(e.IPs, ip)
	}
	if now.After(e.NotAfter) {
		e.Status = StatusExpired
	}
	return e, nil
}

func (x *index) find(serial string, now time.Time) (Entry, error) {
	all, err := x.entries(now)
	if err != nil {
		return Entry{}, err
	}
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Serial == serial })
	if i < 0 {
		return Entry{}, ErrUnknownSerial
	}
	return all[i], nil
}

// Revoke records that a certificate is good no more. It takes effect where the list that WriteCRL writes is read. Errors:
// ErrUnknownSerial, ErrRevoked, and ErrRequest for a word that is no reason.
func (a *Authority) Revoke(serial string, reason Reason) error {
	if _, ok := reason.code(); !ok {
		return fmt.Errorf("%w: %q is no reason", ErrRequest, string(reason))
	}
	return update(a.dir, func(x *index) ([]record, error) {
		old, err := x.find(serial, a.now())
		if err != nil {
			return nil, err
		}
		if old.Status == StatusRevoked {
			return nil, fmt.Errorf("%w on %s", ErrRevoked, old.RevokedAt.Format(time.RFC3339))
		}
		return []record{{Time: a.now(), Event: eventRevoked, Serial: serial, Reason: reason}}, nil
	})
}

// forgetAfter is how long after its expiry a revoked certificate stays on the list.
const forgetAfter = 7 * 24 * time.Hour

// WriteCRL signs a revocation list and writes it to path. It must be written anew before it is stale, and after each Revoke.
func (a *Authority) WriteCRL(path string) (nextUpdate time.Time, _ error) {
	now := a.now()
	nextUpdate = now.Add(a.listLife)
	err := update(a.dir, func(x *index) ([]record, error) {
		all, err := x.entries(now)
		if err != nil {
			return nil, err
		}
		number := int64(1)
		for _, r := range x.records {
			number = max(number, r.Number+1)
		}
		content, err := a.signCRL(all, number, now, nextUpdate)
		if err != nil {
			return nil, err
		}
		// Within the lock: an older list cannot replace a newer one.
		return []record{{Time: now, Event: eventListed, Number: number}}, WriteFile(path, content, 0o644)
	})
	return nextUpdate, err
}

func (a *Authority) signCRL(all []Entry, number int64, now, nextUpdate time.Time) ([]byte, error) {
	list := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: now, NextUpdate: nextUpdate}
	for _, e := range all {
		if e.Status != StatusRevoked || now.After(e.NotAfter.Add(forgetAfter)) {
			continue
		}
		serial, ok := new(big.Int).SetString(e.Serial, 16)
		if !ok {
			return nil, fmt.Errorf("authority: %s: serial number %q is malformed", indexFile, e.Serial)
		}
		code, _ := e.Reason.code()
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: serial, RevocationTime: e.RevokedAt, ReasonCode: code})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.intermediate, a.signer)
	if err != nil {
		return nil, fmt.Errorf("authority: signing: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}
