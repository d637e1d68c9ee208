package server_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	const longest = 3 * patience // for what may need several calls on a busy machine
	for deadline := time.Now().Add(longest); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v it is not so: %s", longest, what)
		}
	}
}

// TestListsGoOnAtAnotherGateway reads every page of a list at another gateway than the page before, over both transports.
func TestListsGoOnAtAnotherGateway(t *testing.T) { ledgers.OnServers(t, listsGoOnAtAnotherGateway) }

func listsGoOnAtAnotherGateway(t *testing.T, database string) {
	const accounts = 60
	p := startPair(t, gatewaytest.Config{Accounts: accounts, Database: database})
	requests := raisable(t, p[0], accounts)
	for i, r := range requests {
		confirmed(t, p[i%2], "vtb", r)
	}
	for i := range 5 { // the account of the first has a list of its own
		if _, err := p.banks("vtb")[i%2].ConfirmIdentity(t.Context(), wrong(requests[0], requests[0].GetPerson().GetBirthDate())); err != nil {
			t.Fatal(err)
		}
	}
	records := &porukav1.ListRecordsResponse{}
	rest := [2]door{doorOf(t, p[0], "compliance"), doorOf(t, p[1], "compliance")}
	for pages, token := 0, ""; pages == 0 || token != ""; pages++ {
		got := rest[pages%2].call(http.MethodGet, "/v1/audit/records?pageSize=4&pageToken="+token, "")
		page := &porukav1.ListRecordsResponse{}
		if err := protojson.Unmarshal([]byte(got.body), page); err != nil || got.http != http.StatusOK {
			t.Fatalf("page %d: HTTP %d %s", pages, got.http, got.body)
		}
		records.Records, token = append(records.Records, ofBanks(page)...), page.GetNextPageToken()
	}
	whole, err := porukav1.NewAuditServiceClient(p[1].Conn("compliance")).ListRecords(t.Context(), &porukav1.ListRecordsRequest{PageSize: 1000})
	whole = &porukav1.ListRecordsResponse{Records: ofBanks(whole)}
	if err != nil || !proto.Equal(records, whole) || len(whole.GetRecords()) != len(requests)+5 {
		t.Errorf("%d records page by page, %d at once, %v", len(records.GetRecords()), len(whole.GetRecords()), err)
	}
	historyGoesOn(t, p, strings.TrimPrefix(whole.GetRecords()[0].GetAccount(), "accounts/"), 6)
}

func historyGoesOn(t *testing.T, p pair, account string, want int) {
	t.Helper()
	seen := map[string]bool{}
	for pages, token := 0, ""; pages == 0 || token != ""; pages++ {
		page, err := porukav1.NewPortalServiceClient(p[pages%2].Conn("portal")).ListConfirmations(t.Context(),
			&porukav1.ListConfirmationsRequest{Id: account, PageSize: 1, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.GetConfirmations() {
			seen[c.GetName()] = true
		}
		token = page.GetNextPageToken()
	}
	if len(seen) != want {
		t.Errorf("the account has %d confirmations, want %d", len(seen), want)
	}
}

// TestSuspensionHoldsAtAnotherGateway suspends a bank at one gateway, resumes it at the other, and asks at both.
func TestSuspensionHoldsAtAnotherGateway(t *testing.T) {
	ledgers.OnServers(t, suspensionHoldsAtAnotherGateway)
}

func suspensionHoldsAtAnotherGateway(t *testing.T, database string) {
	p := startPair(t, gatewaytest.Config{Database: database})
	bank := [2]probe{probeOf(t, p[0], "vtb"), probeOf(t, p[1], "vtb")}
	operator := [2]porukav1.OperatorServiceClient{
		porukav1.NewOperatorServiceClient(p[0].Conn("operator")), porukav1.NewOperatorServiceClient(p[1].Conn("operator")),
	}
	if _, err := operator[0].SuspendPartner(t.Context(), &porukav1.SuspendPartnerRequest{Id: "vtb", Note: "a test"}); err != nil {
		t.Fatal(err)
	}
	if got := bank[0].ask(); got != (refusedBy{"PARTNER_INACTIVE", "PARTNER_INACTIVE"}) {
		t.Errorf("where it was suspended: %+v", got)
	}
	bank[1].until("PARTNER_INACTIVE", suspension)
	list, err := operator[1].ListPartners(t.Context(), &porukav1.ListPartnersRequest{})
	if err != nil || !strings.Contains(list.String(), "a test") {
		t.Errorf("the other gateway lists %v, %v", list, err)
	}
	if _, err := operator[1].ResumePartner(t.Context(), &porukav1.ResumePartnerRequest{Id: "vtb"}); err != nil {
		t.Fatal(err)
	}
	if got := bank[1].ask(); got != (refusedBy{}) {
		t.Errorf("where it was resumed: %+v", got)
	}
	bank[0].until("", suspension)
}

// TestRateLimitsAreOfOneGateway uses up a bank's limit at one gateway: limits bound what one gateway does for a bank, so the other serves.
func TestRateLimitsAreOfOneGateway(t *testing.T) { ledgers.OnServers(t, rateLimitsAreOfOneGateway) }

func rateLimitsAreOfOneGateway(t *testing.T, database string) {
	p := startPair(t, gatewaytest.Config{Database: database, ReloadEvery: reload})
	bank := [2]probe{probeOf(t, p[0], "vtb"), probeOf(t, p[1], "vtb")}
	roster, err := os.ReadFile(filepath.Join(p[0].Dir, "roster.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tight := strings.ReplaceAll(string(roster), "requestsPerSecond: 100000, burst: 100000", "requestsPerSecond: 1, burst: 40")
	certstest.Write(t, p[0].Dir, "roster.yaml", []byte(tight))
	bank[0].until("RATE_LIMIT", patience)
	if got := bank[1].ask(); got != (refusedBy{}) {
		t.Errorf("the other gateway: %+v", got)
	}
}

// report exports a report and checks that it is whole.
func report(t *testing.T, g *gatewaytest.Gateway, bank string) ([]byte, audit.Footer) {
	t.Helper()
	stream, err := porukav1.NewAuditServiceClient(g.Conn("compliance")).ExportReport(t.Context(),
		&porukav1.ExportReportRequest{Format: porukav1.ExportReportRequest_JSONL, Bank: bank})
	if err != nil {
		t.Fatal(err)
	}
	var content []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, piece.GetData()...)
	}
	footer, err := audit.VerifyFooter(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return content, footer
}

// looks counts the rows that tell what staff have looked at.
func looks(rows []byte) int64 { return int64(bytes.Count(rows, []byte(`"kind":"ACCESS"`))) }

// rowsOf is a report without its footer.
func rowsOf(content []byte) []byte {
	return content[:bytes.LastIndexByte(content[:len(content)-1], '\n')+1]
}
