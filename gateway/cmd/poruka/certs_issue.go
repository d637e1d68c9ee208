package main

import (
	"bytes"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/authority"
)

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
