package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/certs/authority"
)

// certsCmd is the private CA, for whoever runs the gateway.
type certsCmd struct {
	Init   certsInitCmd   `cmd:"" help:"Make a new CA."`
	Issue  certsIssueCmd  `cmd:"" help:"Issue a certificate to a bank, the portal, staff or a gateway."`
	Renew  certsRenewCmd  `cmd:"" help:"Replace certificates that will expire by new ones with the same names."`
	Revoke certsRevokeCmd `cmd:"" help:"Withdraw a certificate: gateways refuse it within a minute."`
	CRL    certsCRLCmd    `cmd:"" name:"crl" help:"Sign the revocation list anew, before it is stale."`
	List   certsListCmd   `cmd:"" help:"List all certificates ever issued."`
}

// caFolder is embedded by the commands of the CA.
type caFolder struct {
	DataDir string `name:"data-dir" aliases:"dir" help:"Folder with the CA in ca/ and the certificates in certs/." default:".poruka" placeholder:"DIR"`
}

func (c caFolder) out() string { return filepath.Join(c.DataDir, authority.CertsDir) }

func (c caFolder) config() authority.Config {
	return authority.Config{Dir: filepath.Join(c.DataDir, authority.Dir), Clock: time.Now}
}

func (c caFolder) open() (*authority.Authority, error) {
	a, err := authority.Open(c.config())
	return a, toldCA(err)
}

// toldCA gives the errors of the CA their exit codes.
func toldCA(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, authority.ErrRequest), errors.Is(err, authority.ErrExists), errors.Is(err, authority.ErrNoAuthority):
		return &exitError{exitUsage, err}
	case errors.Is(err, authority.ErrUnknownSerial), errors.Is(err, authority.ErrRevoked):
		return &exitError{exitNo, err}
	default:
		return err
	}
}

// writeList signs the revocation list to where the gateway of this folder reads it.
func (c caFolder) writeList(a *authority.Authority) (path string, next time.Time, _ error) {
	if err := os.MkdirAll(c.out(), 0o750); err != nil {
		return "", time.Time{}, err
	}
	path = filepath.Join(c.out(), authority.ListFile)
	next, err := a.WriteCRL(path)
	return path, next, toldCA(err)
}

func heldAs(held []authority.Held, name, dir string) (authority.Held, error) {
	i := slices.IndexFunc(held, func(h authority.Held) bool { return h.Name == strings.TrimSuffix(name, ".pem") })
	if i < 0 {
		return authority.Held{}, wrongUsef("%s holds no certificate of this CA, with its key, named %q", dir, name)
	}
	return held[i], nil
}

// lifetime is a duration that may be given in days: 90d.
type lifetime time.Duration

// UnmarshalText reads 90d, 36h, 15m.
func (l *lifetime) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errors.New("must be like 90d, 36h or 15m")
		}
		*l = lifetime(n) * lifetime(24*time.Hour)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("must be like 90d, 36h or 15m")
	}
	*l = lifetime(d)
	return nil
}

// localTime renders a time for people in their own zone; empty when zero.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// certsInitCmd makes a CA.
type certsInitCmd struct {
	caFolder
	TrustDomain string   `help:"Name that all identities of this CA begin with." default:"dev.poruka" placeholder:"NAME"`
	ListLife    lifetime `help:"After how long a revocation list is stale." default:"7d" placeholder:"TIME"`
}

// Help is shown by --help.
func (*certsInitCmd) Help() string {
	return `It makes a root for ten years and below it a CA for three that issues the certificates. Afterwards move ca/root-key.pem to a
safe place: nothing here needs it. Give ca.pem to everybody who calls a gateway, and to the gateways.

'poruka serve --dev' does all this by itself, with certificates for five banks, the portal and staff.

Example:

    poruka certs init --data-dir /etc/poruka --trust-domain prod.poruka
`
}

// Run makes the CA.
func (c *certsInitCmd) Run(s *streams) error {
	config := c.config()
	config.TrustDomain, config.ListLife = c.TrustDomain, time.Duration(c.ListLife)
	a, err := authority.Init(config)
	if err != nil {
		return toldCA(err)
	}
	list, _, err := c.writeList(a)
	if err != nil {
		return err
	}
	root := filepath.Join(c.out(), authority.RootCopy)
	if err := authority.WriteFile(root, a.RootPEM(), 0o644); err != nil {
		return err
	}
	if s.JSON {
		return s.printJSON(map[string]any{"trustDomain": a.TrustDomain(), "notAfter": a.NotAfter().UTC(), "ca": root, "crl": list})
	}
	fmt.Fprintf(s.Out, "The CA of %s is in %s; it issues until %s.\nClients and gateways trust %s; gateways read %s.\n",
		a.TrustDomain(), config.Dir, a.NotAfter().Local().Format(time.DateOnly), root, list)
	s.notef("Now move %s to a safe place: nothing needs it here.", filepath.Join(config.Dir, "root-key.pem"))
	return nil
}

// certsRevokeCmd revokes.
type certsRevokeCmd struct {
	caFolder
	Serial string `help:"Serial number of the certificate, as 'certs list' shows it." placeholder:"HEX" xor:"which" required:""`
	Name   string `help:"Name of its file in certs/, without .pem." placeholder:"NAME" xor:"which" required:""`
	Reason string `help:"Why: unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn." enum:"unspecified,key-compromise,affiliation-changed,superseded,cessation-of-operation,privilege-withdrawn" default:"unspecified" placeholder:"REASON"`
}

// Help is shown by --help.
func (*certsRevokeCmd) Help() string {
	return `The revocation list certs/crl.pem is signed anew. The gateway of this folder takes it within seconds and refuses the
certificate even on connections that are open; copy the list to gateways elsewhere. There is no way back: issue a new one.

Exit code 1: it was revoked before, or this CA has not issued it.

Examples:

    poruka certs revoke --name sberbank --reason key-compromise
    poruka certs revoke --serial 5e0c7a9f4b21
`
}

// Run revokes.
func (c *certsRevokeCmd) Run(s *streams) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	serial := strings.ToLower(c.Serial)
	if c.Name != "" {
		held, err := a.Held(c.out())
		if err != nil {
			return err
		}
		h, err := heldAs(held, c.Name, c.out())
		if err != nil {
			return err
		}
		serial = h.Serial
	}
	if err := a.Revoke(serial, authority.Reason(c.Reason)); err != nil {
		return toldCA(err)
	}
	list, next, err := c.writeList(a)
	if err != nil {
		return fmt.Errorf("%s is revoked, but the list could not be written; run 'poruka certs crl': %w", serial, err)
	}
	if s.JSON {
		return s.printJSON(map[string]any{"serial": serial, "reason": c.Reason, "crl": list, "nextUpdate": next.UTC()})
	}
	fmt.Fprintf(s.Out, "%s is revoked. The list is %s.\n", serial, list)
	return nil
}

// certsCRLCmd signs the list anew.
type certsCRLCmd struct{ caFolder }

// Help is shown by --help.
func (*certsCRLCmd) Help() string {
	return `A gateway that is configured to read a list refuses everybody once the list is stale and its grace is over. Run this as a daily job.

Example:

    poruka certs crl --data-dir /etc/poruka
`
}

// Run signs the list.
func (c *certsCRLCmd) Run(s *streams) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	list, next, err := c.writeList(a)
	if err != nil {
		return err
	}
	if s.JSON {
		return s.printJSON(map[string]any{"crl": list, "nextUpdate": next.UTC()})
	}
	fmt.Fprintf(s.Out, "%s is good until %s.\n", list, localTime(next))
	return nil
}

// certsListCmd lists.
type certsListCmd struct{ caFolder }

// Help is shown by --help.
func (*certsListCmd) Help() string {
	return `Oldest first, with those that have expired or were revoked.

Examples:

    poruka certs list
    poruka certs list --json
`
}

// listedCert is one certificate of `certs list --json`.
type listedCert struct {
	Serial    string       `json:"serial"`
	Identity  string       `json:"identity"`
	DNSNames  []string     `json:"dnsNames,omitempty"`
	IPs       []netip.Addr `json:"ips,omitempty"`
	NotBefore time.Time    `json:"notBefore"`
	NotAfter  time.Time    `json:"notAfter"`
	Status    string       `json:"status"`
	RevokedAt *time.Time   `json:"revokedAt,omitempty"`
	Reason    string       `json:"reason,omitempty"`
}

// Run lists.
func (c *certsListCmd) Run(s *streams) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	all, err := a.List()
	if err != nil {
		return err
	}
	listed := []listedCert{}
	t := newTable("IDENTITY", "STATUS", "UNTIL", "REVOKED", "SERIAL")
	for _, e := range all {
		one := listedCert{
			Serial: e.Serial, Identity: e.Identity.String(), DNSNames: e.DNSNames, IPs: e.IPs,
			NotBefore: e.NotBefore, NotAfter: e.NotAfter, Status: string(e.Status), Reason: string(e.Reason),
		}
		if !e.RevokedAt.IsZero() {
			one.RevokedAt = &e.RevokedAt
		}
		listed = append(listed, one)
		t.add(one.Identity, one.Status, localTime(e.NotAfter), strings.TrimSpace(localTime(e.RevokedAt)+" "+one.Reason), e.Serial)
	}
	if s.JSON {
		return s.printJSON(map[string]any{"trustDomain": a.TrustDomain(), "certificates": listed})
	}
	return t.print(s)
}
