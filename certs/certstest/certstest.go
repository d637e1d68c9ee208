// Package certstest makes certificates for tests, odd ones above all: expired, two names, wrong usage, foreign CA, broken chains.
//
// Promise: what a template says is what gets signed; nothing is corrected or refused.
//
// Limits: for tests alone. Certificates for people come from package authority.
package certstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Change alters a certificate before it is signed.
type Change func(template *x509.Certificate)

// CA signs certificates.
type CA struct {
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey

	now   time.Time
	above [][]byte // what must follow a certificate of this CA in its chain: this CA and those above, without the root
}

// NewRoot makes a self-signed CA that is good from a day before now for ten years.
func NewRoot(t testing.TB, now time.Time, name string, changes ...Change) *CA {
	t.Helper()
	ca := &CA{Key: newKey(t), now: now}
	template := ca.authority(name, changes)
	ca.Cert = sign(t, template, template, ca.Key, ca.Key)
	return ca
}

// Intermediate makes a CA below this one, good for a year.
func (ca *CA) Intermediate(t testing.TB, name string, changes ...Change) *CA {
	t.Helper()
	below := &CA{Key: newKey(t), now: ca.now}
	below.Cert = sign(t, ca.authority(name, changes), ca.Cert, below.Key, ca.Key)
	below.above = append([][]byte{below.Cert.Raw}, ca.above...)
	return below
}

func (ca *CA) authority(name string, changes []Change) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             ca.now.Add(-24 * time.Hour),
		NotAfter:              ca.now.AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	for _, change := range changes {
		change(template)
	}
	return template
}

// Client issues a client certificate for an hour with one URI name, which is signed as it is written. The result has the
// chain without the root.
func (ca *CA) Client(t testing.TB, uri string, changes ...Change) tls.Certificate {
	t.Helper()
	return ca.leaf(t, x509.ExtKeyUsageClientAuth, append([]Change{URIs(uri)}, changes...))
}

// Server issues a server certificate for an hour for localhost, 127.0.0.1 and ::1.
func (ca *CA) Server(t testing.TB, changes ...Change) tls.Certificate {
	t.Helper()
	local := func(template *x509.Certificate) {
		template.DNSNames = []string{"localhost"}
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	return ca.leaf(t, x509.ExtKeyUsageServerAuth, append([]Change{local}, changes...))
}

func (ca *CA) leaf(t testing.TB, usage x509.ExtKeyUsage, changes []Change) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          serial(),
		NotBefore:             ca.now.Add(-time.Hour),
		NotAfter:              ca.now.Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
	}
	for _, change := range changes {
		change(template)
	}
	key := newKey(t)
	leaf := sign(t, template, ca.Cert, key, ca.Key)
	return tls.Certificate{Certificate: append([][]byte{leaf.Raw}, ca.above...), PrivateKey: key, Leaf: leaf}
}

// URIs replaces all alternative names by URI names, byte for byte: no parser sees them.
func URIs(names ...string) Change { return Names(nil, names) }

// Names replaces all alternative names by DNS and URI names, byte for byte.
func Names(dns, uris []string) Change {
	return func(template *x509.Certificate) {
		var raw []asn1.RawValue
		for _, name := range dns {
			raw = append(raw, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(name)})
		}
		for _, name := range uris {
			raw = append(raw, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(name)})
		}
		value, err := asn1.Marshal(raw)
		if err != nil {
			panic(err) // a list of byte strings has an encoding
		}
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}
	}
}

// Between sets when the certificate is in its time.
func Between(from, until time.Time) Change {
	return func(template *x509.Certificate) { template.NotBefore, template.NotAfter = from, until }
}

// Usage replaces the extended key usages.
func Usage(usages ...x509.ExtKeyUsage) Change {
	return func(template *x509.Certificate) { template.ExtKeyUsage = usages }
}

// RevocationList signs a list, PEM. Number, ThisUpdate and NextUpdate are 1, an hour ago and in a week unless they are set.
func (ca *CA) RevocationList(t testing.TB, list x509.RevocationList, revoked ...tls.Certificate) []byte {
	t.Helper()
	if list.Number == nil {
		list.Number = big.NewInt(1)
	}
	if list.ThisUpdate.IsZero() {
		list.ThisUpdate = ca.now.Add(-time.Hour)
	}
	if list.NextUpdate.IsZero() {
		list.NextUpdate = ca.now.AddDate(0, 0, 7)
	}
	for _, certificate := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: certificate.Leaf.SerialNumber, RevocationTime: list.ThisUpdate})
	}
	der, err := x509.CreateRevocationList(rand.Reader, &list, ca.Cert, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

// PEM gives the CA's certificate.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Cert.Raw})
}

// Pair gives a certificate with its chain, and its key, as PEM.
func Pair(t testing.TB, certificate tls.Certificate) (cert, key []byte) {
	t.Helper()
	for _, der := range certificate.Certificate {
		cert = append(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Write replaces a file in one step, readable by its owner alone, and gives its path.
func Write(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

func sign(t testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		// Some odd certificates are too odd for Go to read; a client can still send them.
		return &x509.Certificate{Raw: der, SerialNumber: template.SerialNumber}
	}
	return cert
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func serial() *big.Int {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[0] &= 0x7f
	return new(big.Int).SetBytes(raw[:])
}

// Key gives the private key of a certificate made here, to misuse it.
func Key(certificate tls.Certificate) *ecdsa.PrivateKey {
	key, _ := certificate.PrivateKey.(*ecdsa.PrivateKey)
	return key
}
