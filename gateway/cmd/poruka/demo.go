package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/development"
)

// demoCmd shows the gateway at work.
type demoCmd struct {
	Accounts  int  `help:"Accounts to invent." default:"10000" placeholder:"N"`
	Customers int  `help:"Customers that each bank confirms in bulk, when there are enough accounts." default:"200" placeholder:"N"`
	Keep      bool `help:"Leave the folder with ledger, certificates and log in place, and say where it is."`

	// Not from the environment, where an operator may keep the URL of the ledger that counts.
	DatabaseURL string `name:"database-url" env:"-" help:"An empty database to play in, postgres://... or cockroach://... Default: an embedded ledger in the temporary folder." placeholder:"URL"`
}

// Help is shown by --help.
func (*demoCmd) Help() string {
	return `A whole gateway starts in a temporary folder on free ports, with invented accounts, and the servers of five simulated banks. The banks
then confirm customers over mutual TLS, by gRPC, by REST and in their own dialects, until each has been told every outcome; they lose
answers, repeat themselves, reuse ids, try dry, send in bulk and take confirmations back. The portal orders confirmations, whose data
the gateway pulls from a bank, or the bank sends, or which come to nothing because the bank is down. At the end every answer is compared with the ledger, as compliance reads
it, and with the accounts, as the portal reads them. The receipts of all answers, and proofs that some of them are in the log, are
checked with nothing but the public keys of the log, and so is a report of everything. When the gateway has stopped, every entry must
be in the signed log, and everything else in the ledger must follow from the entries.

Exit code 1: an answer was not the one that was due, or does not agree with the ledger.

Examples:

    poruka demo
    poruka demo --json --accounts 2000
    poruka demo --database-url postgres://poruka@localhost/demo
`
}

// leastAccounts is how many accounts a population needs to hold a person for every scenario of every bank.
const leastAccounts = 1000

// Run plays the demo.
func (c *demoCmd) Run(ctx context.Context, s *streams) (err error) {
	if c.Accounts < leastAccounts || c.Customers < 0 {
		return wrongUsef("--accounts must be at least %d, and --customers not negative", leastAccounts)
	}
	folder, err := os.MkdirTemp("", "poruka-demo-*")
	if err != nil {
		return fmt.Errorf("the demo has no folder: %w", err)
	}
	if c.Keep {
		s.notef("everything is in %s", folder)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	began := time.Now()
	gateway, err := startDemoGateway(ctx, s, folder, c.DatabaseURL, c.Accounts)
	if err != nil {
		return err
	}
	report, err := c.play(ctx, s, gateway)
	if err := errors.Join(err, gateway.stop()); err != nil {
		return err
	}
	if err := report.closeBooks(ctx, s, gateway); err != nil {
		return err
	}
	if err := report.print(s, time.Since(began)); err != nil {
		return err
	}
	if !report.Ledger.Verified {
		return answerNof("what the banks were told does not agree with what was due, or with the ledger")
	}
	return nil
}

// play lets the banks act and reads everything back.
func (c *demoCmd) play(ctx context.Context, s *streams, gateway *demoGateway) (*demoReport, error) {
	portal, err := gateway.profile(string(certs.RolePortal))
	if err != nil {
		return nil, err
	}
	portalConn, err := portal.Dial()
	if err != nil {
		return nil, err
	}
	defer portalConn.Close()
	compliance, err := gateway.profile(string(certs.RoleCompliance))
	if err != nil {
		return nil, err
	}
	auditConn, err := compliance.Dial()
	if err != nil {
		return nil, err
	}
	defer auditConn.Close()
	w := &witness{audit: porukav1.NewAuditServiceClient(auditConn), portal: porukav1.NewPortalServiceClient(portalConn)}

	banks, err := development.Banks()
	if err != nil {
		return nil, err
	}
	story := &demoStory{gateway: gateway, witness: w, accounts: c.Accounts, customers: c.Customers}
	wrong, err := story.play(ctx, s, banks)
	if err != nil {
		return nil, err
	}
	found, err := w.verify(ctx, story.answers)
	if err != nil {
		return nil, err
	}
	if err := found.checkEvents(ctx, gateway.servers, story.answers); err != nil {
		return nil, err
	}
	auditor, err := newAuditor(compliance, auditConn)
	if err != nil {
		return nil, err
	}
	if err := auditor.check(ctx, found, recorded(story.answers)); err != nil {
		return nil, err
	}
	if err := auditor.report(ctx, found, gateway.folder); err != nil {
		return nil, err
	}
	summary, err := w.audit.Summarize(ctx, &porukav1.SummarizeRequest{})
	if err != nil {
		return nil, explained(err)
	}
	found.problems = append(wrong, found.problems...)
	return newDemoReport(c.Accounts, story, found, summary), nil
}
