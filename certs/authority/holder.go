package authority

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// Write puts a certificate and its key where their holder reads them: dir/NAME.pem and dir/NAME-key.pem.
func (i Issued) Write(dir, name string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	if err := WriteFile(filepath.Join(dir, name+"-key.pem"), i.KeyPEM, 0o400); err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, name+".pem"), i.CertPEM, 0o644)
}

// P12 packs a certificate, its chain and its key for a browser or a key store. The password protects the key.
func P12(certPEM, keyPEM []byte, password string) ([]byte, error) {
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	chain, err := parseChain(pair.Certificate[1:])
	if err != nil {
		return nil, err
	}
	packed, err := pkcs12.Modern.Encode(pair.PrivateKey, pair.Leaf, chain, password)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return packed, nil
}

// Held is a certificate of this CA that lies in a folder with its key.
type Held struct {
	Name   string             // of the files: NAME.pem, NAME-key.pem
	Usages []x509.ExtKeyUsage // what it is for
	Entry
}

// Held finds the certificates of this CA in a folder, by name. Files that are something else are passed over.
func (a *Authority) Held(dir string) ([]Held, error) {
	all, err := a.List()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*-key.pem"))
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	var held []Held
	for _, keyPath := range paths {
		path := strings.TrimSuffix(keyPath, "-key.pem")
		pair, err := tls.LoadX509KeyPair(path+".pem", keyPath)
		if err != nil || pair.Leaf.CheckSignatureFrom(a.intermediate) != nil {
			continue
		}
		serial := pair.Leaf.SerialNumber.Text(16)
		if i := slices.IndexFunc(all, func(e Entry) bool { return e.Serial == serial }); i >= 0 {
			held = append(held, Held{Name: filepath.Base(path), Usages: pair.Leaf.ExtKeyUsage, Entry: all[i]})
		}
	}
	return held, nil
}
