package main

import (
	"context"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// auditSummaryCmd counts records.
type auditSummaryCmd struct {
	period
	connection
}

// Help is shown by --help.
func (*auditSummaryCmd) Help() string {
	return `The compliance role is needed.

Example:

    poruka audit summary --from 2026-11-01 --to 2026-12-01
`
}

// Run prints the counts.
func (c *auditSummaryCmd) Run(ctx context.Context, s *streams) error {
	from, to, err := c.times()
	if err != nil {
		return err
	}
	conn, err := c.dial(certs.RoleCompliance)
	if err != nil {
		return err
	}
	defer conn.Close()
	summary, err := call(ctx, porukav1.NewAuditServiceClient(conn).Summarize, &porukav1.SummarizeRequest{From: from, To: to, Bank: c.Bank})
	if err != nil {
		return err
	}
	if s.JSON {
		return s.printMessage(summary)
	}
	return summaryTable(summary).print(s)
}

func summaryTable(summary *porukav1.SummarizeResponse) *table {
	t := newTable("BANK", "KIND", "OUTCOME", "RECORDS#", "DRY RUNS#")
	dry := int64(0)
	for _, c := range summary.GetCounts() {
		kind := strings.ToLower(strings.ReplaceAll(c.GetKind().String(), "_", " "))
		t.add(c.GetBank(), kind, nameOf(c.GetOutcome()), thousands(c.GetRecords()), thousands(c.GetDryRuns()))
		dry += c.GetDryRuns()
	}
	t.add("", "", "total", thousands(summary.GetTotal()), thousands(dry))
	return t
}
