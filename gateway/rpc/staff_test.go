package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

func (b *bench) audit() porukav1.AuditServiceClient {
	return porukav1.NewAuditServiceClient(b.connection)
}

func TestRecords(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	confirmed := b.confirm("vtb", ask(1))
	b.confirm("sberbank", ask(2, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Passport.DepartmentCode, r.DryRun = "770-101", true }))
	b.confirm("sberbank", ask(3, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Snils = "087-654-303 00" }))
	_, err := b.confirmations().WithdrawConfirmation(b.as("bank/vtb"), &porukav1.WithdrawConfirmationRequest{Id: strings.TrimPrefix(confirmed.GetName(), "confirmations/")})
	b.check(err)

	page, err := b.audit().ListRecords(b.as("compliance"), &porukav1.ListRecordsRequest{})
	b.check(err)
	if len(page.GetRecords()) != 5 || page.GetNextPageToken() != "" {
		t.Fatalf("records %s", protojson.Format(page))
	}
	if look := page.GetRecords()[4]; look.GetKind() != porukav1.Confirmation_ACCESS || look.GetBank() != "compliance" || look.GetDetail() != "method=ListRecords head=0" {
		t.Errorf("the look itself: %s", protojson.Format(look))
	}
	near, nobody, taken := page.GetRecords()[1], page.GetRecords()[2], page.GetRecords()[3]
	if near.GetBank() != "sberbank" || near.GetOutcome() != porukav1.Confirmation_CLOSE_MATCH || len(near.GetReasons()) != 1 ||
		near.GetReasons()[0] != porukav1.Reason_DOCUMENT_CLOSE || !near.GetDryRun() || near.GetAccount() != "accounts/"+mariaID || near.GetStyle() != "native" ||
		near.GetCertificateSerial() != "0af3" || near.GetAuthenticationMethod() != porukav1.Authentication_SMS_CODE || near.GetPolicy() != "match/1" ||
		!near.GetAuthenticateTime().AsTime().Equal(start.Add(-30*time.Second)) {
		t.Errorf("near: %s", protojson.Format(near))
	}
	fields := map[string]porukav1.Record_Comparison{}
	for _, f := range near.GetFields() {
		fields[f.GetField()] = f.GetComparison()
	}
	if fields["person.passport.departmentCode"] != porukav1.Record_DIFFERENT || fields["person.snils"] != porukav1.Record_EXACT {
		t.Errorf("fields %v", fields)
	}
	if nobody.GetAccount() != "" || len(nobody.GetFields()) != 0 || taken.GetKind() != porukav1.Confirmation_WITHDRAWAL || taken.GetWithdrawn() != confirmed.GetName() {
		t.Errorf("nobody %s, taken %s", protojson.Format(nobody), protojson.Format(taken))
	}

	page, err = b.audit().ListRecords(b.as("compliance"), &porukav1.ListRecordsRequest{Bank: "sberbank", PageSize: 1})
	b.check(err)
	token := page.GetNextPageToken()
	page, err = b.audit().ListRecords(b.as("compliance"), &porukav1.ListRecordsRequest{Bank: "sberbank", PageSize: 1, PageToken: token})
	b.check(err)
	if len(page.GetRecords()) != 1 || page.GetRecords()[0].GetName() != nobody.GetName() {
		t.Errorf("second page %s", protojson.Format(page))
	}
	_, err = b.audit().ListRecords(b.as("compliance"), &porukav1.ListRecordsRequest{Bank: "vtb", PageToken: token})
	b.refused(err, "PAGE_TOKEN_INVALID")
	page, err = b.audit().ListRecords(b.as("compliance"), &porukav1.ListRecordsRequest{To: timestamppb.New(start)})
	b.check(err)
	if len(page.GetRecords()) != 0 {
		t.Errorf("before the first: %s", protojson.Format(page))
	}

	summary, err := b.audit().Summarize(b.as("compliance"), &porukav1.SummarizeRequest{Bank: "sberbank"})
	b.check(err)
	if summary.GetTotal() != 2 || len(summary.GetCounts()) != 2 || summary.GetCounts()[0].GetOutcome() != porukav1.Confirmation_CLOSE_MATCH || summary.GetCounts()[0].GetDryRuns() != 1 {
		t.Errorf("summary %s", protojson.Format(summary))
	}
}

// export reads a report.
func (b *bench) export(r *porukav1.ExportReportRequest) ([]byte, string, error) {
	b.t.Helper()
	stream, err := b.audit().ExportReport(b.as("compliance"), r)
	b.check(err)
	var report bytes.Buffer
	contentType := ""
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return report.Bytes(), contentType, nil
		}
		if err != nil {
			return report.Bytes(), contentType, err
		}
		report.Write(part.GetData())
		contentType = part.GetContentType()
	}
}

func TestExportReport(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	for n := range 700 {
		b.confirm("vtb", ask(n))
	}
	tlogtest.Settle(t, b.ring, logOrigin, b.store)
	for format, kind := range map[porukav1.ExportReportRequest_Format]string{
		porukav1.ExportReportRequest_FORMAT_UNSPECIFIED: "text/csv", porukav1.ExportReportRequest_CSV: "text/csv", porukav1.ExportReportRequest_JSONL: "application/jsonl",
	} {
		report, contentType, err := b.export(&porukav1.ExportReportRequest{Bank: "vtb", Outcome: porukav1.Confirmation_ALREADY_CONFIRMED, Format: format})
		b.check(err)
		footer, err := audit.VerifyFooter(bytes.NewReader(report))
		if err != nil || footer.Rows != 699 || footer.Bank != "vtb" || footer.Outcome != "ALREADY_CONFIRMED" || !strings.HasPrefix(contentType, kind) {
			t.Errorf("%v: %+v, %v, %s", format, footer, err, contentType)
		}
	}
	_, _, err := b.export(&porukav1.ExportReportRequest{From: timestamppb.New(start), To: timestamppb.New(start.Add(-1))})
	b.refused(err, "FIELD_FORMAT", "to")
	b.check(b.store.Close())
	report, _, err := b.export(&porukav1.ExportReportRequest{})
	b.refused(err, "LEDGER_UNAVAILABLE")
	if _, err := audit.VerifyFooter(bytes.NewReader(report)); !errors.Is(err, audit.ErrNotWhole) {
		t.Errorf("what was sent before the failure: %v", err)
	}
}

func TestOperators(t *testing.T) {
	b := newBench(t)
	client := porukav1.NewOperatorServiceClient(b.connection)
	list, err := client.ListPartners(b.as("operator"), &porukav1.ListPartnersRequest{})
	b.check(err)
	former, vtb := list.GetPartners()[0], list.GetPartners()[2]
	if former.GetState() != porukav1.Partner_OUTSIDE_DATES || former.GetValidUntil() != "2026-02-01" {
		t.Errorf("former: %s", protojson.Format(former))
	}
	if vtb.GetId() != "vtb" || vtb.GetDisplayName() != "ВТБ" || vtb.GetState() != porukav1.Partner_ACTIVE || vtb.GetValidFrom() != "2026-01-01" || vtb.GetValidUntil() != "" ||
		vtb.GetPolicy() != "match/1" || vtb.GetStyle() != "native" || vtb.GetRequestsPerSecond() != 100 || vtb.GetBurst() != 10 || vtb.GetSuspendTime() != nil {
		t.Errorf("vtb: %s", protojson.Format(vtb))
	}
	if former.GetEndpoint() != nil || vtb.GetEndpoint().GetBreaker() != porukav1.Endpoint_OPEN || vtb.GetEndpoint().GetLastFailure() != "TIMEOUT" {
		t.Errorf("endpoints %v, %v", former.GetEndpoint(), vtb.GetEndpoint())
	}
	stopped, err := client.SuspendPartner(b.as("operator"), &porukav1.SuspendPartnerRequest{Id: "vtb", Note: "a drill"})
	b.check(err)
	if p := stopped.GetPartner(); p.GetState() != porukav1.Partner_SUSPENDED || p.GetSuspendNote() != "a drill" || !p.GetSuspendTime().AsTime().Equal(start.Truncate(time.Microsecond)) {
		t.Errorf("suspended: %s", protojson.Format(p))
	}
	words, err := b.store.Suspensions(t.Context())
	if err != nil || len(words) != 1 || words[0].By != "poruka://t/operator" {
		t.Errorf("suspensions %+v, %v", words, err)
	}
	_, err = b.confirmations().ConfirmIdentity(b.as("bank/vtb"), ask(1))
	b.refused(err, "PARTNER_INACTIVE")
	resumed, err := client.ResumePartner(b.as("operator"), &porukav1.ResumePartnerRequest{Id: "vtb"})
	b.check(err)
	if resumed.GetPartner().GetState() != porukav1.Partner_ACTIVE {
		t.Errorf("resumed: %s", protojson.Format(resumed))
	}
	_, err = client.SuspendPartner(b.as("operator"), &porukav1.SuspendPartnerRequest{Id: "nobody"})
	b.refused(err, "PARTNER_NOT_FOUND")
}

func TestDescribeCaller(t *testing.T) {
	b := newBench(t)
	client := porukav1.NewCallerServiceClient(b.connection)
	describe := func(ctx context.Context) *porukav1.DescribeCallerResponse {
		t.Helper()
		out, err := client.DescribeCaller(ctx, &porukav1.DescribeCallerRequest{})
		b.check(err)
		return out
	}
	bank := describe(b.as("bank/vtb"))
	if bank.GetIdentity() != "poruka://t/bank/vtb" || bank.GetRole() != "bank" || bank.GetBank() != "vtb" || bank.GetStyle() != "native" || bank.GetPolicy() != "match/1" ||
		bank.GetLimits().GetRequestsPerSecond() != 100 || bank.GetLimits().GetBurst() != 10 || bank.GetLimits().GetConcurrentRequests() != 8 ||
		bank.GetVersion() != "v1.2.3" || !bank.GetServerTime().AsTime().Equal(start) || bank.GetMethods()[0] != "/of/bank" {
		t.Errorf("bank: %s", protojson.Format(bank))
	}
	if c := bank.GetCertificate(); c.GetSerial() != "0af3" || c.GetDaysLeft() != 2 || !c.GetNotAfter().AsTime().Equal(start.Add(71*time.Hour)) {
		t.Errorf("certificate: %s", protojson.Format(c))
	}
	for _, role := range []string{"portal", "compliance", "operator"} {
		got := describe(b.as(role))
		if got.GetRole() != role || got.GetBank() != "" || got.GetLimits() != nil || got.GetPolicy() != "" || got.GetMethods()[0] != "/of/"+role {
			t.Errorf("%s: %s", role, protojson.Format(got))
		}
	}
}

func TestConfig(t *testing.T) {
	if _, err := rpc.New(rpc.Config{}); err == nil {
		t.Error("accepted nothing")
	}
}
