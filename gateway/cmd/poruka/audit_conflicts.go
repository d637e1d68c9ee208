package main

import (
	"context"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// auditConflictsCmd lists what the conflict radar has noticed.
type auditConflictsCmd struct {
	moments
	connection
}

// Help is shown by --help.
func (*auditConflictsCmd) Help() string {
	return `Lists the records in which it was noticed that two banks vouched for different data of one person, the oldest first. One of the two was
told something wrong; the ledger does not know which. What differs is named by groups of fields, never by values. One record may stand
in several lines, one for each other bank. The banks themselves are told nothing of it.

The compliance role is needed. That you looked is recorded.

Examples:

    poruka audit conflicts --from 2026-11-01 --to 2026-12-01
    poruka audit conflicts --json
`
}

// conflictsPage is how many records are asked for at a time.
const conflictsPage = 1000

// Run prints the conflicts.
func (c *auditConflictsCmd) Run(ctx context.Context, s *streams) error {
	from, to, err := c.times()
	if err != nil {
		return err
	}
	conn, err := c.dial(certs.RoleCompliance)
	if err != nil {
		return err
	}
	defer conn.Close()
	audit, all := porukav1.NewAuditServiceClient(conn), &porukav1.ListConflictsResponse{}
	request := &porukav1.ListConflictsRequest{From: from, To: to, PageSize: conflictsPage}
	for {
		page, err := call(ctx, audit.ListConflicts, request)
		if err != nil {
			return err
		}
		all.Conflicts = append(all.Conflicts, page.GetConflicts()...)
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return printConflicts(s, all)
		}
	}
}

func printConflicts(s *streams, all *porukav1.ListConflictsResponse) error {
	if s.JSON {
		return s.printMessage(all)
	}
	t := newTable("TIME", "BANK", "OTHER BANK", "DIFFERS IN", "OUTCOME", "RECORD")
	for _, conflict := range all.GetConflicts() {
		r := conflict.GetRecord()
		outcome := nameOf(r.GetOutcome())
		if r.GetDryRun() {
			outcome += " (dry run)"
		}
		t.add(moment(r.GetDecideTime()), r.GetBank(), conflict.GetOtherBank(), strings.Join(conflict.GetGroups(), ", "), outcome, idOf(r.GetName()))
	}
	if len(t.rows) == 0 {
		s.notef("no conflicts in this period")
		return nil
	}
	return t.print(s)
}
