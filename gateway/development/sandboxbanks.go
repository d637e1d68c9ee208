package development

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/style"
)

// serverLife is how long the certificate of a sandbox bank's server is good; one that ends within certificateSpare is made anew.
const serverLife = 365 * 24 * time.Hour

// ensureSandboxBanks makes what is missing for the servers of the sandbox's banks: DATADIR/banks/ID-server.pem and ID-server-key.pem,
// good for localhost and banks.ServerName, and ID-ca.pem, who has issued it: each bank has an authority of its own, as real ones do,
// whose key is thrown away.
func ensureSandboxBanks(dataDir string, clock func() time.Time) error {
	ids, err := Banks()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dataDir, "banks"), 0o700); err != nil {
		return err
	}
	for _, id := range ids {
		if err := ensureServer(dataDir, id, clock()); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// serverFile is a file of a bank's server.
func serverFile(dataDir string, bank partners.ID, name string) string {
	return filepath.Join(dataDir, "banks", string(bank)+"-"+name+".pem")
}

func ensureServer(dataDir string, bank partners.ID, now time.Time) error {
	held, err := serverOf(dataDir, bank)
	if err == nil && held.Leaf.NotAfter.Sub(now) >= certificateSpare {
		if _, err = os.Stat(serverFile(dataDir, bank, "ca")); err == nil {
			return nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return createServer(dataDir, bank, now)
}

func serverOf(dataDir string, bank partners.ID) (tls.Certificate, error) {
	return tls.LoadX509KeyPair(serverFile(dataDir, bank, "server"), serverFile(dataDir, bank, "server-key"))
}

func createServer(dataDir string, bank partners.ID, now time.Time) error {
	root, rootKey, err := newCertificate(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: string(bank) + " authority (sandbox)"},
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil, now)
	if err != nil {
		return err
	}
	leaf, key, err := newCertificate(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: string(bank) + " (sandbox)"},
		DNSNames: []string{"localhost", banks.ServerName(bank)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root, rootKey, now)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		authority.WriteFile(serverFile(dataDir, bank, "server-key"), pemOf("PRIVATE KEY", der), 0o600),
		authority.WriteFile(serverFile(dataDir, bank, "server"), pemOf("CERTIFICATE", leaf.Raw), 0o644),
		authority.WriteFile(serverFile(dataDir, bank, "ca"), pemOf("CERTIFICATE", root.Raw), 0o644),
	)
}

// newCertificate makes a key and a certificate for it, by the given parent or, without one, by itself.
func newCertificate(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	template.NotBefore, template.NotAfter = now.Add(-24*time.Hour), now.Add(serverLife)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// ErrNotPrepared says that a data directory has nothing with which the sandbox's banks could be played.
var ErrNotPrepared = errors.New("there are no banks in the data directory")

// SandboxBanks gives what the banks of the sandbox need, in the order of the roster for development, from a data directory that Prepare
// has made. The error wraps ErrNotPrepared when it has not.
func SandboxBanks(dataDir string, clock func() time.Time) ([]banks.Config, error) {
	roots, err := os.ReadFile(filepath.Join(dataDir, "certs", "ca.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotPrepared, err)
	}
	if err != nil {
		return nil, err
	}
	gateways := x509.NewCertPool()
	if !gateways.AppendCertsFromPEM(roots) {
		return nil, errors.New("certs/ca.pem holds no certificate")
	}
	parsed, err := parsedRoster()
	if err != nil {
		return nil, err
	}
	customers, err := customersOf(dataDir, clock)
	if err != nil {
		return nil, err
	}
	dialects := style.Standard()
	var all []banks.Config
	for _, one := range parsed {
		dialect, known := dialects.Find(one.Style)
		if !known {
			return nil, fmt.Errorf("%s: no dialect %s", one.ID, one.Style)
		}
		c := banks.Config{
			ID: one.ID, Name: one.DisplayName, Dialect: dialect, Gateways: gateways, EventKeys: keysOfEvents(config.Config{DataDir: dataDir}.EventKeys()), Customers: customers, Clock: clock,
		}
		if c.Certificate, err = serverOf(dataDir, one.ID); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %w", ErrNotPrepared, err)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.ID, err)
		}
		if c.Signer, err = BankSigner(dataDir, one.ID); errors.Is(err, fs.ErrNotExist) {
			c.Signer, err = nil, nil // its dialect does not sign
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.ID, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// keysOfEvents reads the public keys of events anew each time: a gateway may have got another.
func keysOfEvents(path string) func() ([]ed25519.PublicKey, error) {
	return func() ([]ed25519.PublicKey, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return banks.ParseEventKeys(string(bytes.TrimSpace(content)))
	}
}

// searched is how many of the invented persons are looked through for a number.
const searched = 100_000

// customersOf finds the invented persons of a data directory.
func customersOf(dataDir string, clock func() time.Time) (func(person.SNILS) (person.Raw, bool), error) {
	population, err := Population(dataDir, clock)
	if err != nil {
		return nil, err
	}
	return func(wanted person.SNILS) (person.Raw, bool) {
		for _, account := range population.Range(0, searched) {
			if account.Person.SNILS == wanted.Printed() {
				return account.Person, true
			}
		}
		return person.Raw{}, false
	}, nil
}

// SandboxPorts tells on which ports the sandbox's banks are to listen: those that DATADIR/roster.yaml names, otherwise the usual ones.
func SandboxPorts(dataDir string) roster.Ports {
	ports := roster.DevPorts()
	content, err := os.ReadFile(filepath.Join(dataDir, "roster.yaml"))
	if err != nil {
		return ports
	}
	parsed, err := roster.Parse(content, roster.Known{Policies: []string{policy}, Styles: roster.Standard()})
	if err != nil {
		return ports
	}
	for _, one := range parsed {
		address, err := url.Parse(one.Endpoint.URL)
		if err != nil {
			continue
		}
		if port, err := strconv.Atoi(address.Port()); err == nil {
			ports[one.ID] = port
		}
	}
	return ports
}
