package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/client"
)

// command runs one command line as a pipe would.
type command struct {
	t     *testing.T
	stdin string
	tty   bool
}

type result struct {
	code     int
	out, err string
}

func (c command) run(args ...string) result {
	c.t.Helper()
	return c.runContext(c.t.Context(), args...)
}

func (c command) runContext(ctx context.Context, args ...string) result {
	c.t.Helper()
	var out, complaints bytes.Buffer
	code := run(ctx, args, &streams{
		In: strings.NewReader(c.stdin), Out: &out, Err: &complaints,
		InTerminal: c.tty, Terminal: c.tty, ErrTerminal: c.tty, Colour: c.tty,
	})
	return result{code, out.String(), complaints.String()}
}

func (r result) want(t *testing.T, code exitCode, out, complaint string) {
	t.Helper()
	if r.code != int(code) || !strings.Contains(r.out, out) || !strings.Contains(r.err, complaint) {
		t.Errorf("exit code %d\nout: %s\nerr: %s\nwant %d, %q, %q", r.code, r.out, r.err, code, out, complaint)
	}
}

// fakeGateway answers the calls of the commands from memory, over mutual TLS.
type fakeGateway struct {
	porukav1.UnimplementedPortalServiceServer
	porukav1.UnimplementedAuditServiceServer
	porukav1.UnimplementedOperatorServiceServer

	mutex    sync.Mutex
	accounts map[string]bool // ids that were imported
	report   []byte
	asked    *porukav1.ExportReportRequest
	onImport func(rows int) error // before each message
	note     string
}

const (
	knownAccount = "6f1d3a52-8a0f-4a7e-9c5b-2f6c1d0e9b11"
	knownSNILS   = "112-233-445 95"
)

// startGateway serves g, and leaves profiles of its clients in the folder that it returns: what --data-dir wants.
func startGateway(t *testing.T, g *fakeGateway) (folder string) {
	t.Helper()
	g.accounts = map[string]bool{}
	ca := certstest.NewRoot(t, time.Now(), "test CA")
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{ca.Server(t)}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})))
	porukav1.RegisterPortalServiceServer(server, g)
	porukav1.RegisterAuditServiceServer(server, g)
	porukav1.RegisterOperatorServiceServer(server, g)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	folder = t.TempDir()
	for _, role := range []string{"portal", "compliance", "operator"} {
		cert, key := certstest.Pair(t, ca.Client(t, "poruka://test/"+role))
		profile := client.Profile{
			Address: listener.Addr().String(), CA: certstest.Write(t, folder, "ca.pem", ca.PEM()),
			Cert: certstest.Write(t, folder, role+".pem", cert), Key: certstest.Write(t, folder, role+"-key.pem", key),
		}
		if err := client.WriteProfile(filepath.Join(folder, "profiles", role+".yaml"), profile); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func notFound(reason, text string) error {
	s, err := status.New(codes.NotFound, "not found").WithDetails(
		&errdetails.ErrorInfo{Reason: reason, Domain: "poruka"}, &errdetails.LocalizedMessage{Locale: "en", Message: text})
	return errors.Join(err, s.Err())
}

var decided = timestamppb.New(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))

func (g *fakeGateway) account(full bool) *porukav1.Account {
	a := &porukav1.Account{
		Name: "accounts/" + knownAccount, Level: porukav1.Account_CONFIRMED, Method: porukav1.Account_BANK, Bank: "sberbank",
		ConfirmTime: decided, Version: 2, CreateTime: decided, UpdateTime: decided, RegistryStatus: porukav1.Account_VERIFIED,
		Capabilities: []porukav1.Account_Capability{porukav1.Account_TAX_CABINET},
	}
	if full {
		a.Profile = &porukav1.Profile{PhoneVerified: true, Person: &porukav1.Person{FamilyName: "Кузнецова", GivenName: "Мария", Snils: knownSNILS}}
	}
	return a
}

func (g *fakeGateway) GetAccount(_ context.Context, r *porukav1.GetAccountRequest) (*porukav1.GetAccountResponse, error) {
	if r.GetId() != knownAccount {
		return nil, notFound("ACCOUNT_NOT_FOUND", "There is no such account.")
	}
	return &porukav1.GetAccountResponse{Account: g.account(r.GetView() == porukav1.GetAccountRequest_FULL)}, nil
}

func (g *fakeGateway) LookupAccount(_ context.Context, r *porukav1.LookupAccountRequest) (*porukav1.LookupAccountResponse, error) {
	if r.GetSnils() != knownSNILS {
		return nil, notFound("ACCOUNT_NOT_FOUND", "There is no such account.")
	}
	return &porukav1.LookupAccountResponse{Account: g.account(false)}, nil
}

func (g *fakeGateway) ListConfirmations(context.Context, *porukav1.ListConfirmationsRequest) (*porukav1.ListConfirmationsResponse, error) {
	return &porukav1.ListConfirmationsResponse{Confirmations: []*porukav1.Confirmation{
		{Name: "confirmations/w", Bank: "sberbank", Kind: porukav1.Confirmation_WITHDRAWAL, DecideTime: decided},
		{
			Name: "confirmations/c", Bank: "vtb", Outcome: porukav1.Confirmation_NOT_ELIGIBLE, DecideTime: decided, DryRun: true,
			Reasons: []*porukav1.Reason{{Reason: porukav1.Reason_PHONE_NOT_BOUND}},
		},
	}}, nil
}

func (g *fakeGateway) ImportAccounts(stream grpc.ClientStreamingServer[porukav1.ImportAccountsRequest, porukav1.ImportAccountsResponse]) error {
	response := &porukav1.ImportAccountsResponse{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(response)
		}
		if err != nil {
			return err
		}
		if g.onImport != nil {
			if err := g.onImport(len(message.GetRows())); err != nil {
				return err
			}
		}
		g.put(message.GetRows(), response)
	}
}

func (g *fakeGateway) put(rows []*porukav1.ImportRow, response *porukav1.ImportAccountsResponse) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, row := range rows {
		id := row.GetAccount().GetId()
		switch {
		case row.GetAccount().GetProfile().GetPerson().GetSnils() == "":
			response.Rejected++
			response.Rejects = append(response.Rejects, &porukav1.ImportReject{Row: row.GetRow(), Field: "profile.person.snils", Reason: "FIELD_FORMAT", Text: "must have 11 digits"})
		case g.accounts[id]:
			response.Unchanged++
		default:
			g.accounts[id] = true
			response.Created++
		}
	}
}

func (g *fakeGateway) Summarize(_ context.Context, r *porukav1.SummarizeRequest) (*porukav1.SummarizeResponse, error) {
	if r.GetBank() == "none" {
		return &porukav1.SummarizeResponse{}, nil
	}
	return &porukav1.SummarizeResponse{Total: 1234, Counts: []*porukav1.SummarizeResponse_Count{
		{Bank: "sberbank", Kind: porukav1.Confirmation_CONFIRMATION, Outcome: porukav1.Confirmation_CONFIRMED, Records: 1200, DryRuns: 7},
		{Bank: "sberbank", Kind: porukav1.Confirmation_WITHDRAWAL, Records: 34},
	}}, nil
}

// wholeReport is a report with a true footer that nobody has signed.
func wholeReport(rows ...string) []byte {
	body := "name\n" + strings.Join(rows, "\n") + "\n"
	return fmt.Appendf([]byte(body), "#footer,\"{\"\"footer\"\":{\"\"version\"\":2,\"\"rows\"\":%d,\"\"sha256\"\":\"\"%x\"\"}}\"\n", len(rows), sha256.Sum256([]byte(body)))
}

func (g *fakeGateway) ExportReport(r *porukav1.ExportReportRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	g.asked = r
	for part := g.report; len(part) > 0; {
		n := min(len(part), 7)
		if err := stream.Send(&httpbody.HttpBody{ContentType: "text/csv", Data: part[:n]}); err != nil {
			return err
		}
		part = part[n:]
	}
	return nil
}

func (g *fakeGateway) ListPartners(context.Context, *porukav1.ListPartnersRequest) (*porukav1.ListPartnersResponse, error) {
	return &porukav1.ListPartnersResponse{Partners: []*porukav1.Partner{{
		Id: "vtb", DisplayName: "ВТБ", State: porukav1.Partner_SUSPENDED, ValidFrom: "2026-01-01", Policy: "match/1", Style: "native",
		RequestsPerSecond: 200, SuspendTime: decided, SuspendNote: "drill",
		Endpoint: &porukav1.Endpoint{Breaker: porukav1.Endpoint_OPEN, ChangeTime: decided, LastFailure: "TIMEOUT"},
	}}}, nil
}

func (g *fakeGateway) SuspendPartner(_ context.Context, r *porukav1.SuspendPartnerRequest) (*porukav1.SuspendPartnerResponse, error) {
	g.note = r.GetNote()
	if r.GetId() != "vtb" {
		return nil, notFound("PARTNER_NOT_FOUND", "There is no such partner.")
	}
	return &porukav1.SuspendPartnerResponse{Partner: &porukav1.Partner{Id: "vtb", State: porukav1.Partner_SUSPENDED}}, nil
}

func (g *fakeGateway) ResumePartner(_ context.Context, r *porukav1.ResumePartnerRequest) (*porukav1.ResumePartnerResponse, error) {
	return &porukav1.ResumePartnerResponse{Partner: &porukav1.Partner{Id: r.GetId(), State: porukav1.Partner_ACTIVE}}, nil
}
