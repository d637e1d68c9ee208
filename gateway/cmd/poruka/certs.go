package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/certs"
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

// certsIssueCmd issues a certificate.
type certsIssueCmd struct {
	caFolder
	Role     string       `help:"To whom: bank/ID, portal, compliance, operator or gateway." required:"" placeholder:"ROLE"`
	Out      string       `help:"Folder for NAME.pem and NAME-key.pem. By default certs/ of the data folder." placeholder:"DIR"`
	Name     string       `help:"Name of the files. By default the id of the bank, or the role." placeholder:"NAME"`
	DNS      []string     `name:"dns" help:"DNS name of a gateway; may be repeated." placeholder:"HOST"`
	IP       []netip.Addr `name:"ip" help:"IP address of a gateway; may be repeated." placeholder:"ADDRESS"`
	ValidFor lifetime     `help:"For how long." default:"90d" placeholder:"TIME"`
	Replace  bool         `help:"Write over files of that name. The certificate that they hold stays good until it expires."`
	P12      string       `name:"p12-password-file" help:"Write NAME.p12 for a browser as well, under the password in this file." placeholder:"FILE"`
}

// Help is shown by --help.
func (*certsIssueCmd) Help() string {
	return `The key is made here and kept nowhere else: hand both files over by a safe way. A gateway needs a --dns or --ip.

Examples:

    poruka certs issue --role bank/sberbank --valid-for 90d
    poruka certs issue --role gateway --dns gateway.example.org --ip 192.0.2.7
    poruka certs issue --role compliance --name ivanova --p12-password-file password.txt
`
}

// Run issues.
func (c *certsIssueCmd) Run(s *streams) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	identity, err := certs.ParseIdentity("poruka://" + a.TrustDomain() + "/" + c.Role)
	if err != nil {
		return wrongUsef("--role must be bank/ID, portal, compliance, operator or gateway, not %q", c.Role)
	}
	name, err := c.name(identity)
	if err != nil {
		return err
	}
	password, err := c.password()
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = c.out()
	}
	if _, err := os.Stat(filepath.Join(out, name+".pem")); !c.Replace && !errors.Is(err, fs.ErrNotExist) {
		return wrongUsef("there is a %s already; renew it, or say --replace or another --name", filepath.Join(out, name+".pem"))
	}
	issued, err := a.Issue(authority.IssueRequest{Identity: identity, DNSNames: c.DNS, IPs: c.IP, ValidFor: time.Duration(c.ValidFor)})
	if err != nil {
		return toldCA(err)
	}
	if err := issued.Write(out, name); err != nil {
		return err
	}
	if c.P12 != "" {
		packed, err := authority.P12(issued.CertPEM, issued.KeyPEM, password)
		if err != nil {
			return err
		}
		if err := authority.WriteFile(filepath.Join(out, name+".p12"), packed, 0o600); err != nil {
			return err
		}
	}
	return printIssued(s, []issuedFile{newIssuedFile(issued, filepath.Join(out, name))})
}

func (c *certsIssueCmd) name(identity certs.Identity) (string, error) {
	switch {
	case c.Name != "" && (filepath.Base(c.Name) != c.Name || strings.HasPrefix(c.Name, ".")):
		return "", wrongUsef("--name must be a plain file name")
	case c.Name != "":
		return c.Name, nil
	case identity.ID != "":
		return identity.ID, nil
	default:
		return string(identity.Role), nil
	}
}

// password reads the password before anything is issued. It is not a flag: other users can read those.
func (c *certsIssueCmd) password() (string, error) {
	if c.P12 == "" {
		return "", nil
	}
	content, err := os.ReadFile(c.P12)
	if err != nil {
		return "", wrongUsef("--p12-password-file: %w", err)
	}
	password := string(bytes.TrimRight(content, "\r\n"))
	if password == "" {
		return "", wrongUsef("--p12-password-file: %s is empty", c.P12)
	}
	return password, nil
}

// issuedFile is one certificate that was written.
type issuedFile struct {
	Identity string    `json:"identity"`
	Serial   string    `json:"serial"`
	NotAfter time.Time `json:"notAfter"`
	Cert     string    `json:"cert"`
	Key      string    `json:"key"`
}

func newIssuedFile(issued authority.Issued, path string) issuedFile {
	return issuedFile{issued.Identity.String(), issued.Serial, issued.NotAfter.UTC(), path + ".pem", path + "-key.pem"}
}

func printIssued(s *streams, files []issuedFile) error {
	if s.JSON {
		return s.printJSON(map[string]any{"issued": files})
	}
	t := newTable("IDENTITY", "UNTIL", "CERTIFICATE", "KEY", "SERIAL")
	for _, f := range files {
		t.add(f.Identity, localTime(f.NotAfter), f.Cert, f.Key, f.Serial)
	}
	return t.print(s)
}

// localTime renders a time for people in their own zone; empty when zero.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// certsRenewCmd renews.
type certsRenewCmd struct {
	caFolder
	Names    []string `arg:"" optional:"" name:"name" help:"Names of files in certs/, without .pem. By default all that are due." placeholder:"NAME"`
	Within   lifetime `help:"What counts as due: to expire within this time." default:"30d" placeholder:"TIME"`
	ValidFor lifetime `help:"For how long." default:"90d" placeholder:"TIME"`
}

// Help is shown by --help.
func (*certsRenewCmd) Help() string {
	return `The files are replaced, with a new key; a running gateway takes its new certificate within seconds. The old certificate stays
good until it expires. Fit for a daily job: when nothing is due, nothing is done. Revoked certificates are not renewed.

Examples:

    poruka certs renew
    poruka certs renew sberbank vtb --valid-for 30d
`
}

// Run renews.
func (c *certsRenewCmd) Run(s *streams) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	due, err := c.due(a)
	if err != nil {
		return err
	}
	done := []issuedFile{}
	for _, h := range due {
		issued, err := a.Renew(h.Serial, time.Duration(c.ValidFor))
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, toldCA(err))
		}
		if err := issued.Write(c.out(), h.Name); err != nil {
			return err
		}
		done = append(done, newIssuedFile(issued, filepath.Join(c.out(), h.Name)))
		if p12 := filepath.Join(c.out(), h.Name+".p12"); fileExists(p12) {
			s.notef("%s still holds the old certificate.", p12)
		}
	}
	if len(done) == 0 && !s.JSON {
		fmt.Fprintln(s.Out, "Nothing is due.")
		return nil
	}
	return printIssued(s, done)
}

func (c *certsRenewCmd) due(a *authority.Authority) ([]authority.Held, error) {
	held, err := a.Held(c.out())
	if err != nil {
		return nil, err
	}
	if len(c.Names) == 0 {
		deadline := time.Now().Add(time.Duration(c.Within))
		return slices.DeleteFunc(held, func(h authority.Held) bool {
			return h.Status == authority.StatusRevoked || h.NotAfter.After(deadline)
		}), nil
	}
	var named []authority.Held
	for _, name := range c.Names {
		h, err := heldAs(held, name, c.out())
		if err != nil {
			return nil, err
		}
		named = append(named, h)
	}
	return named, nil
}

func heldAs(held []authority.Held, name, dir string) (authority.Held, error) {
	i := slices.IndexFunc(held, func(h authority.Held) bool { return h.Name == strings.TrimSuffix(name, ".pem") })
	if i < 0 {
		return authority.Held{}, wrongUsef("%s holds no certificate of this CA, with its key, named %q", dir, name)
	}
	return held[i], nil
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
