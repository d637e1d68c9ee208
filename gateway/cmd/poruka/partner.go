package main

import (
	"context"
	"fmt"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// partnerCmd is for operators: who the banks are and whether they may call. `check` is for the banks themselves.
type partnerCmd struct {
	List    partnerListCmd    `cmd:"" help:"List the banks of the roster with their state."`
	Check   partnerCheckCmd   `cmd:"" help:"Play a bank against a sandbox gateway, before the bank goes live."`
	Suspend partnerSuspendCmd `cmd:"" help:"Stop a bank: its calls are refused within 5 seconds."`
	Resume  partnerResumeCmd  `cmd:"" help:"Let a suspended bank call again."`

	Receivers partnerReceiversCmd `cmd:"" help:"List to whom events are delivered and how far each is."`
	Replay    partnerReplayCmd    `cmd:"" help:"Deliver events of the past once more."`
}

// partnerListCmd lists the roster.
type partnerListCmd struct{ connection }

// Help is shown by --help.
func (*partnerListCmd) Help() string {
	return `The operator role is needed.

Example:

    poruka partner list
`
}

// Run prints the roster.
func (c *partnerListCmd) Run(ctx context.Context, s *streams) error {
	conn, err := c.dial(certs.RoleOperator)
	if err != nil {
		return err
	}
	defer conn.Close()
	listed, err := call(ctx, porukav1.NewOperatorServiceClient(conn).ListPartners, &porukav1.ListPartnersRequest{})
	if err != nil {
		return err
	}
	if s.JSON {
		return s.printMessage(listed)
	}
	return partnerTable(listed.GetPartners()).print(s)
}

func partnerTable(banks []*porukav1.Partner) *table {
	t := newTable("BANK", "NAME", "STATE", "FROM", "UNTIL", "POLICY", "STYLE", "PER SECOND#", "API", "SUSPENDED")
	for _, p := range banks {
		t.add(p.GetId(), p.GetDisplayName(), p.GetState().String(), p.GetValidFrom(), p.GetValidUntil(), p.GetPolicy(), p.GetStyle(),
			fmt.Sprintf("%g", p.GetRequestsPerSecond()), endpointText(p.GetEndpoint()), strings.TrimSpace(moment(p.GetSuspendTime())+" "+p.GetSuspendNote()))
	}
	return t
}

// endpointText tells how the breaker of a bank's own API stands; empty when the gateway calls none.
func endpointText(e *porukav1.Endpoint) string {
	switch {
	case e == nil:
		return ""
	case e.GetBreaker() == porukav1.Endpoint_CLOSED:
		return e.GetBreaker().String()
	default:
		return fmt.Sprintf("%s since %s, %s", e.GetBreaker(), moment(e.GetChangeTime()), e.GetLastFailure())
	}
}

// partnerSuspendCmd stops a bank.
type partnerSuspendCmd struct {
	Bank string `arg:"" help:"Id of the bank."`
	Note string `help:"Why, for colleagues. Without personal data." placeholder:"TEXT"`
	connection
}

// Help is shown by --help.
func (*partnerSuspendCmd) Help() string {
	return `The operator role is needed. Calls under way are finished. Exit code 1: there is no such bank.

Example:

    poruka partner suspend vtb --note "certificate leaked, ticket 4711"
`
}

// Run suspends.
func (c *partnerSuspendCmd) Run(ctx context.Context, s *streams) error {
	conn, err := c.dial(certs.RoleOperator)
	if err != nil {
		return err
	}
	defer conn.Close()
	answer, err := call(ctx, porukav1.NewOperatorServiceClient(conn).SuspendPartner, &porukav1.SuspendPartnerRequest{Id: c.Bank, Note: c.Note})
	if err != nil {
		return err
	}
	return printPartner(s, answer.GetPartner())
}

// partnerResumeCmd lets a bank call again.
type partnerResumeCmd struct {
	Bank string `arg:"" help:"Id of the bank."`
	connection
}

// Help is shown by --help.
func (*partnerResumeCmd) Help() string {
	return `The operator role is needed. Exit code 1: there is no such bank.

Example:

    poruka partner resume vtb
`
}

// Run resumes.
func (c *partnerResumeCmd) Run(ctx context.Context, s *streams) error {
	conn, err := c.dial(certs.RoleOperator)
	if err != nil {
		return err
	}
	defer conn.Close()
	answer, err := call(ctx, porukav1.NewOperatorServiceClient(conn).ResumePartner, &porukav1.ResumePartnerRequest{Id: c.Bank})
	if err != nil {
		return err
	}
	return printPartner(s, answer.GetPartner())
}

func printPartner(s *streams, bank *porukav1.Partner) error {
	if s.JSON {
		return s.printMessage(bank)
	}
	fmt.Fprintf(s.Out, "%s is %s\n", bank.GetId(), bank.GetState())
	return nil
}
