package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/check"
)

// listedCase is a case in `partner check --list --json`.
type listedCase struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Wants string `json:"wants"`
}

// list lists the cases of the dialect that is named as the bank is; no gateway is asked.
func (c *partnerCheckCmd) list(s *streams) error {
	dialect, err := dialectOf(c.Bank)
	if err != nil {
		return err
	}
	cfg := check.Config{ID: partners.ID(c.Bank), Dialect: dialect}
	if c.RetiredKey != "" {
		if cfg.Retired, err = readSigner(c.RetiredKey); err != nil {
			return wrongUsef("the retired key cannot be read: %w", err)
		}
	}
	cases, err := c.chosen(check.Cases(cfg))
	if err != nil {
		return err
	}
	if s.JSON {
		listed := make([]listedCase, len(cases))
		for i, one := range cases {
			listed[i] = listedCase{one.ID, one.Title, one.Wants}
		}
		return s.printJSON(map[string]any{"cases": listed})
	}
	t := newTable("CASE", "WHAT IS DONE", "WHAT MUST COME OF IT")
	for _, one := range cases {
		t.add(one.ID, one.Title, one.Wants)
	}
	return t.print(s)
}

// printCheck prints what came of each case, and the sum. A report that is checked was written by a bank, and what a gateway said stands in it.
func printCheck(s *streams, r check.Report) error {
	if s.JSON {
		return s.printJSON(r)
	}
	width := 0
	for _, result := range r.Cases {
		width = max(width, utf8.RuneCountInString(harmless(result.ID)))
	}
	var out strings.Builder
	for _, result := range r.Cases {
		verdict := s.green("ok    ")
		if !result.Passed {
			verdict = s.red("FAILED")
		}
		fmt.Fprintf(&out, "%s  %-*s  %s\n", verdict, width, harmless(result.ID), harmless(result.Title))
		if !result.Passed {
			fmt.Fprintf(&out, "        %s\n", harmless(result.Detail))
		}
	}
	verdict := s.green("yes")
	if r.Failed > 0 {
		verdict = s.red("no")
	}
	fmt.Fprintf(&out, "%s %s, dialect %s, against %s (version %s): %s passed, %d failed, %s%s\n", verdict, harmless(r.Bank), harmless(r.Style),
		harmless(r.Gateway.Address), harmless(r.Gateway.Version), counted(int64(r.Passed), "case"), r.Failed, elapsed(r.Ended.Sub(r.Began)), partly(r))
	_, err := s.Out.Write([]byte(out.String()))
	return err
}

// partly says of a report that it is not about everything.
func partly(r check.Report) string {
	if r.Whole {
		return ""
	}
	return "; not all cases of the dialect were run"
}

// verifiedCheck is what `partner check --verify --json` prints.
type verifiedCheck struct {
	File        string        `json:"file"`
	Holds       bool          `json:"holds"`
	Finding     string        `json:"finding,omitempty"`
	Signer      string        `json:"signer,omitempty"`
	Certificate string        `json:"certificate,omitempty"` // serial number
	Origin      string        `json:"origin,omitempty"`      // of the log whose receipts are in it; when they were checked
	Report      *check.Report `json:"report,omitempty"`
}

// verify checks a report of a bank.
func (c *partnerCheckCmd) verify(s *streams) error {
	authorities, err := c.authorities()
	if err != nil {
		return err
	}
	file, err := os.ReadFile(c.Verify)
	if err != nil {
		return fmt.Errorf("the report cannot be read: %w", err)
	}
	report, signer, err := check.Verify(file, authorities, time.Now())
	result := verifiedCheck{File: c.Verify, Holds: err == nil}
	if err != nil {
		result.Finding = err.Error()
	} else {
		result.Signer, result.Certificate, result.Report = signer.String(), signer.Serial, &report
	}
	if result.Holds && len(c.Keys) > 0 {
		if result.Origin, result.Finding, err = c.receiptsOf(report); err != nil {
			return err
		}
		result.Holds = result.Finding == ""
	}
	if err := result.print(s, signer); err != nil {
		return err
	}
	if !result.Holds || report.Failed > 0 {
		return answerNo()
	}
	return nil
}

func (r verifiedCheck) print(s *streams, signer certs.Caller) error {
	switch {
	case s.JSON:
		return s.printJSON(r)
	case !r.Holds:
		_, err := fmt.Fprintf(s.Out, "%s %s does not hold: %s\n", s.red("no"), r.File, r.Finding)
		return err
	}
	if err := printCheck(s, *r.Report); err != nil {
		return err
	}
	if r.Origin != "" {
		fmt.Fprintf(s.Out, "%s %s has given its receipts, %d in all, during the run\n", s.green("yes"), r.Origin, len(r.Report.Receipts))
	}
	_, err := fmt.Fprintf(s.Out, "%s %s is signed by %s with the certificate %s and was not altered; the run ended %s\n",
		s.green("yes"), r.File, signer, r.Certificate, r.Report.Ended.Local().Format(time.DateTime))
	return err
}

// authorities are the CAs that may vouch for a bank.
func (c *partnerCheckCmd) authorities() (*x509.CertPool, error) {
	path := c.CA
	if path == "" {
		path = filepath.Join(c.DataDir, "certs", "ca.pem")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, wrongUsef("the CA cannot be read: %w; name its file with --ca", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, wrongUsef("%s holds no certificate", path)
	}
	return pool, nil
}
