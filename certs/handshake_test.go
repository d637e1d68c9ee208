package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

func TestAGoodCertificateIsKnown(t *testing.T) {
	w := newWorld(t).serve()
	good := w.ca.Client(t, sberbank)
	w.mustDial(w.client(&good))
	if w.admitted.Load() != 1 {
		t.Errorf("%d handshakes were admitted, want 1", w.admitted.Load())
	}
}

// Rows 1 to 7 of the catalogue of attacks: whose certificate it is, and whether its chain holds.
func TestBadCertificatesAreRefused(t *testing.T) {
	w := newWorld(t).serve()
	foreign := certstest.NewRoot(t, epoch(), "root") // same name, other key
	now := epoch()
	pathLength := func(n int) certstest.Change {
		return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
	}
	urisOf := func(domain string) certstest.Change {
		return func(c *x509.Certificate) {
			c.PermittedURIDomains, c.PermittedDNSDomainsCritical = []string{domain}, true
		}
	}
	notCA := w.ca.Client(t, sberbank) // a partner that plays CA with its own certificate
	selfSigned := certstest.NewRoot(t, now, "me", certstest.URIs(sberbank), certstest.Usage(x509.ExtKeyUsageClientAuth))

	for _, test := range []struct {
		name        string
		certificate tls.Certificate
		word        string
	}{
		{"self-signed", tls.Certificate{Certificate: [][]byte{selfSigned.Cert.Raw}, PrivateKey: selfSigned.Key}, certs.RefusalUntrusted},
		{"a foreign root of the same name", foreign.Client(t, sberbank), certs.RefusalUntrusted},
		{"below a foreign root", foreign.Intermediate(t, "issuing CA").Client(t, sberbank), certs.RefusalUntrusted},
		{"expired a second ago", w.ca.Client(t, sberbank, certstest.Between(now.Add(-time.Hour), now.Add(-time.Second))), certs.RefusalExpired},
		{"not yet valid", w.ca.Client(t, sberbank, certstest.Between(now.Add(time.Hour), now.Add(2*time.Hour))), certs.RefusalExpired},
		{"issued by a CA that expired", w.root.Intermediate(t, "old", certstest.Between(now.AddDate(-1, 0, 0), now.Add(-time.Second))).Client(t, sberbank), certs.RefusalExpired},
		{"a server's", w.ca.Client(t, sberbank, certstest.Usage(x509.ExtKeyUsageServerAuth)), certs.RefusalUntrusted},
		{"for code", w.ca.Client(t, sberbank, certstest.Usage(x509.ExtKeyUsageCodeSigning)), certs.RefusalUntrusted},
		{"below a CA for servers", w.root.Intermediate(t, "servers", certstest.Usage(x509.ExtKeyUsageServerAuth)).Client(t, sberbank), certs.RefusalUntrusted},
		{"below a CA without the CA bit", w.root.Intermediate(t, "x", func(c *x509.Certificate) { c.IsCA = false }).Client(t, sberbank), certs.RefusalUntrusted},
		{"below a CA that may not sign", w.root.Intermediate(t, "x", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }).Client(t, sberbank), certs.RefusalUntrusted},
		{"below too many CAs", w.root.Intermediate(t, "x", pathLength(0)).Intermediate(t, "y").Client(t, sberbank), certs.RefusalUntrusted},
		{"below a CA of another trust domain", w.root.Intermediate(t, "x", urisOf("prod.poruka")).Client(t, sberbank), certs.RefusalUntrusted},
		{"signed by a partner", forged(t, w, notCA), certs.RefusalUntrusted},
		{"without its intermediate", tls.Certificate{Certificate: notCA.Certificate[:1], PrivateKey: notCA.PrivateKey}, certs.RefusalUntrusted},
		{"somebody else's key", tls.Certificate{Certificate: notCA.Certificate, PrivateKey: selfSigned.Key}, certs.RefusalProtocol},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.t = t
			w.expectRefused(w.client(&test.certificate), test.word)
		})
	}
}

// forged is a certificate that was signed with the key of a client certificate.
func forged(t *testing.T, w *world, signer tls.Certificate) tls.Certificate {
	t.Helper()
	fake := certstest.NewRoot(t, epoch(), "x")
	fake.Cert, fake.Key = signer.Leaf, certstest.Key(signer)
	certificate := fake.Client(t, "poruka://dev.poruka/operator")
	certificate.Certificate = append(certificate.Certificate, signer.Certificate...)
	return certificate
}

func TestNoCertificateIsRefused(t *testing.T) {
	w := newWorld(t).serve()
	w.expectRefused(w.client(nil), certs.RefusalNoCertificate)
}

// Row 3: the pool is ours alone, whatever the system trusts.
func TestTheSystemPoolIsNotTrusted(t *testing.T) {
	public := certstest.NewRoot(t, epoch(), "public CA")
	t.Setenv("SSL_CERT_FILE", certstest.Write(t, t.TempDir(), "system.pem", public.PEM()))
	if system, err := x509.SystemCertPool(); err != nil || system.Equal(x509.NewCertPool()) {
		t.Skip("this system's pool cannot be set by SSL_CERT_FILE")
	}
	w := newWorld(t).serve()
	certificate := public.Client(t, sberbank)
	w.expectRefused(w.client(&certificate), certs.RefusalUntrusted)
}

// Row 8 over a real connection, with the certificates that Go itself cannot read.
func TestConfusedNamesAreRefused(t *testing.T) {
	w := newWorld(t).serve()
	for name, uri := range confusions() {
		t.Run(name, func(t *testing.T) {
			w.t = t
			certificate := w.ca.Client(t, uri)
			if got, err := w.askOnce(w.client(&certificate)); err == nil {
				t.Fatalf("the server answered %q", got)
			}
			if word := w.lastRefusal(); word != certs.RefusalIdentity && word != certs.RefusalProtocol {
				t.Errorf("refused because of %q", word)
			}
		})
	}
}

// Row 14. There is no renegotiation and there are no weak suites in TLS 1.3.
func TestOldProtocolsAreRefused(t *testing.T) {
	w := newWorld(t).serve()
	good := w.ca.Client(t, sberbank)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		config := w.client(&good)
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, version
		w.expectRefused(config, certs.RefusalProtocol)
	}
	config := w.client(&good)
	config.NextProtos = []string{"h2"}
	w.expectRefused(config, certs.RefusalProtocol)
}

// Row 5: the certificate expires while the connection is open, or the CA above it does.
func TestExpiryWhileConnected(t *testing.T) {
	for name, certificate := range map[string]func(w *world) tls.Certificate{
		"the certificate": func(w *world) tls.Certificate {
			return w.ca.Client(t, sberbank, certstest.Between(epoch(), epoch().Add(5*time.Second)))
		},
		"its CA": func(w *world) tls.Certificate {
			return w.root.Intermediate(t, "short", certstest.Between(epoch(), epoch().Add(5*time.Second))).Client(t, sberbank)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(w *world) { w.config.CRLFile = "" }).serve()
			mortal := certificate(w)
			config := w.client(&mortal)
			config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			open := w.mustDial(config)
			w.advance(5 * time.Second)
			open.expect(t, "sberbank")
			w.advance(time.Second)
			open.expect(t, "refused: expired")
			w.expectRefused(config, certs.RefusalExpired)
		})
	}
}
