package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

func TestPutAndGet(t *testing.T) {
	b := newBench(t)
	old := &porukav1.Passport{Series: "4504", Number: "654321", IssueDate: "2004-05-06", DepartmentCode: "770-001", Issuer: "ОВД"}
	r := put(func(r *porukav1.PutAccountRequest) {
		r.Profile.EmailVerified, r.Profile.PreviousPassports = true, []*porukav1.Passport{old}
	})
	stored, err := b.portal().PutAccount(b.as("portal"), r)
	b.check(err)
	want := &porukav1.Account{
		Name: "accounts/" + mariaID, Level: porukav1.Account_STANDARD, Version: 1, CreateTime: timestamppb.New(start), UpdateTime: timestamppb.New(start),
		RegistryStatus: porukav1.Account_VERIFIED, RegistryTime: timestamppb.New(start),
	}
	if stored.GetResult() != porukav1.PutResult_PUT_RESULT_CREATED || !proto.Equal(stored.GetAccount(), want) {
		t.Errorf("put: %s", protojson.Format(stored))
	}
	stored, err = b.portal().PutAccount(b.as("portal"), r)
	b.check(err)
	if stored.GetResult() != porukav1.PutResult_PUT_RESULT_UNCHANGED || stored.GetAccount().GetVersion() != 1 {
		t.Errorf("put again: %s", protojson.Format(stored))
	}
	for view, full := range map[porukav1.GetAccountRequest_View]bool{
		porukav1.GetAccountRequest_VIEW_UNSPECIFIED: false, porukav1.GetAccountRequest_BASIC: false, porukav1.GetAccountRequest_FULL: true,
	} {
		got, err := b.portal().GetAccount(b.as("portal"), &porukav1.GetAccountRequest{Id: mariaID, View: view})
		b.check(err)
		want.Profile = nil
		if full {
			want.Profile = r.GetProfile()
		}
		if !proto.Equal(got.GetAccount(), want) {
			t.Errorf("view %v: %s\nwant %s", view, protojson.Format(got.GetAccount()), protojson.Format(want))
		}
	}
	found, err := b.portal().LookupAccount(b.as("portal"), &porukav1.LookupAccountRequest{Snils: "11223344595"})
	b.check(err)
	if found.GetAccount().GetName() != "accounts/"+mariaID || found.GetAccount().GetProfile() != nil {
		t.Errorf("found %s", protojson.Format(found))
	}
	_, err = b.portal().LookupAccount(b.as("portal"), &porukav1.LookupAccountRequest{Snils: "112-233-445 96"})
	b.refused(err, "SNILS_CHECKSUM", "snils")
	_, err = b.portal().GetAccount(b.as("portal"), &porukav1.GetAccountRequest{Id: requestID(9)})
	b.refused(err, "ACCOUNT_NOT_FOUND")
}

func TestPutRefuses(t *testing.T) {
	b := newBench(t)
	_, err := b.portal().PutAccount(b.as("portal"), put(func(r *porukav1.PutAccountRequest) {
		r.Profile.Person.FamilyName, r.Profile.PreviousPassports = "", []*porukav1.Passport{{Series: "45"}}
	}))
	b.refused(err, "FIELD_FORMAT", "profile.person.familyName", "profile.previousPassports[0].series", "profile.previousPassports[0].number")
	_, err = b.portal().PutAccount(b.as("portal"), put(func(r *porukav1.PutAccountRequest) { r.Profile.Person.Passport = nil }))
	b.refused(err, "FIELD_FORMAT", "profile.person.passport.number", "profile.person.passport.series", "profile.person.passport.issueDate")
	_, err = b.portal().PutAccount(b.as("portal"), put(func(r *porukav1.PutAccountRequest) { r.Method = porukav1.Account_BANK }))
	b.refused(err, "FIELD_FORMAT", "method")
}

func TestAccountThatABankConfirmed(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	confirmed := b.confirm("vtb", ask(1))
	got, err := b.portal().GetAccount(b.as("portal"), &porukav1.GetAccountRequest{Id: mariaID})
	b.check(err)
	a := got.GetAccount()
	if a.GetLevel() != porukav1.Account_CONFIRMED || a.GetMethod() != porukav1.Account_BANK || a.GetBank() != "vtb" || a.GetConfirmation() != confirmed.GetName() ||
		!a.GetConfirmTime().AsTime().Equal(start) || len(a.GetCapabilities()) != 1 || a.GetCapabilities()[0] != porukav1.Account_TAX_CABINET || a.GetVersion() != 2 {
		t.Errorf("account %s", protojson.Format(a))
	}
}

func TestRecordAndList(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	record := func(n int, method porukav1.Account_Method) (*porukav1.Confirmation, error) {
		out, err := b.portal().RecordConfirmation(b.as("portal"), &porukav1.RecordConfirmationRequest{Id: mariaID, RequestId: requestID(n), Method: method})
		return out.GetConfirmation(), err
	}
	first, err := record(1, porukav1.Account_POSTAL_CODE)
	b.check(err)
	if first.GetOutcome() != porukav1.Confirmation_CONFIRMED || first.GetKind() != porukav1.Confirmation_PORTAL_RECORD || first.GetBank() != "portal" ||
		first.GetRequestId() != requestID(1) || first.GetAccount() != "accounts/"+mariaID || first.GetMethod() != porukav1.Account_POSTAL_CODE {
		t.Errorf("recorded %s", protojson.Format(first))
	}
	again, err := record(1, porukav1.Account_POSTAL_CODE)
	b.check(err)
	if !again.GetReplayed() || again.GetName() != first.GetName() {
		t.Errorf("repeated: %s", protojson.Format(again))
	}
	_, err = record(1, porukav1.Account_E_SIGNATURE)
	b.refused(err, "REQUEST_ID_REUSED")
	b.confirm("vtb", ask(2)) // ALREADY_CONFIRMED
	if e := b.entries()[0]; e.Serial != "0af3" {
		t.Errorf("serial %q", e.Serial)
	}
	page, err := b.portal().ListConfirmations(b.as("portal"), &porukav1.ListConfirmationsRequest{Id: mariaID, PageSize: 1})
	b.check(err)
	if len(page.GetConfirmations()) != 1 || page.GetConfirmations()[0].GetBank() != "vtb" || page.GetConfirmations()[0].GetMethod() != porukav1.Account_POSTAL_CODE {
		t.Errorf("newest: %s", protojson.Format(page))
	}
	page, err = b.portal().ListConfirmations(b.as("portal"), &porukav1.ListConfirmationsRequest{Id: mariaID, PageSize: 1, PageToken: page.GetNextPageToken()})
	b.check(err)
	if len(page.GetConfirmations()) != 1 || page.GetConfirmations()[0].GetName() != first.GetName() || page.GetConfirmations()[0].GetRequestId() != "" || page.GetNextPageToken() != "" {
		t.Errorf("oldest: %s", protojson.Format(page))
	}
	got, err := b.portal().GetAccount(b.as("portal"), &porukav1.GetAccountRequest{Id: mariaID})
	b.check(err)
	if a := got.GetAccount(); a.GetMethod() != porukav1.Account_POSTAL_CODE || a.GetBank() != "" || len(a.GetCapabilities()) != 0 {
		t.Errorf("account %s", protojson.Format(a))
	}
}

func TestImport(t *testing.T) {
	b := newBench(t)
	account := func(n int, change ...func(*porukav1.PutAccountRequest)) *porukav1.PutAccountRequest {
		return put(append([]func(*porukav1.PutAccountRequest){func(r *porukav1.PutAccountRequest) {
			r.Id = requestID(n)
			r.Profile.Person.Snils, r.Profile.Person.MobilePhone = snils(n), fmt.Sprintf("+7916%07d", n)
		}}, change...)...)
	}
	load := func(batches ...[]*porukav1.ImportRow) (*porukav1.ImportAccountsResponse, error) {
		stream, err := b.portal().ImportAccounts(b.as("portal"))
		b.check(err)
		for _, rows := range batches {
			if stream.Send(&porukav1.ImportAccountsRequest{Rows: rows}) != nil {
				break
			}
		}
		return stream.CloseAndRecv()
	}
	var good []*porukav1.ImportRow
	for n := range 200 {
		good = append(good, &porukav1.ImportRow{Row: int64(n + 1), Account: account(n)})
	}
	bad := []*porukav1.ImportRow{
		{Row: 201, Account: account(201, func(r *porukav1.PutAccountRequest) { r.Profile.Person.Snils = "112-233-445 96" })},
		{Row: 202},
		{Row: 203, Account: account(203, func(r *porukav1.PutAccountRequest) { r.Id = "x" })},
		{Row: 204, Account: account(204, func(r *porukav1.PutAccountRequest) { r.ExpectedVersion = 1 })},
		{Row: 205, Account: account(205, func(r *porukav1.PutAccountRequest) { r.Profile.Person.Snils = snils(1) })},
		{Row: 206, Account: account(206)},
	}
	got, err := load(good[:100], good[100:], bad)
	b.check(err)
	if got.GetCreated() != 201 || got.GetRejected() != 5 || len(got.GetRejects()) != 5 {
		t.Fatalf("imported %s", protojson.Format(got))
	}
	for i, want := range []string{
		"201 profile.person.snils SNILS_CHECKSUM", "202 account FIELD_FORMAT", "203 id FIELD_FORMAT", "204 expectedVersion FIELD_FORMAT", "205  DUPLICATE_SNILS",
	} {
		r := got.GetRejects()[i]
		if said := fmt.Sprintf("%d %s %s", r.GetRow(), r.GetField(), r.GetReason()); said != want || r.GetText() == "" || strings.Contains(r.GetText(), "112-233") {
			t.Errorf("rejected %s (%s), want %s", said, r.GetText(), want)
		}
	}
	got, err = load(good)
	b.check(err)
	if got.GetUnchanged() != 200 {
		t.Errorf("again: %s", protojson.Format(got))
	}
	b.confirm("vtb", ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.Person = account(5).GetProfile().GetPerson() }))
	got, err = load(good)
	b.check(err)
	if got.GetUnchanged() != 200 || got.GetLevelsKept() != 1 {
		t.Errorf("after a confirmation: %s", protojson.Format(got))
	}
	_, err = load(nil)
	b.refused(err, "FIELD_FORMAT", "rows")
	_, err = load(make([]*porukav1.ImportRow, 257))
	b.refused(err, "FIELD_FORMAT", "rows")
	got, err = load()
	b.check(err)
	if !proto.Equal(got, &porukav1.ImportAccountsResponse{}) {
		t.Errorf("of nothing: %s", protojson.Format(got))
	}
}

// snils makes a valid number.
func snils(n int) string {
	nine := fmt.Sprintf("%09d", 100_000_000+n*7)
	sum := 0
	for at, digit := range nine {
		sum += int(digit-'0') * (9 - at)
	}
	return fmt.Sprintf("%s%02d", nine, sum%101%100)
}
