package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// accountsShowCmd shows one account.
type accountsShowCmd struct {
	ID      string `arg:"" optional:"" help:"UUID of the account."`
	SNILS   bool   `name:"snils" help:"Find the account by the SNILS that is typed, or stands in the first line of standard input: other users of a machine can read its command lines."`
	Full    bool   `help:"Show the owner's data too."`
	Records int32  `help:"Show at most this many records." default:"5" placeholder:"N"`
	connection
}

// Help is shown by --help.
func (*accountsShowCmd) Help() string {
	return `The portal's role is needed. Exit code 1: there is no such account.

Examples:

    poruka accounts show 6f1d3a52-8a0f-4a7e-9c5b-2f6c1d0e9b11
    poruka accounts show --snils --json < snils.txt
`
}

// shownAccount is what `accounts show --json` prints.
type shownAccount struct {
	Account json.RawMessage   `json:"account"`
	Records []json.RawMessage `json:"records"`
}

// Run shows the account.
func (c *accountsShowCmd) Run(ctx context.Context, s *streams) error {
	if (c.ID == "") != c.SNILS {
		return wrongUsef("name either the id of an account, or --snils and give the SNILS on standard input")
	}
	conn, err := c.dial(certs.RolePortal)
	if err != nil {
		return err
	}
	defer conn.Close()
	account, err := c.find(ctx, s, conn)
	if err != nil {
		return err
	}
	listed, err := call(ctx, porukav1.NewPortalServiceClient(conn).ListConfirmations,
		&porukav1.ListConfirmationsRequest{Id: idOf(account.GetName()), PageSize: max(1, c.Records)})
	if err != nil {
		return err
	}
	records := listed.GetConfirmations()[:min(len(listed.GetConfirmations()), int(max(0, c.Records)))]
	if s.JSON {
		return printAccountJSON(s, account, records)
	}
	return printAccount(s, account, records)
}

func (c *accountsShowCmd) find(ctx context.Context, s *streams, conn grpc.ClientConnInterface) (*porukav1.Account, error) {
	portal := porukav1.NewPortalServiceClient(conn)
	id := c.ID
	if c.SNILS {
		snils, err := readSNILS(ctx, s)
		if err != nil {
			return nil, err
		}
		found, err := call(ctx, portal.LookupAccount, &porukav1.LookupAccountRequest{Snils: snils})
		if err != nil || !c.Full {
			return found.GetAccount(), err
		}
		id = idOf(found.GetAccount().GetName())
	}
	view := porukav1.GetAccountRequest_BASIC
	if c.Full {
		view = porukav1.GetAccountRequest_FULL
	}
	response, err := call(ctx, portal.GetAccount, &porukav1.GetAccountRequest{Id: id, View: view})
	return response.GetAccount(), err
}

// maxSNILS is how much of a line is read: more than any form of a SNILS, in bytes.
const maxSNILS = 64

// readSNILS reads one line. Ctrl-C at the prompt ends the wait; the read itself ends with the process.
func readSNILS(ctx context.Context, s *streams) (string, error) {
	if s.InTerminal {
		fmt.Fprint(s.Err, "SNILS: ")
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(s.In, maxSNILS)).ReadString('\n')
		answers <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-answers:
		if a.line != "" {
			return a.line, nil
		}
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", fmt.Errorf("reading the SNILS: %w", a.err)
		}
		return "", wrongUsef("standard input holds no SNILS")
	}
}

func printAccountJSON(s *streams, account *porukav1.Account, records []*porukav1.Confirmation) error {
	out := shownAccount{Records: make([]json.RawMessage, len(records))}
	var err error
	if out.Account, err = protoJSON(account); err != nil {
		return err
	}
	for i, record := range records {
		if out.Records[i], err = protoJSON(record); err != nil {
			return err
		}
	}
	return s.printJSON(out)
}

func printAccount(s *streams, account *porukav1.Account, records []*porukav1.Confirmation) error {
	facts := newFacts()
	facts.add("account", idOf(account.GetName()))
	facts.add("level", account.GetLevel().String())
	if account.GetMethod() != porukav1.Account_METHOD_UNSPECIFIED {
		facts.add("confirmed", strings.TrimSpace(account.GetMethod().String()+" "+account.GetBank())+", "+moment(account.GetConfirmTime()))
	}
	for _, capability := range account.GetCapabilities() {
		facts.add("may use", capability.String())
	}
	if account.GetRegistryStatus() != porukav1.Account_REGISTRY_STATUS_UNSPECIFIED {
		facts.add("registries", account.GetRegistryStatus().String()+" "+moment(account.GetRegistryTime()))
	}
	facts.add("version", fmt.Sprint(account.GetVersion()))
	facts.add("created", moment(account.GetCreateTime()))
	facts.add("changed", moment(account.GetUpdateTime()))
	if account.GetDocumentExpired() {
		facts.add("passport", "expired")
	}
	addProfile(facts, account.GetProfile())
	if err := facts.print(s); err != nil || len(records) == 0 {
		return err
	}
	fmt.Fprintln(s.Out)
	t := newTable("TIME", "BANK", "OUTCOME", "REASON", "RECORD")
	for _, r := range records {
		t.add(moment(r.GetDecideTime()), r.GetBank(), outcomeOf(r), reasonsOf(r.GetReasons()), idOf(r.GetName()))
	}
	return t.print(s)
}

func addProfile(facts *table, profile *porukav1.Profile) {
	if profile == nil {
		return
	}
	p := profile.GetPerson()
	facts.add("name", strings.Join(strings.Fields(p.GetFamilyName()+" "+p.GetGivenName()+" "+p.GetMiddleName()), " "))
	facts.add("born", p.GetBirthDate())
	facts.add("sex", p.GetSex().String())
	facts.add("citizenship", p.GetCitizenship())
	for i, passport := range append([]*porukav1.Passport{p.GetPassport()}, profile.GetPreviousPassports()...) {
		name := "passport"
		if i > 0 {
			name = "before"
		}
		facts.add(name, strings.Join(strings.Fields(strings.Join([]string{
			passport.GetSeries(), passport.GetNumber(), passport.GetIssueDate(), passport.GetDepartmentCode(), passport.GetIssuer(),
		}, " ")), " "))
	}
	facts.add("SNILS", p.GetSnils())
	facts.add("INN", p.GetInn())
	facts.add("phone", p.GetMobilePhone()+verified(profile.GetPhoneVerified()))
	facts.add("e-mail", p.GetEmail()+verified(profile.GetEmailVerified()))
}

func verified(yes bool) string {
	if yes {
		return " (verified)"
	}
	return ""
}
