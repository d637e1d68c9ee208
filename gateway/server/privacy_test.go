package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// TestNothingPersonalIsLeftAnywhere lets persons nobody has heard of through everything that the gateway does, well and badly, with the
// log at its most talkative, and then looks for them: in the log, the metrics, every answer to banks, compliance and operators, and
// every file of the data directory, every column of the
// database, and what the database server has logged.
func TestNothingPersonalIsLeftAnywhere(t *testing.T) {
	ledgers.OnEach(t, nothingPersonalIsLeftAnywhere)
}

func nothingPersonalIsLeftAnywhere(t *testing.T, database string) {
	clock := &trap{}
	g := gatewaytest.Start(t, gatewaytest.Config{
		Database: database,
		Clock:    clock.now, Change: func(c *config.Config) { c.Log.Level = "debug" },
	})
	a := hatch(t, g, 1000)
	a.throughThePortal()
	a.throughABank()
	a.malformed()
	a.throughTheBulk()
	a.panics(clock)
	a.throughCompliance()

	if clock.sprung.Load() < 4 {
		t.Errorf("only %d panics", clock.sprung.Load())
	}
	if len(a.told) < 100 || len(a.secrets) < 80 {
		t.Errorf("%d answers, %d secrets", len(a.told), len(a.secrets))
	}
	a.look("an answer", a.told...)
	a.look("the metrics", metricsPage(t, g))
	ledgertest.Canary(t, g.Dir, a.allSecrets()...) // with what the ledger has not yet folded in
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	a.look("the log", g.Log())
	auditLines(t, g) // whatever was in a name, a line is one event
	ledgertest.Canary(t, g.Dir, a.allSecrets()...)
	a.lookInDatabase(database)
	if !strings.Contains(g.Log(), `"stack"`) {
		t.Error("the log holds no panic")
	}
}

// throughThePortal brings the birds in by every way. What the portal is told it may see; what it is refused with it may not need.
func (a *aviary) throughThePortal() {
	t := a.t
	portal := porukav1.NewPortalServiceClient(a.g.Conn("portal"))
	rest := doorOf(t, a.g, "portal")
	if _, err := portal.PutAccount(t.Context(), a.row(0)); err != nil {
		t.Fatal(err)
	}
	if got := rest.call(http.MethodPut, "/v1/accounts/"+a.row(1).GetId(), asJSON(t, a.row(1))); got.http != http.StatusOK {
		t.Fatalf("HTTP %d %s", got.http, got.body)
	}
	stream, err := portal.ImportAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := &porukav1.ImportAccountsRequest{}
	add := func(n int, change func(*porukav1.Person)) {
		row := a.row(n)
		change(row.GetProfile().GetPerson())
		rows.Rows = append(rows.Rows, &porukav1.ImportRow{Row: int64(len(rows.GetRows())), Account: row})
	}
	for n := range a.birds {
		add(n, func(*porukav1.Person) {})
	}
	other := "0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e2"
	for i, change := range []func(*porukav1.Person){
		func(p *porukav1.Person) { p.Snils = p.GetFamilyName() },
		func(p *porukav1.Person) { p.MobilePhone = p.GetEmail() },
		func(p *porukav1.Person) { p.FamilyName += "\x00" },
		func(p *porukav1.Person) { p.Passport.DepartmentCode = p.GetPassport().GetIssuer()[:8] },
		func(*porukav1.Person) {}, // the SNILS and the phone are another's already
	} {
		add(2, change)
		rows.GetRows()[len(rows.GetRows())-1].GetAccount().Id = other + fmt.Sprint(i)
	}
	if err := stream.Send(rows); err != nil {
		t.Fatal(err)
	}
	done, err := stream.CloseAndRecv()
	if err != nil || done.GetRejected() != 5 || done.GetCreated() != int64(len(a.birds))-2 {
		t.Fatalf("the import: %v, %v", done, err)
	}
	a.tell(done) // the rejects go into a file
	_, err = portal.LookupAccount(t.Context(), &porukav1.LookupAccountRequest{Snils: a.birds[0].Person.SNILS})
	if err != nil {
		t.Fatal(err)
	}
	for _, snils := range []string{a.birds[0].Person.FamilyName, a.birds[0].Person.SNILS + "0", "11223344500"} {
		_, err = portal.LookupAccount(t.Context(), &porukav1.LookupAccountRequest{Snils: snils})
		a.tell(err)
	}
	for _, in := range []*porukav1.PutAccountRequest{{Id: a.birds[0].Person.SNILS}, {Id: other + "1", Profile: a.row(0).GetProfile()}} {
		_, err = portal.PutAccount(t.Context(), in)
		a.tell(err)
	}
	a.tell(rest.call(http.MethodPost, "/v1/accounts:lookup", `{"snils": "`+a.birds[0].Person.SNILS+`", "x": "`+a.birds[0].Person.Email+`"}`))
}

// throughABank makes claims of every outcome, over both transports.
func (a *aviary) throughABank() {
	t := a.t
	type claim = porukav1.ConfirmIdentityRequest
	conn, rest := a.g.Conn("vtb"), doorOf(t, a.g, "vtb")
	bank := porukav1.NewConfirmationServiceClient(conn)
	for n, change := range []func(*claim){
		nil,
		func(c *claim) { c.Person.GivenName += "а" },
		func(c *claim) { c.Person.BirthDate = "1980-01-02" },
		func(c *claim) { c.Person.Passport.Number = "000001" },
		func(c *claim) { c.Person.Inn = "500100732259" },
		func(c *claim) { c.Person.MobilePhone = "+79000000001" },
		func(c *claim) { c.Consent.Given = false },
		func(c *claim) { c.Authentication.Time.Seconds -= 1000 },
		func(c *claim) { c.DryRun = true },
		func(c *claim) {
			c.Person.FamilyName, c.Person.GivenName = c.GetPerson().GetGivenName(), c.GetPerson().GetFamilyName()
		},
	} {
		in := a.claim(n%len(a.birds), change)
		out, err := bank.ConfirmIdentity(t.Context(), in)
		a.tell(out, err)
		out, err = bank.ConfirmIdentity(t.Context(), in)
		a.tell(out, err)
		in.RequestId = in.GetRequestId()[:35] + "f"
		a.tell(rest.call(http.MethodPost, "/v1/confirmations", asJSON(t, in)))
		found, err := bank.FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: in.GetRequestId()})
		a.tell(found, err)
	}
	for range 7 { // until the budget is used up
		a.tell(rest.call(http.MethodPost, "/v1/confirmations", asJSON(t, a.claim(3, func(c *claim) { c.Person.BirthDate = "1980-01-02" }))))
	}
}

// malformed puts secrets where they do not belong.
func (a *aviary) malformed() {
	t := a.t
	type claim = porukav1.ConfirmIdentityRequest
	conn, rest := a.g.Conn("vtb"), doorOf(t, a.g, "vtb")
	bank := porukav1.NewConfirmationServiceClient(conn)
	p := a.birds[4].Person
	for _, change := range []func(*claim){
		func(c *claim) { c.RequestId = p.SNILS },
		func(c *claim) { c.Bank = p.FamilyName },
		func(c *claim) { c.Person.BirthDate = p.GivenName[:10] },
		func(c *claim) { c.Person.Citizenship = p.FamilyName },
		func(c *claim) { c.Person.Snils = p.Email },
		func(c *claim) { c.Person.Snils = "112-233-445 00"; c.Person.Inn = "500100732250" },
		func(c *claim) { c.Person.Email = p.FamilyName },
		func(c *claim) { c.Person.Passport.Series = p.MobilePhone },
		func(c *claim) { c.Person.GivenName = strings.Repeat(p.GivenName, 20) },
		func(c *claim) { c.Person.FamilyName = p.FamilyName + "\u202e" },
		func(c *claim) { c.Person = nil; c.Bank = p.Email },
	} {
		in := a.claim(4, change)
		out, err := bank.ConfirmIdentity(t.Context(), in)
		a.tell(out, err, rest.call(http.MethodPost, "/v1/confirmations", asJSON(t, in)))
	}
	good := asJSON(t, a.claim(4, nil))
	for _, body := range []string{
		good[:len(good)-1], good + good, strings.ReplaceAll(good, `"person":{`, `"person":{"`+p.FamilyName+`":1,`), `{"` + p.Email + `":1}`, `"` + p.FamilyName + `"`,
		strings.Replace(good, `"person":{`, `"person":"`+p.SNILS+`","x":{`, 1), strings.ReplaceAll(good, p.FamilyName, p.FamilyName+"\xff"), `{"dryRun":"` + p.INN + `"}`,
	} {
		a.tell(rest.call(http.MethodPost, "/v1/confirmations", body))
	}
	name := url.PathEscape(p.FamilyName)
	for _, target := range []string{
		"/" + name, "/v1/confirmations/" + name, "/v1/confirmations:byRequest?requestId=" + name, "/v1/confirmations:byRequest?bank=" + url.QueryEscape(p.Email),
		"/v1/caller?" + name + "=" + name, "/docs/" + name, "/v1/confirmations/" + url.PathEscape(p.SNILS) + ":withdraw",
	} {
		a.tell(rest.call(http.MethodGet, target, "", "User-Agent", p.Email, "X-Request-Id", p.MobilePhone, "X-A", p.INN, "Accept-Language", p.FamilyName, "Traceparent", p.SNILS))
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-a", p.Email, "x-name-bin", p.FamilyName, "x-request-id", p.INN, "accept-language", p.Email, "traceparent", p.SNILS)
	_, err := bank.GetConfirmation(ctx, &porukav1.GetConfirmationRequest{Id: p.Email})
	a.tell(err, conn.Invoke(ctx, "/poruka.v1.ConfirmationService/"+strings.ReplaceAll(p.Email, "@", "."), &porukav1.DescribeCallerRequest{}, &porukav1.DescribeCallerResponse{}))
}

// throughTheBulk sends good and bad claims over one stream.
func (a *aviary) throughTheBulk() {
	t := a.t
	stream, err := porukav1.NewConfirmationServiceClient(a.g.Conn("bspb")).ConfirmIdentities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := range a.birds {
		for _, in := range []*porukav1.ConfirmIdentityRequest{
			a.claim(n, nil),
			a.claim(n, func(c *porukav1.ConfirmIdentityRequest) { c.Bank = c.GetPerson().GetEmail() }),
			a.claim(n, func(c *porukav1.ConfirmIdentityRequest) { c.Person.Snils = c.GetPerson().GetFamilyName() }),
		} {
			if err := stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: in}); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = stream.CloseSend()
	for {
		out, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		a.tell(out, err)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// panics lets rooms panic with a secret in their hands, where the chain sees it and where it does not.
func (a *aviary) panics(clock *trap) {
	t := a.t
	secret := a.birds[5].Person.FamilyName + " " + a.birds[5].Person.SNILS
	clock.set("gateway/confirm.", secret)
	bank := porukav1.NewConfirmationServiceClient(a.g.Conn("vtb"))
	out, err := bank.ConfirmIdentity(t.Context(), a.claim(5, nil))
	a.tell(out, err, doorOf(t, a.g, "vtb").call(http.MethodPost, "/v1/confirmations", asJSON(t, a.claim(5, nil))))
	a.throughTheBulk()
	clock.set("gateway/portal.", secret)
	portal := porukav1.NewPortalServiceClient(a.g.Conn("portal"))
	_, err = portal.PutAccount(t.Context(), a.row(5))
	a.tell(err)
	stream, err := portal.ImportAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.Send(&porukav1.ImportAccountsRequest{Rows: []*porukav1.ImportRow{{Row: 1, Account: a.row(5)}}})
	done, err := stream.CloseAndRecv()
	a.tell(done, err)
	clock.unset()
}

// throughCompliance reads everything that is recorded.
func (a *aviary) throughCompliance() {
	t := a.t
	rest := doorOf(t, a.g, "compliance")
	for _, target := range []string{"/v1/audit/records?pageSize=1000", "/v1/audit/summary", "/v1/audit/report?format=csv", "/v1/audit/report?format=jsonl"} {
		got := rest.call(http.MethodGet, target, "")
		if got.http != http.StatusOK || !strings.Contains(got.body, "vtb") {
			t.Errorf("%s: HTTP %d, %d bytes", target, got.http, len(got.body))
		}
		a.tell(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := porukav1.NewAuditServiceClient(a.g.Conn("compliance")).ExportReport(ctx, &porukav1.ExportReportRequest{Format: porukav1.ExportReportRequest_CSV})
	for err == nil {
		piece, failed := stream.Recv()
		if a.tell(string(piece.GetData()), failed); failed != nil {
			break
		}
	}
	partners, err := porukav1.NewOperatorServiceClient(a.g.Conn("operator")).ListPartners(t.Context(), &porukav1.ListPartnersRequest{}, grpc.WaitForReady(true))
	a.tell(partners, err)
}
