package authority_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/certs/certstest"
)

// contents reads a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[file.Name()] = string(content)
	}
	return all
}

func changed(before, after map[string]string) []string {
	var names []string
	for name, content := range after {
		if before[name] != content {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestTheDevelopmentSet(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	out := filepath.Join(dir, "certs")
	ensure := func() map[string]string {
		t.Helper()
		if err := authority.EnsureDevelopment(dir, c.now); err != nil {
			t.Fatal(err)
		}
		return contents(t, out)
	}
	first := ensure()
	want := []string{"ca.pem", "compliance.p12", "crl.pem"}
	for _, name := range []string{"bspb", "compliance", "gateway", "operator", "pochtabank", "portal", "sberbank", "tinkoff", "vtb"} {
		want = append(want, name+".pem", name+"-key.pem")
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(first)); !slices.Equal(got, want) {
		t.Errorf("made %v, want %v", got, want)
	}
	if got := changed(first, ensure()); len(got) != 0 {
		t.Errorf("made again: %v", got)
	}

	if err := os.Remove(filepath.Join(out, "vtb-key.pem")); err != nil {
		t.Fatal(err)
	}
	second := ensure()
	if got := changed(first, second); !slices.Equal(got, []string{"vtb-key.pem", "vtb.pem"}) {
		t.Errorf("made again without a key: %v", got)
	}

	c.advance(84) // 6 days are left
	third := ensure()
	if got := changed(second, third); !slices.Equal(got, slices.DeleteFunc(slices.Clone(want), func(name string) bool { return name == "ca.pem" })) {
		t.Errorf("made again after 84 days: %v", got)
	}

	c.advance(3 * 365)
	if err := authority.EnsureDevelopment(dir, c.now); err == nil {
		t.Error("the CA has expired and nobody said so")
	}
	if err := os.RemoveAll(filepath.Join(dir, "ca")); err != nil {
		t.Fatal(err)
	}
	if got := changed(third, ensure()); !slices.Equal(got, want) {
		t.Errorf("made again by a new CA: %v", got)
	}
}

// A folder of a time when gateways called nobody.
func TestAGatewaysCertificateThatCannotCallIsReplaced(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	out := filepath.Join(dir, "certs")
	if err := authority.EnsureDevelopment(dir, c.now); err != nil {
		t.Fatal(err)
	}
	first := contents(t, out)
	signer, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca", "intermediate.pem"), filepath.Join(dir, "ca", "intermediate-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(out, "gateway.pem"), filepath.Join(out, "gateway-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	old := *pair.Leaf // with its serial number, which the index knows
	old.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, &old, signer.Leaf, pair.Leaf.PublicKey, signer.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certstest.Write(t, out, "gateway.pem", append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), first["gateway.pem"]...))
	if err := authority.EnsureDevelopment(dir, c.now); err != nil {
		t.Fatal(err)
	}
	if got := changed(first, contents(t, out)); !slices.Equal(got, []string{"gateway-key.pem", "gateway.pem"}) {
		t.Errorf("replaced: %v", got)
	}
}

func TestThePackageForBrowsersIsOfTheCertificate(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	for range 2 {
		if err := authority.EnsureDevelopment(dir, c.now); err != nil {
			t.Fatal(err)
		}
		files := contents(t, filepath.Join(dir, "certs"))
		pair, err := tls.X509KeyPair([]byte(files["compliance.pem"]), []byte(files["compliance-key.pem"]))
		if err != nil {
			t.Fatal(err)
		}
		if _, cert, _, err := pkcs12.DecodeChain([]byte(files["compliance.p12"]), authority.DevelopmentPassword); err != nil || !cert.Equal(pair.Leaf) {
			t.Errorf("the package holds another certificate: %v", err)
		}
		c.advance(90)
	}
}

// The files that are made are the files that a gateway and its clients read.
func TestTheDevelopmentSetServes(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	if err := authority.EnsureDevelopment(dir, c.now); err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, "certs", name) }
	source, err := certs.Open(certs.Config{
		CertFile: path("gateway.pem"), KeyFile: path("gateway-key.pem"), ClientCAFile: path("ca.pem"), CRLFile: path("crl.pem"),
		TrustDomain: authority.DevelopmentTrustDomain, Clock: c.now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"sberbank": "poruka://dev.poruka/bank/sberbank", "tinkoff": "poruka://dev.poruka/bank/tinkoff", "vtb": "poruka://dev.poruka/bank/vtb",
		"bspb": "poruka://dev.poruka/bank/bspb", "pochtabank": "poruka://dev.poruka/bank/pochtabank",
		"portal": "poruka://dev.poruka/portal", "compliance": "poruka://dev.poruka/compliance", "operator": "poruka://dev.poruka/operator",
	} {
		for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
			if got, err := handshake(t, source, c, path(name+".pem"), path(name+"-key.pem"), path("ca.pem"), host); err != nil || got.String() != want {
				t.Errorf("%s at %s: %s, %v", name, host, got.String(), err)
			}
		}
	}
	if got, err := handshake(t, source, c, path("gateway.pem"), path("gateway-key.pem"), path("ca.pem"), "localhost"); err == nil {
		t.Errorf("the gateway calls itself as %s", got.String())
	}

	// A revoked certificate stays revoked, also when the set is made anew.
	a, err := authority.Open(authority.Config{Dir: filepath.Join(dir, "ca"), Clock: c.now})
	if err != nil {
		t.Fatal(err)
	}
	held, err := a.Held(filepath.Join(dir, "certs"))
	if err != nil || len(held) != 9 {
		t.Fatalf("held: %v, %v", held, err)
	}
	i := slices.IndexFunc(held, func(h authority.Held) bool { return h.Name == "sberbank" })
	if err := a.Revoke(held[i].Serial, authority.KeyCompromise); err != nil {
		t.Fatal(err)
	}
	if _, err := a.WriteCRL(path("crl.pem")); err != nil {
		t.Fatal(err)
	}
	if err := authority.EnsureDevelopment(dir, c.now); err != nil {
		t.Fatal(err)
	}
	if err := source.Reload(); err != nil {
		t.Fatal(err)
	}
	if got, err := handshake(t, source, c, path("sberbank.pem"), path("sberbank-key.pem"), path("ca.pem"), "localhost"); !errors.Is(err, certs.ErrRevoked) {
		t.Errorf("after revocation: %s, %v", got.String(), err)
	}
}

// handshake connects a client to the server over a pipe, and gives what the server knows of it.
func handshake(t *testing.T, source *certs.Source, c *clock, cert, key, ca, host string) (certs.Caller, error) {
	t.Helper()
	config, err := certs.ClientConfig(cert, key, ca, host)
	if err != nil {
		t.Fatal(err)
	}
	config.Time = c.now
	near, far := net.Pipe()
	defer near.Close()
	client := tls.Client(near, config)
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, client) // until the server hangs up
		done <- err
	}()
	server := tls.Server(far, source.ServerConfig())
	var caller certs.Caller
	err = server.Handshake()
	if err == nil {
		caller, err = source.Check(server.ConnectionState())
	}
	server.Close()
	if clientErr := <-done; err == nil && clientErr != nil && !errors.Is(clientErr, io.ErrClosedPipe) {
		err = fmt.Errorf("the client: %w", clientErr)
	}
	return caller, err
}
