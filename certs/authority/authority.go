package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/poruka/poruka/certs"
)

// Files of a CA's folder.
const (
	rootFile            = "root.pem"
	rootKeyFile         = "root-key.pem"
	intermediateFile    = "intermediate.pem"
	intermediateKeyFile = "intermediate-key.pem"
)

// How long things last.
const (
	rootYears         = 10
	intermediateYears = 3
	// DefaultListLife is after how long a revocation list must have been signed anew.
	DefaultListLife = 7 * 24 * time.Hour
	// headStart is how long before its issue a certificate begins: clocks differ.
	headStart = 5 * time.Minute
)

// Errors of this package.
var (
	// ErrExists says that the folder holds a CA already.
	ErrExists = errors.New("authority: there is a CA already")
	// ErrNoAuthority says that the folder holds no CA.
	ErrNoAuthority = errors.New("authority: there is no CA")
	// ErrRequest says what is wrong with a request to issue or renew.
	ErrRequest = errors.New("authority: this cannot be issued")
	// ErrUnknownSerial says that the CA has not issued a certificate of this serial number.
	ErrUnknownSerial = errors.New("authority: no certificate with this serial number was issued here")
	// ErrRevoked says that the certificate has been revoked before.
	ErrRevoked = errors.New("authority: the certificate has been revoked")
)

// Config says which CA.
type Config struct {
	Dir         string           // its folder, made by Init
	TrustDomain string           // of the identities it issues; for Init
	ListLife    time.Duration    // of its revocation lists; for Init; 0: DefaultListLife
	Clock       func() time.Time // required
}

// Authority issues certificates. It is safe for concurrent use.
type Authority struct {
	dir          string
	clock        func() time.Time
	trustDomain  string
	listLife     time.Duration
	root         *x509.Certificate
	intermediate *x509.Certificate
	signer       crypto.Signer // the intermediate's key
}

// Init makes a new CA and opens it.
func Init(config Config) (*Authority, error) {
	if config.ListLife == 0 {
		config.ListLife = DefaultListLife
	}
	probe := certs.Identity{TrustDomain: config.TrustDomain, Role: certs.RolePortal}
	if _, err := certs.ParseIdentity(probe.String()); err != nil {
		return nil, fmt.Errorf("%w: %q is no trust domain; use lower-case letters, digits, dots and hyphens", ErrRequest, config.TrustDomain)
	}
	if config.ListLife < time.Minute {
		return nil, fmt.Errorf("%w: a revocation list must last a minute at least", ErrRequest)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	now := config.Clock().UTC().Truncate(time.Second)
	// The index is written last: files without one are what an interrupted Init has left, and nobody holds a certificate of theirs.
	err := update(config.Dir, func(x *index) ([]record, error) {
		if x.created() {
			return nil, fmt.Errorf("%w in %s", ErrExists, config.Dir)
		}
		if err := found(config.Dir, config.TrustDomain, now); err != nil {
			return nil, err
		}
		return []record{{Time: now, Event: eventCreated, TrustDomain: config.TrustDomain, ListLife: config.ListLife.String()}}, nil
	})
	if err != nil {
		return nil, err
	}
	return Open(config)
}

// found makes the keys and certificates of a new CA.
func found(dir, trustDomain string, now time.Time) error {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	template := caTemplate("Poruka root, "+trustDomain, 1, now, now.AddDate(rootYears, 0, 0))
	root, err := sign(template, template, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	template = caTemplate("Poruka issuing CA, "+trustDomain, 0, now, now.AddDate(intermediateYears, 0, 0))
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	// Even with its key stolen this CA cannot name anybody of another trust domain. The constraint is critical, as RFC 5280,
	// 4.2.1.10 wants it; browsers cannot check names of this kind and would refuse a server that has one, so a gateway has none.
	template.PermittedURIDomains, template.PermittedDNSDomainsCritical = []string{trustDomain}, true
	intermediate, err := sign(template, root, key.Public(), rootKey)
	if err != nil {
		return err
	}
	for _, pair := range []struct {
		certFile, keyFile string
		cert              *x509.Certificate
		key               *ecdsa.PrivateKey
	}{{rootFile, rootKeyFile, root, rootKey}, {intermediateFile, intermediateKeyFile, intermediate, key}} {
		encoded, err := encodeKey(pair.key)
		if err != nil {
			return err
		}
		if err := WriteFile(filepath.Join(dir, pair.keyFile), encoded, 0o400); err != nil {
			return err
		}
		if err := WriteFile(filepath.Join(dir, pair.certFile), encodeCert(pair.cert.Raw), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func caTemplate(name string, pathLength int, now, until time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-headStart),
		NotAfter:              until,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLength,
		MaxPathLenZero:        pathLength == 0,
	}
}

// Open opens the CA of a folder. The root's key is not needed. A TrustDomain in config must be the CA's; empty means any.
func Open(config Config) (*Authority, error) {
	x, err := readIndex(config.Dir)
	if err != nil {
		return nil, err
	}
	if !x.created() {
		return nil, fmt.Errorf("%w in %s; make one by 'poruka certs init'", ErrNoAuthority, config.Dir)
	}
	a := &Authority{dir: config.Dir, clock: config.Clock, trustDomain: x.records[0].TrustDomain}
	if config.TrustDomain != "" && config.TrustDomain != a.trustDomain {
		return nil, fmt.Errorf("%w: this CA is for %s, not for %s", ErrRequest, a.trustDomain, config.TrustDomain)
	}
	if a.listLife, err = time.ParseDuration(x.records[0].ListLife); err != nil {
		return nil, fmt.Errorf("authority: %s: the life of revocation lists is malformed", indexFile)
	}
	if a.root, err = readCert(filepath.Join(config.Dir, rootFile)); err != nil {
		return nil, err
	}
	if a.intermediate, err = readCert(filepath.Join(config.Dir, intermediateFile)); err != nil {
		return nil, err
	}
	if a.signer, err = readKey(filepath.Join(config.Dir, intermediateKeyFile)); err != nil {
		return nil, err
	}
	public, ok := a.intermediate.PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(a.signer.Public()) {
		return nil, fmt.Errorf("authority: %s does not belong to %s", intermediateKeyFile, intermediateFile)
	}
	if err := a.intermediate.CheckSignatureFrom(a.root); err != nil {
		return nil, fmt.Errorf("authority: %s was not issued by %s", intermediateFile, rootFile)
	}
	return a, nil
}

// TrustDomain is that of all identities of this CA.
func (a *Authority) TrustDomain() string { return a.trustDomain }

// RootPEM is what those who trust this CA need: the file ca.pem.
func (a *Authority) RootPEM() []byte { return encodeCert(a.root.Raw) }

// NotAfter is when the CA can issue no more.
func (a *Authority) NotAfter() time.Time { return a.intermediate.NotAfter }

// RootKeyOnline reports whether the root's key still lies in the folder.
func (a *Authority) RootKeyOnline() bool {
	_, err := os.Stat(filepath.Join(a.dir, rootKeyFile))
	return !errors.Is(err, fs.ErrNotExist)
}

func (a *Authority) now() time.Time { return a.clock().UTC().Truncate(time.Second) }

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("authority: signing: %w", err)
	}
	return x509.ParseCertificate(der)
}

// newSerial gives 127 random bits; nobody can guess the next one.
func newSerial() *big.Int {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[0] = raw[0]&0x7f | 0x40
	return new(big.Int).SetBytes(raw[:])
}
