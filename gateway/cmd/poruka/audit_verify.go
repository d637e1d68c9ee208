package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/poruka/poruka/gateway/audit"
)

// auditVerifyCmd checks a report.
type auditVerifyCmd struct {
	File string `arg:"" help:"The report; '-' is standard input." placeholder:"FILE"`
}

// Help is shown by --help.
func (*auditVerifyCmd) Help() string {
	return `Works on any machine, without a network. It checks that no row was lost, added or changed since the last line was written:
that the report is whole. It does not prove who wrote it, since whoever changes a row can write the last line anew; that
takes a signature, which the ledger does not give yet.

Exit code 1: the report is not whole.

Example:

    poruka audit verify november.csv
`
}

// verifiedReport is what `audit verify --json` prints.
type verifiedReport struct {
	File    string        `json:"file"`
	Whole   bool          `json:"whole"`
	Finding string        `json:"finding,omitempty"`
	Footer  *audit.Footer `json:"footer,omitempty"`
}

// Run checks the report.
func (c *auditVerifyCmd) Run(s *streams) error {
	footer, err := c.verify(s)
	if err != nil && !errors.Is(err, audit.ErrNotWhole) {
		return err
	}
	result := verifiedReport{File: c.File, Whole: err == nil}
	if err != nil {
		result.Finding = err.Error()
	} else {
		result.Footer = &footer
	}
	if err := result.print(s); err != nil {
		return err
	}
	if !result.Whole {
		return answerNo()
	}
	return nil
}

func (c *auditVerifyCmd) verify(s *streams) (audit.Footer, error) {
	in := s.In
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return audit.Footer{}, fmt.Errorf("the report cannot be read: %w", err)
		}
		defer file.Close()
		in = file
	}
	return audit.VerifyFooter(in)
}

func (r verifiedReport) print(s *streams) error {
	if s.JSON {
		return s.printJSON(r)
	}
	if !r.Whole {
		fmt.Fprintf(s.Out, "%s %s: %s\n", s.red("no"), r.File, r.Finding)
		return nil
	}
	fmt.Fprintf(s.Out, "%s %s is whole: %s rows, SHA-256 %s\n", s.green("yes"), r.File, thousands(r.Footer.Rows), r.Footer.SHA256)
	return nil
}
