package authority

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/poruka/poruka/certs"
)

// Names of the development CA.
const (
	DevelopmentTrustDomain = "dev.poruka"
	// DevelopmentPassword opens compliance.p12, the certificate of the development set that goes into a browser. It is no
	// secret: what it protects opens invented data on the developer's own machine.
	DevelopmentPassword = "poruka"
)

const (
	developmentList  = 90 * 24 * time.Hour // a gateway on a developer's machine has nobody who signs lists every week
	developmentSpare = 7 * 24 * time.Hour  // what would expire sooner is replaced
)

// Folders within a data folder, and files within the second.
const (
	Dir      = "ca"
	CertsDir = "certs"
	RootCopy = "ca.pem"
	ListFile = "crl.pem"
)

// developmentSet is who gets a certificate: five banks, and everybody else once.
func developmentSet() map[string]IssueRequest {
	set := map[string]IssueRequest{}
	for _, bank := range []string{"sberbank", "tinkoff", "pochtabank", "vtb", "bspb"} {
		set[bank] = IssueRequest{Identity: certs.Identity{TrustDomain: DevelopmentTrustDomain, Role: certs.RoleBank, ID: bank}}
	}
	for _, role := range []certs.Role{certs.RolePortal, certs.RoleCompliance, certs.RoleOperator, certs.RoleGateway} {
		set[string(role)] = IssueRequest{Identity: certs.Identity{TrustDomain: DevelopmentTrustDomain, Role: role}}
	}
	gateway := set[string(certs.RoleGateway)]
	gateway.DNSNames = []string{"localhost"}
	gateway.IPs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	set[string(certs.RoleGateway)] = gateway
	return set
}

// EnsureDevelopment makes dir/ca and, in dir/certs, what a developer needs: ca.pem, crl.pem, a certificate and key for each
// of the five banks, the portal, compliance (also as compliance.p12), the operator, and the gateway on this machine.
//
// What is there and good stays as it is; what has expired, or will within a week, is replaced. A revoked certificate stays
// revoked: whoever tries out revocation can start again and still be refused.
func EnsureDevelopment(dir string, clock func() time.Time) error {
	a, err := openDevelopment(Config{
		Dir: filepath.Join(dir, Dir), TrustDomain: DevelopmentTrustDomain, ListLife: developmentList, Clock: clock,
	})
	if err != nil {
		return err
	}
	out := filepath.Join(dir, CertsDir)
	if err := os.MkdirAll(out, 0o750); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	if err := ensureFile(filepath.Join(out, RootCopy), a.RootPEM()); err != nil {
		return err
	}
	held, err := a.Held(out)
	if err != nil {
		return err
	}
	for name, request := range developmentSet() {
		if err := a.ensureHeld(out, name, request, held); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := ensureP12(out, string(certs.RoleCompliance)); err != nil {
		return err
	}
	return a.ensureList(filepath.Join(out, ListFile))
}

func openDevelopment(config Config) (*Authority, error) {
	a, err := Open(config)
	if errors.Is(err, ErrNoAuthority) {
		a, err = Init(config)
	}
	if errors.Is(err, ErrExists) { // another process was faster
		a, err = Open(config)
	}
	if err != nil {
		return nil, err
	}
	if a.NotAfter().Sub(a.now()) < developmentSpare {
		return nil, fmt.Errorf("authority: the development CA in %s expires on %s; delete the folder to get a new one",
			config.Dir, a.NotAfter().Format(time.DateOnly))
	}
	return a, nil
}

// ensureHeld issues a certificate unless a good one, or a revoked one, lies there.
func (a *Authority) ensureHeld(out, name string, request IssueRequest, held []Held) error {
	for _, h := range held {
		asWanted := h.Name == name && h.Identity == request.Identity && slices.Equal(h.DNSNames, request.DNSNames) && slices.Equal(h.IPs, request.IPs) &&
			slices.Equal(h.Usages, usages(request.Identity.Role))
		if asWanted && (h.Status == StatusRevoked || h.NotAfter.Sub(a.now()) >= developmentSpare) {
			return nil
		}
	}
	issued, err := a.Issue(request)
	if err != nil {
		return err
	}
	return issued.Write(out, name)
}

// ensureP12 packs a certificate again when it is younger than its package.
func ensureP12(out, name string) error {
	certPath, p12Path := filepath.Join(out, name+".pem"), filepath.Join(out, name+".p12")
	cert, err := os.Stat(certPath)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	if p12, err := os.Stat(p12Path); err == nil && !p12.ModTime().Before(cert.ModTime()) {
		return nil
	}
	certPEM, err := os.ReadFile(certPath)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	keyPEM, err := os.ReadFile(filepath.Join(out, name+"-key.pem"))
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	packed, err := P12(certPEM, keyPEM, DevelopmentPassword)
	if err != nil {
		return err
	}
	return WriteFile(p12Path, packed, 0o600)
}

// ensureList signs the revocation list anew when half of its life is over.
func (a *Authority) ensureList(path string) error {
	if content, err := os.ReadFile(path); err == nil {
		block, _ := pem.Decode(content)
		if block != nil {
			list, err := x509.ParseRevocationList(block.Bytes)
			if err == nil && list.CheckSignatureFrom(a.intermediate) == nil && list.NextUpdate.Sub(a.now()) > a.listLife/2 {
				return nil
			}
		}
	}
	_, err := a.WriteCRL(path)
	return err
}

func ensureFile(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return WriteFile(path, content, 0o644)
}
