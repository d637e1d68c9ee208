package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// trusting starts a gateway that also trusts a CA of the test, from which any certificate can be had.
func trusting(t *testing.T) (*gatewaytest.Gateway, *certstest.CA) {
	t.Helper()
	dir := t.TempDir()
	settings, err := config.Config{DataDir: dir, Dev: true}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
		t.Fatal(err)
	}
	ca := certstest.NewRoot(t, time.Now(), "CA of the test")
	for path, more := range map[string][]byte{
		settings.Certificates.ClientCA: ca.PEM(), settings.Certificates.CRL: ca.RevocationList(t, x509.RevocationList{}),
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		certstest.Write(t, filepath.Dir(path), filepath.Base(path), append(content, more...))
	}
	return gatewaytest.Start(t, gatewaytest.Config{DataDir: dir, Unready: true}), ca
}

// clientTLS is a client that trusts the gateway and shows a certificate, or none. It shows it whatever CAs the gateway asks for; left to
// itself Go would keep back those that it takes for useless.
func clientTLS(t testing.TB, g *gatewaytest.Gateway, shown ...tls.Certificate) *tls.Config {
	t.Helper()
	config, err := g.Profile("vtb").TLS("localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = nil
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if len(shown) == 0 {
			return &tls.Certificate{}, nil
		}
		return &shown[0], nil
	}
	return config
}

// ports are the two that partners reach.
func ports(g *gatewaytest.Gateway) map[string]string {
	profile := g.Profile("vtb")
	return map[string]string{"gRPC": profile.Address, "REST": profile.RESTAddress}
}

// shake makes a TLS connection and waits for the server's word on it: under TLS 1.3 a client believes the handshake to be done
// before the server has seen its certificate. nil means that the server takes the connection.
func shake(t *testing.T, address string, config *tls.Config, alpn string) error {
	t.Helper()
	config = config.Clone()
	config.NextProtos = []string{alpn}
	raw, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	conn := tls.Client(raw, config)
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return err
	}
	greeting := "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n\r\n"
	if alpn == "h2" {
		greeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	}
	_, _ = conn.Write([]byte(greeting)) // the server may have hung up
	_, err = conn.Read(make([]byte, 1))
	return err
}

func TestNoHandshakeWithoutAnIdentity(t *testing.T) {
	const vtb = "poruka://dev.poruka/bank/vtb"
	g, ca := trusting(t)
	now := time.Now()
	foreign := certstest.NewRoot(t, now, "a CA that nobody trusts")
	self := certstest.NewRoot(t, now, "self-signed", certstest.URIs(vtb), certstest.Usage(x509.ExtKeyUsageClientAuth))
	noCA := ca.Intermediate(t, "no CA", func(c *x509.Certificate) { c.IsCA = false })
	expiredCA := ca.Intermediate(t, "a CA of yesterday", certstest.Between(now.Add(-48*time.Hour), now.Add(-24*time.Hour)))
	named := func(cn string) certstest.Change {
		return func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: cn} }
	}
	gateway, err := tls.LoadX509KeyPair(filepath.Join(g.Dir, "certs", "gateway.pem"), filepath.Join(g.Dir, "certs", "gateway-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	stolen := ca.Client(t, vtb)
	stolen.PrivateKey = certstest.Key(foreign.Client(t, vtb)) // the certificate is public, the key is not

	for name, shown := range map[string][]tls.Certificate{
		"none":                     {},
		"self-signed":              {{Certificate: [][]byte{self.Cert.Raw}, PrivateKey: self.Key}},
		"of a foreign CA":          {foreign.Client(t, vtb)},
		"of a foreign CA beneath":  {foreign.Intermediate(t, "issuing").Client(t, vtb)},
		"expired":                  {ca.Client(t, vtb, certstest.Between(now.Add(-time.Hour), now.Add(-time.Second)))},
		"not yet valid":            {ca.Client(t, vtb, certstest.Between(now.Add(time.Hour), now.Add(2*time.Hour)))},
		"for servers":              {ca.Client(t, vtb, certstest.Usage(x509.ExtKeyUsageServerAuth))},
		"issued by what is no CA":  {noCA.Client(t, vtb)},
		"issued by an expired CA":  {expiredCA.Client(t, vtb)},
		"name in the common name":  {ca.Client(t, "", certstest.Names(nil, nil), named(vtb))},
		"name as a DNS name":       {ca.Client(t, "", certstest.Names([]string{"vtb"}, nil))},
		"two identities":           {ca.Client(t, "", certstest.URIs(vtb, "poruka://dev.poruka/portal"))},
		"the same identity twice":  {ca.Client(t, "", certstest.URIs(vtb, vtb))},
		"another trust domain":     {ca.Client(t, "poruka://prod.poruka/bank/vtb")},
		"a role that is none":      {ca.Client(t, "poruka://dev.poruka/admin")},
		"a bank without a name":    {ca.Client(t, "poruka://dev.poruka/bank")},
		"upper case":               {ca.Client(t, "poruka://dev.poruka/bank/VTB")},
		"wildcard":                 {ca.Client(t, "poruka://dev.poruka/bank/*")},
		"NUL":                      {ca.Client(t, vtb+"\x00.example.org")},
		"path upwards":             {ca.Client(t, "poruka://dev.poruka/bank/../portal")},
		"the gateway's role":       {ca.Client(t, "poruka://dev.poruka/gateway")},
		"the gateway's own":        {gateway},
		"without its private key":  {stolen},
		"a key of the server's CA": {foreign.Client(t, vtb, func(c *x509.Certificate) { c.Issuer = ca.Cert.Subject })},
	} {
		t.Run(name, func(t *testing.T) {
			for port, address := range ports(g) {
				for _, alpn := range []string{"h2", "http/1.1"} {
					if err := shake(t, address, clientTLS(t, g, shown...), alpn); err == nil {
						t.Errorf("%s, %s: the gateway talks", port, alpn)
					} else if remote := (*net.OpError)(nil); !errors.As(err, &remote) || remote.Op != "remote error" {
						t.Errorf("%s, %s: not refused, but %v", port, alpn, err)
					}
				}
			}
			conn, err := grpc.NewClient(g.Profile("vtb").Address, grpc.WithTransportCredentials(credentials.NewTLS(clientTLS(t, g, shown...))))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := porukav1.NewCallerServiceClient(conn).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); status.Code(err) != codes.Unavailable {
				t.Errorf("a call gave %v", err)
			}
		})
	}
	// The same way leads in with a good certificate: it is the certificates that were refused.
	for port, address := range ports(g) {
		if err := shake(t, address, clientTLS(t, g, ca.Client(t, vtb)), "h2"); err != nil {
			t.Errorf("%s: a good certificate was refused: %v", port, err)
		}
	}
	for _, line := range auditLines(t, g) {
		if line["msg"] == "call" || line["method"] != nil {
			t.Errorf("a call was made: %v", line)
		}
	}
}

func TestOldProtocolsAreRefused(t *testing.T) {
	g, ca := trusting(t)
	good := ca.Client(t, "poruka://dev.poruka/bank/vtb")
	for port, address := range ports(g) {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
			config := clientTLS(t, g, good)
			config.MinVersion, config.MaxVersion = version, version
			if err := shake(t, address, config, "h2"); err == nil || !strings.Contains(err.Error(), "protocol version") {
				t.Errorf("%s: %s: %v", port, tls.VersionName(version), err)
			}
		}
		plain, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			t.Fatal(err)
		}
		_ = plain.SetDeadline(time.Now().Add(patience))
		_, _ = plain.Write([]byte("GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		said := make([]byte, 512)
		n, _ := plain.Read(said)
		if text := string(said[:n]); strings.Contains(text, " 200 ") || strings.Contains(text, "vtb") {
			t.Errorf("%s: plain text was answered: %q", port, text)
		}
		_ = plain.Close()
	}
}
