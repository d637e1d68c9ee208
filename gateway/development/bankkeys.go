package development

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/signature"
)

// certificateLife is how long a bank's certificate for signatures is good; one that ends within certificateSpare is made anew.
const (
	certificateLife  = 10 * 365 * 24 * time.Hour
	certificateSpare = 7 * 24 * time.Hour
)

// bankKey is how a bank's key for signatures is made, by the algorithm of the bank's dialect.
type bankKey struct {
	bank        partners.ID
	generate    func() (crypto.Signer, error)
	certificate bool // the public half is a certificate, otherwise a key set
}

func bankKeys() []bankKey {
	return []bankKey{
		{bank: "bspb", generate: func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }},
		{bank: "pochtabank", generate: newECDSA, certificate: true},
		{bank: "sberbank", generate: newECDSA},
		{bank: "vtb", generate: newEd25519},
	}
}

func newECDSA() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newEd25519() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

// EnsureBankKeys makes what is missing of the keys with which the banks sign, for those whose dialect does:
// DATADIR/banks/ID-signing-key.pem, private, with the certificate if there is one, and the public half that the roster for
// development names: DATADIR/banks/ID.jwks, or ID-signing.pem for a certificate.
func EnsureBankKeys(dataDir string, clock func() time.Time) error {
	if err := os.MkdirAll(filepath.Join(dataDir, "banks"), 0o700); err != nil {
		return err
	}
	for _, one := range bankKeys() {
		if err := one.ensure(dataDir, clock()); err != nil {
			return fmt.Errorf("%s: %w", one.bank, err)
		}
	}
	return nil
}

// BankSigner is the signer of a bank, as EnsureBankKeys has made it.
func BankSigner(dataDir string, bank partners.ID) (signature.Signer, error) {
	content, err := os.ReadFile(signingKey(dataDir, bank))
	if err != nil {
		return nil, err
	}
	return signature.ParseSigner(content)
}

func signingKey(dataDir string, bank partners.ID) string {
	return filepath.Join(dataDir, "banks", string(bank)+"-signing-key.pem")
}

func (k bankKey) ensure(dataDir string, now time.Time) error {
	signer, err := BankSigner(dataDir, k.bank)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !lasts(signer.Key(), now) {
		if err = k.create(signingKey(dataDir, k.bank), now); err == nil {
			signer, err = BankSigner(dataDir, k.bank)
		}
	}
	if err != nil {
		return err
	}
	path, content, err := k.public(dataDir, signer.Key())
	if err != nil {
		return err
	}
	if held, err := os.ReadFile(path); err == nil && bytes.Equal(held, content) {
		return nil
	}
	return authority.WriteFile(path, content, 0o644)
}

func lasts(key signature.Key, now time.Time) bool {
	return key.NotAfter.IsZero() || key.NotAfter.Sub(now) >= certificateSpare
}

func (k bankKey) public(dataDir string, key signature.Key) (path string, content []byte, err error) {
	folder := filepath.Join(dataDir, "banks")
	if k.certificate {
		if key.Certificate == nil {
			return "", nil, errors.New("its signing key has no certificate with it")
		}
		return filepath.Join(folder, string(k.bank)+"-signing.pem"), pemOf("CERTIFICATE", key.Certificate.Raw), nil
	}
	content, err = signature.MarshalKeys(key)
	return filepath.Join(folder, string(k.bank)+".jwks"), append(content, '\n'), err
}

// create makes a private key; what is there is replaced as a whole.
func (k bankKey) create(path string, now time.Time) error {
	key, err := k.generate()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	content := pemOf("PRIVATE KEY", der)
	if k.certificate {
		cert, err := signingCertificate(key, string(k.bank), now)
		if err != nil {
			return err
		}
		content = append(content, pemOf("CERTIFICATE", cert)...)
	}
	return authority.WriteFile(path, content, 0o600)
}

// rosterOf is the roster for development, with the sandbox's banks on the given ports, or on the usual ones. It names keys and
// authorities by their places in the data directory; a roster that is to stand elsewhere names them in full.
func rosterOf(c config.Config, ports roster.Ports) ([]byte, error) {
	dataDir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return nil, err
	}
	text := roster.DevOn(ports)
	place, err := filepath.Abs(filepath.Dir(c.Roster))
	if err != nil || place == dataDir {
		return text, err
	}
	return regexp.MustCompile(`(file|ca): (banks/[^},]+)`).ReplaceAllFunc(text, func(found []byte) []byte {
		key, name, _ := strings.Cut(string(found), ": ")
		return []byte(key + ": " + strconv.Quote(filepath.Join(dataDir, filepath.FromSlash(name))))
	}), nil
}

// WriteRoster writes a roster with the sandbox's banks on the given ports, in the place of the one that Prepare would write.
func WriteRoster(c config.Config, ports roster.Ports) error {
	text, err := rosterOf(c, ports)
	if err != nil {
		return err
	}
	return authority.WriteFile(c.Roster, text, 0o600)
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// signingCertificate makes a certificate that nobody but its own key vouches for: the roster holds the certificate itself.
func signingCertificate(key crypto.Signer, bank string, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: bank + " signatures (development)"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certificateLife), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}
