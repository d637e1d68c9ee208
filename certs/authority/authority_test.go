package authority_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/certs/certstest"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) advance(days int) { c.at = c.at.AddDate(0, 0, days) }

func newAuthority(t testing.TB) (*authority.Authority, authority.Config, *clock) {
	t.Helper()
	c := newClock()
	config := authority.Config{Dir: filepath.Join(t.TempDir(), "ca"), TrustDomain: "dev.poruka", Clock: c.now}
	a, err := authority.Init(config)
	if err != nil {
		t.Fatal(err)
	}
	return a, config, c
}

func identity(t testing.TB, path string) certs.Identity {
	t.Helper()
	i, err := certs.ParseIdentity("poruka://dev.poruka/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func issue(t testing.TB, a *authority.Authority, request authority.IssueRequest) (authority.Issued, tls.Certificate) {
	t.Helper()
	issued, err := a.Issue(request)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(issued.CertPEM, issued.KeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return issued, pair
}

// verify builds the chain as a peer would.
func verify(t testing.TB, a *authority.Authority, pair tls.Certificate, usage x509.ExtKeyUsage, now time.Time) ([][]*x509.Certificate, error) {
	t.Helper()
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}}
	options.Roots.AppendCertsFromPEM(a.RootPEM())
	for _, der := range pair.Certificate[1:] {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		options.Intermediates.AddCert(cert)
	}
	return pair.Leaf.Verify(options)
}

func gatewayRequest(t testing.TB) authority.IssueRequest {
	t.Helper()
	return authority.IssueRequest{
		Identity: identity(t, "gateway"), DNSNames: []string{"localhost", "*.example.org"}, IPs: []netip.Addr{netip.IPv6Loopback()},
	}
}

func TestAClientsCertificate(t *testing.T) {
	a, _, c := newAuthority(t)
	for _, path := range []string{"bank/sberbank", "portal", "compliance", "operator"} {
		issued, pair := issue(t, a, authority.IssueRequest{Identity: identity(t, path)})
		caller, err := certs.CallerOf(pair.Leaf, "dev.poruka")
		if err != nil || caller.Identity != identity(t, path) || caller.Serial != issued.Serial {
			t.Errorf("%s: %+v, %v", path, caller, err)
		}
		if chains, err := verify(t, a, pair, x509.ExtKeyUsageClientAuth, c.now()); err != nil || len(chains) != 1 || len(chains[0]) != 3 {
			t.Errorf("%s: the chain: %v, %v", path, chains, err)
		}
		if _, err := verify(t, a, pair, x509.ExtKeyUsageServerAuth, c.now()); err == nil {
			t.Errorf("%s: a client's certificate passes for a server's", path)
		}
		if want := c.now().Add(authority.DefaultValidFor); !issued.NotAfter.Equal(want) || !pair.Leaf.NotAfter.Equal(want) {
			t.Errorf("%s: ends %v, want %v", path, issued.NotAfter, want)
		}
		if len(pair.Leaf.DNSNames)+len(pair.Leaf.IPAddresses)+len(pair.Leaf.EmailAddresses) != 0 || pair.Leaf.IsCA {
			t.Errorf("%s: it says more than who its holder is", path)
		}
		if key, ok := pair.PrivateKey.(*ecdsa.PrivateKey); !ok || key.Curve.Params().Name != "P-256" {
			t.Errorf("%s: the key is a %T", path, pair.PrivateKey)
		}
	}
}

func TestAGatewaysCertificate(t *testing.T) {
	a, _, c := newAuthority(t)
	_, pair := issue(t, a, gatewayRequest(t))
	if _, err := verify(t, a, pair, x509.ExtKeyUsageServerAuth, c.now()); err != nil {
		t.Error(err)
	}
	if _, err := verify(t, a, pair, x509.ExtKeyUsageClientAuth, c.now()); err != nil {
		t.Errorf("a gateway calls banks: %v", err)
	}
	if caller, err := certs.CallerOf(pair.Leaf, "dev.poruka"); !errors.Is(err, certs.ErrIdentity) {
		t.Errorf("to another gateway it is %v, %v", caller, err)
	}
	for _, host := range []string{"localhost", "a.example.org", "::1"} {
		if err := pair.Leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if len(pair.Leaf.URIs) != 0 {
		t.Errorf("it has the names %v; browsers refuse those under the CA's constraint", pair.Leaf.URIs)
	}
}

// With the intermediate's key in the wrong hands no name of another trust domain, no CA and no code can be signed.
func TestTheIntermediateIsConstrained(t *testing.T) {
	a, config, c := newAuthority(t)
	pair, err := tls.LoadX509KeyPair(filepath.Join(config.Dir, "intermediate.pem"), filepath.Join(config.Dir, "intermediate-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	thief := certstest.NewRoot(t, c.now(), "x")
	thief.Cert, thief.Key = pair.Leaf, certstest.Key(pair)
	withChain := func(certificate tls.Certificate) tls.Certificate {
		certificate.Certificate = append(certificate.Certificate, pair.Certificate...)
		return certificate
	}
	for name, test := range map[string]struct {
		certificate tls.Certificate
		usage       x509.ExtKeyUsage
		good        bool
	}{
		"a name of our own":             {thief.Client(t, "poruka://dev.poruka/portal"), x509.ExtKeyUsageClientAuth, true},
		"a name of another":             {thief.Client(t, "poruka://prod.poruka/portal"), x509.ExtKeyUsageClientAuth, false},
		"code":                          {thief.Client(t, "poruka://dev.poruka/portal", certstest.Usage(x509.ExtKeyUsageCodeSigning)), x509.ExtKeyUsageCodeSigning, false},
		"below a CA of the thief's own": {thief.Intermediate(t, "y").Client(t, "poruka://dev.poruka/portal"), x509.ExtKeyUsageClientAuth, false},
	} {
		if _, err := verify(t, a, withChain(test.certificate), test.usage, c.now()); (err == nil) != test.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Other programs than ours must be able to follow the chain.
func TestOpenSSLAgrees(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed")
		}
		t.Skip("openssl is not installed")
	}
	a, config, c := newAuthority(t)
	dir := t.TempDir()
	client, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "bank/sberbank")})
	gateway, _ := issue(t, a, gatewayRequest(t))
	if err := errors.Join(client.Write(dir, "client"), gateway.Write(dir, "gateway")); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "crl.pem")
	check := func(wanted bool, purpose, name string) {
		t.Helper()
		if _, err := a.WriteCRL(list); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(openssl, "verify", "-attime", strconv.FormatInt(c.now().Unix(), 10), "-x509_strict", "-purpose", purpose, "-crl_check", "-CRLfile", list,
			"-CAfile", filepath.Join(config.Dir, "root.pem"), "-untrusted", filepath.Join(config.Dir, "intermediate.pem"), filepath.Join(dir, name+".pem"))
		if out, err := command.CombinedOutput(); (err == nil) != wanted {
			t.Errorf("%s as %s: %v\n%s", name, purpose, err, out)
		}
	}
	check(true, "sslclient", "client")
	check(false, "sslserver", "client")
	check(true, "sslserver", "gateway")
	check(true, "sslclient", "gateway") // it calls banks
	if err := a.Revoke(client.Serial, authority.KeyCompromise); err != nil {
		t.Fatal(err)
	}
	check(false, "sslclient", "client")
}

func TestWhatIsNotIssued(t *testing.T) {
	a, _, _ := newAuthority(t)
	bank := identity(t, "bank/sberbank")
	gateway := gatewayRequest(t)
	for name, request := range map[string]authority.IssueRequest{
		"nobody":                   {},
		"another trust domain":     {Identity: certs.Identity{TrustDomain: "prod.poruka", Role: certs.RolePortal}},
		"a bank without id":        {Identity: certs.Identity{TrustDomain: "dev.poruka", Role: certs.RoleBank}},
		"a portal with id":         {Identity: certs.Identity{TrustDomain: "dev.poruka", Role: certs.RolePortal, ID: "x"}},
		"an id with a slash":       {Identity: certs.Identity{TrustDomain: "dev.poruka", Role: certs.RoleBank, ID: "a/b"}},
		"a role there is not":      {Identity: certs.Identity{TrustDomain: "dev.poruka", Role: "root"}},
		"a bank with a host":       {Identity: bank, DNSNames: []string{"localhost"}},
		"a bank with an address":   {Identity: bank, IPs: []netip.Addr{netip.IPv6Loopback()}},
		"a gateway without a host": {Identity: gateway.Identity},
		"a host in capitals":       {Identity: gateway.Identity, DNSNames: []string{"Localhost"}},
		"a host with a line feed":  {Identity: gateway.Identity, DNSNames: []string{"localhost\n"}},
		"a wildcard in the middle": {Identity: gateway.Identity, DNSNames: []string{"a.*.org"}},
		"an address that is none":  {Identity: gateway.Identity, IPs: []netip.Addr{{}}},
		"for a second":             {Identity: bank, ValidFor: time.Second},
		"backwards":                {Identity: bank, ValidFor: -time.Hour},
		"for ever":                 {Identity: bank, ValidFor: 100 * 365 * 24 * time.Hour},
	} {
		if issued, err := a.Issue(request); !errors.Is(err, authority.ErrRequest) {
			t.Errorf("%s: %s, %v", name, issued.Serial, err)
		}
	}
	if all, err := a.List(); err != nil || len(all) != 0 {
		t.Errorf("the index lists %v, %v", all, err)
	}
}

func TestNothingOutlivesTheCA(t *testing.T) {
	a, _, c := newAuthority(t)
	c.at = a.NotAfter().Add(-24 * time.Hour)
	if issued, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "portal")}); !issued.NotAfter.Equal(a.NotAfter()) {
		t.Errorf("ends %v, want %v", issued.NotAfter, a.NotAfter())
	}
	c.at = a.NotAfter()
	if _, err := a.Issue(authority.IssueRequest{Identity: identity(t, "portal")}); !errors.Is(err, authority.ErrRequest) {
		t.Errorf("an expired CA: %v", err)
	}
}

func TestOneFolderHoldsOneCA(t *testing.T) {
	a, config, _ := newAuthority(t)
	if _, err := authority.Init(config); !errors.Is(err, authority.ErrExists) {
		t.Errorf("a second CA: %v", err)
	}
	again, err := authority.Open(config)
	if err != nil || !bytes.Equal(again.RootPEM(), a.RootPEM()) {
		t.Errorf("opened again: %v", err)
	}
	config.TrustDomain = "prod.poruka"
	if _, err := authority.Open(config); !errors.Is(err, authority.ErrRequest) {
		t.Errorf("opened for another trust domain: %v", err)
	}
	config.Dir = t.TempDir()
	if _, err := authority.Open(config); !errors.Is(err, authority.ErrNoAuthority) {
		t.Errorf("an empty folder: %v", err)
	}
	config.TrustDomain = "Prod"
	if _, err := authority.Init(config); !errors.Is(err, authority.ErrRequest) {
		t.Errorf("a trust domain in capitals: %v", err)
	}
}

func TestTheRootCanGoOffline(t *testing.T) {
	a, config, _ := newAuthority(t)
	if !a.RootKeyOnline() {
		t.Error("a new CA has its root's key")
	}
	if err := os.Remove(filepath.Join(config.Dir, "root-key.pem")); err != nil {
		t.Fatal(err)
	}
	a, err := authority.Open(config)
	if err != nil || a.RootKeyOnline() {
		t.Fatalf("without the root's key: %v", err)
	}
	issue(t, a, authority.IssueRequest{Identity: identity(t, "portal")})
}

func TestKeysAreTheirOwnersAlone(t *testing.T) {
	a, config, _ := newAuthority(t)
	out := t.TempDir()
	issued, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "portal")})
	for range 2 { // the second time over a file that may not be written
		if err := issued.Write(out, "portal"); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{
		filepath.Join(config.Dir, "root-key.pem"):         0o400,
		filepath.Join(config.Dir, "intermediate-key.pem"): 0o400,
		filepath.Join(config.Dir, "index.jsonl"):          0o600,
		filepath.Join(out, "portal-key.pem"):              0o400,
		filepath.Join(out, "portal.pem"):                  0o644,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	key := filepath.Join(config.Dir, "intermediate-key.pem")
	if err := os.Chmod(key, 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Open(config); err == nil || !strings.Contains(err.Error(), "chmod 400") {
		t.Errorf("a key that others may read: %v", err)
	}
}

func TestFilesThatDoNotBelongTogether(t *testing.T) {
	_, other, _ := newAuthority(t)
	for _, name := range []string{"root.pem", "intermediate.pem", "intermediate-key.pem"} {
		_, config, _ := newAuthority(t)
		for _, bad := range []string{"other's", "garbage", "missing"} {
			path := filepath.Join(config.Dir, name)
			content, err := os.ReadFile(filepath.Join(other.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if bad == "garbage" {
				content = []byte("garbage")
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if bad != "missing" {
				certstest.Write(t, config.Dir, name, content)
			}
			if _, err := authority.Open(config); err == nil {
				t.Errorf("%s %s: it was taken", bad, name)
			}
		}
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := authority.WriteFile(filepath.Join(dir, "taken"), []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if err := authority.WriteFile(filepath.Join(dir, "missing", "x"), []byte("x"), 0o600); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestP12(t *testing.T) {
	a, _, _ := newAuthority(t)
	issued, pair := issue(t, a, authority.IssueRequest{Identity: identity(t, "compliance")})
	packed, err := authority.P12(issued.CertPEM, issued.KeyPEM, "secret")
	if err != nil {
		t.Fatal(err)
	}
	key, cert, chain, err := pkcs12.DecodeChain(packed, "secret")
	if err != nil || !cert.Equal(pair.Leaf) || len(chain) != 1 {
		t.Fatalf("%v, %v", chain, err)
	}
	if ec, ok := key.(*ecdsa.PrivateKey); !ok || !ec.Equal(pair.PrivateKey) {
		t.Error("another key came out")
	}
	if _, _, _, err := pkcs12.DecodeChain(packed, "wrong"); err == nil {
		t.Error("it opens without the password")
	}
	if _, err := authority.P12(issued.CertPEM, []byte("garbage"), "secret"); err == nil {
		t.Error("garbage was packed")
	}
}

func serials(content []byte) []string {
	block, _ := pem.Decode(content)
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for _, entry := range list.RevokedCertificateEntries {
		all = append(all, entry.SerialNumber.Text(16))
	}
	slices.Sort(all)
	return all
}
