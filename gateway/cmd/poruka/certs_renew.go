package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/poruka/poruka/certs/authority"
)

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

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
