package rpc_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
)

// The handlers turn numbers of one into numbers of the other.
func TestNumbersMeanTheSameInLedgerAndProto(t *testing.T) {
	for _, c := range []struct {
		enum   protoreflect.EnumDescriptor
		name   func(n uint8) string
		prefix string
	}{
		{porukav1.Account_LEVEL_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Level(n).String() }, ""},
		{porukav1.Account_METHOD_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Method(n).String() }, ""},
		{porukav1.Account_REGISTRY_STATUS_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.RegistryStatus(n).String() }, ""},
		{porukav1.Confirmation_OUTCOME_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Outcome(n).String() }, ""},
		{porukav1.Confirmation_KIND_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Kind(n).String() }, ""},
		{porukav1.Authentication_METHOD_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Authentication(n).String() }, ""},
		{porukav1.Record_COMPARISON_UNSPECIFIED.Descriptor(), func(n uint8) string { return ledger.Comparison(n).String() }, ""},
		{porukav1.FindConfirmationResponse_STATE_UNSPECIFIED.Descriptor(), func(n uint8) string {
			return map[confirm.State]string{confirm.Unknown: "UNKNOWN", confirm.Running: "RUNNING", confirm.Decided: "DECIDED"}[confirm.State(n)]
		}, ""},
		{porukav1.PutResult_PUT_RESULT_UNSPECIFIED.Descriptor(), func(n uint8) string {
			return map[portal.Result]string{portal.Created: "CREATED", portal.Updated: "UPDATED", portal.Unchanged: "UNCHANGED"}[portal.Result(n)]
		}, "PUT_RESULT_"},
		{porukav1.EraseAccountRequest_GROUND_UNSPECIFIED.Descriptor(), func(n uint8) string { return portal.Ground(n).String() }, ""},
		{porukav1.Partner_STATE_UNSPECIFIED.Descriptor(), func(n uint8) string {
			return map[banks.State]string{banks.Active: "ACTIVE", banks.Suspended: "SUSPENDED", banks.OutsideDates: "OUTSIDE_DATES"}[banks.State(n)]
		}, ""},
	} {
		for i := range c.enum.Values().Len() {
			value := c.enum.Values().Get(i)
			want := strings.TrimPrefix(string(value.Name()), c.prefix)
			if value.Number() == 0 {
				want = ""
			}
			if got := c.name(uint8(value.Number())); got != want {
				t.Errorf("%s: %d is %s there and %q here", c.enum.FullName(), value.Number(), value.Name(), got)
			}
		}
		if beyond := c.name(uint8(c.enum.Values().Len())); beyond != "" {
			t.Errorf("%s lacks %s", c.enum.FullName(), beyond)
		}
	}
}

func TestConfirmIdentity(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	r := ask(1, func(r *porukav1.ConfirmIdentityRequest) {
		r.Person.FamilyName, r.Bank, r.SendTime = "Кузнёцова", "vtb", timestamppb.New(start)
	})
	got := b.confirm("vtb", r)
	name := got.GetName()
	if _, err := ledger.ParseEntryID(strings.TrimPrefix(name, "confirmations/")); err != nil {
		t.Errorf("name %q", name)
	}
	want := &porukav1.Confirmation{
		Name: name, RequestId: requestID(1), Bank: "vtb", Outcome: porukav1.Confirmation_CONFIRMED, LevelBefore: porukav1.Account_STANDARD,
		LevelAfter: porukav1.Account_CONFIRMED, DecideTime: timestamppb.New(start), Policy: "match/1", Kind: porukav1.Confirmation_CONFIRMATION,
		Method: porukav1.Account_BANK, Normalisation: got.GetNormalisation(),
	}
	if protojson.Format(got) != protojson.Format(want) {
		t.Errorf("answer %s", protojson.Format(got))
	}
	folded := false
	for _, n := range got.GetNormalisation() {
		for _, step := range n.GetSteps() {
			folded = folded || n.GetField() == "person.familyName" && step == porukav1.Normalisation_YO_TO_YE
			if step == porukav1.Normalisation_STEP_UNSPECIFIED {
				t.Errorf("a step of %s has no name", n.GetField())
			}
		}
	}
	if !folded {
		t.Errorf("normalisation %v", got.GetNormalisation())
	}
	again := b.confirm("vtb", r)
	if !again.GetReplayed() || again.GetName() != name || len(again.GetNormalisation()) != len(got.GetNormalisation()) || again.GetRequestId() != requestID(1) {
		t.Errorf("the repeat: %s", protojson.Format(again))
	}
	r.DryRun = true
	_, err := b.confirmations().ConfirmIdentity(b.as("bank/vtb"), r)
	b.refused(err, "REQUEST_ID_REUSED")
	if e := b.entries()[0]; e.Style != "native" || e.Serial != "0af3" || e.Means != ledger.AuthenticatedBySMS || !e.AuthedAt.Equal(start.Add(-30*time.Second)) {
		t.Errorf("recorded %+v", e)
	}
}

func TestWhatABankIsTold(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	b.confirm("sberbank", ask(1))
	already := b.confirm("vtb", ask(2))
	if already.GetOutcome() != porukav1.Confirmation_ALREADY_CONFIRMED || already.GetLevelBefore() != porukav1.Account_CONFIRMED ||
		already.GetMethod() != porukav1.Account_METHOD_UNSPECIFIED || already.GetAccount() != "" || len(already.GetReasons()) != 0 {
		t.Errorf("already confirmed: %s", protojson.Format(already))
	}
	wrong := b.confirm("vtb", ask(3, func(r *porukav1.ConfirmIdentityRequest) { r.Person.BirthDate = "1990-04-20" }))
	reason := wrong.GetReasons()[0]
	if wrong.GetOutcome() != porukav1.Confirmation_NOT_MATCHED || wrong.GetLevelBefore()+wrong.GetLevelAfter() != 0 || wrong.GetAccount() != "" ||
		reason.GetReason() != porukav1.Reason_NO_MATCHING_ACCOUNT || reason.GetGroup() != porukav1.Reason_GROUP_UNSPECIFIED ||
		reason.GetText().GetRu() == "" || reason.GetText().GetEn() == "" || reason.GetRetry() != porukav1.Reason_AFTER_FIX {
		t.Errorf("not matched: %s", protojson.Format(wrong))
	}
	near := b.confirm("vtb", ask(4, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Passport.DepartmentCode = "770-101" }))
	if r := near.GetReasons()[0]; r.GetReason() != porukav1.Reason_DOCUMENT_CLOSE || r.GetGroup() != porukav1.Reason_DOCUMENT || near.GetLevelBefore() != 0 {
		t.Errorf("close: %s", protojson.Format(near))
	}
	// The same reason names its group only when the account matched.
	bound := b.confirm("vtb", ask(5, func(r *porukav1.ConfirmIdentityRequest) { r.BankAccount.PhoneBound = false }))
	if r := bound.GetReasons()[0]; r.GetReason() != porukav1.Reason_PHONE_NOT_BOUND || r.GetGroup() != 0 || r.GetText() == nil || r.GetActor() == 0 {
		t.Errorf("phone, from the request: %s", protojson.Format(bound))
	}
	other := b.confirm("vtb", ask(6, func(r *porukav1.ConfirmIdentityRequest) { r.Person.MobilePhone = "+79161234568" }))
	if r := other.GetReasons()[0]; r.GetReason() != porukav1.Reason_PHONE_NOT_BOUND || r.GetGroup() != porukav1.Reason_CONTACT {
		t.Errorf("phone, compared: %s", protojson.Format(other))
	}
	if other.GetLevelBefore() != 0 || other.GetLevelAfter() != 0 {
		t.Errorf("a bank that has not proved the phone is told the level: %v", other)
	}
}

func TestFieldsAtFaultAreNamed(t *testing.T) {
	b := newBench(t)
	_, err := b.confirmations().ConfirmIdentity(b.as("bank/vtb"), ask(1, func(r *porukav1.ConfirmIdentityRequest) {
		r.Person.Snils, r.Person.Passport.Series, r.Person.Sex = "112-233-445 96", "451", porukav1.Person_SEX_UNSPECIFIED
	}))
	b.refused(err, "FIELD_FORMAT", "person.sex", "person.passport.series", "person.snils")
	_, err = b.confirmations().ConfirmIdentity(b.as("bank/vtb"), ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Snils = "112-233-445 96" }))
	b.refused(err, "SNILS_CHECKSUM", "person.snils")
	_, err = b.confirmations().ConfirmIdentity(b.as("bank/vtb"), ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Inn = "500100732250" }))
	b.refused(err, "INN_CHECKSUM", "person.inn")
	_, err = b.confirmations().ConfirmIdentity(b.as("bank/vtb"), ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Inn = "7707083893" }))
	b.refused(err, "INN_NOT_PERSON", "person.inn")
}

func TestWhoseRequestItIs(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	name := func(bank string) func(*porukav1.ConfirmIdentityRequest) {
		return func(r *porukav1.ConfirmIdentityRequest) { r.Bank = bank }
	}
	for caller, want := range map[string]string{
		"bank/vtb": "CERTIFICATE_NOT_YOURS", "bank/former": "CERTIFICATE_NOT_YOURS", "portal": "ACCESS_DENIED", "nobody": "CERTIFICATE_INVALID",
	} {
		_, err := b.confirmations().ConfirmIdentity(b.as(caller), ask(1, name("sberbank")))
		b.refused(err, want)
	}
	_, err := b.confirmations().ConfirmIdentity(b.as("bank/former"), ask(1))
	b.refused(err, "PARTNER_INACTIVE")
	_, err = b.confirmations().ConfirmIdentity(b.as("bank/stranger"), ask(1))
	b.refused(err, "PARTNER_INACTIVE")
	if len(b.entries()) != 0 {
		t.Error("something was recorded")
	}
}

func TestGetFindWithdraw(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	confirmed := b.confirm("vtb", ask(1))
	id := strings.TrimPrefix(confirmed.GetName(), "confirmations/")
	get := func(caller string) (*porukav1.Confirmation, error) {
		out, err := b.confirmations().GetConfirmation(b.as(caller), &porukav1.GetConfirmationRequest{Id: id})
		return out.GetConfirmation(), err
	}
	own, err := get("bank/vtb")
	b.check(err)
	if own.GetName() != confirmed.GetName() || own.GetRequestId() != "" || own.GetAccount() != "" || own.GetMethod() != porukav1.Account_BANK || len(own.GetNormalisation()) != 0 {
		t.Errorf("own: %s", protojson.Format(own))
	}
	seen, err := get("portal")
	b.check(err)
	if seen.GetAccount() != "accounts/"+mariaID || seen.GetRequestId() != "" || seen.GetBank() != "vtb" {
		t.Errorf("portal: %s", protojson.Format(seen))
	}
	_, err = get("bank/sberbank")
	b.refused(err, "CONFIRMATION_NOT_FOUND")

	find := func(caller, bank string, n int) (*porukav1.FindConfirmationResponse, error) {
		return b.confirmations().FindConfirmation(b.as(caller), &porukav1.FindConfirmationRequest{RequestId: requestID(n), Bank: bank})
	}
	for _, c := range []struct {
		caller, bank string
		n            int
		state        porukav1.FindConfirmationResponse_State
		reason       string
	}{
		{"bank/vtb", "", 1, porukav1.FindConfirmationResponse_DECIDED, ""},
		{"bank/vtb", "vtb", 1, porukav1.FindConfirmationResponse_DECIDED, ""},
		{"bank/vtb", "", 2, porukav1.FindConfirmationResponse_UNKNOWN, ""},
		{"bank/sberbank", "", 1, porukav1.FindConfirmationResponse_UNKNOWN, ""},
		{"bank/sberbank", "vtb", 1, 0, "CERTIFICATE_NOT_YOURS"},
		{"portal", "vtb", 1, porukav1.FindConfirmationResponse_DECIDED, ""},
		{"portal", "sberbank", 1, porukav1.FindConfirmationResponse_UNKNOWN, ""},
	} {
		found, err := find(c.caller, c.bank, c.n)
		if reason, _ := reasonOf(err); reason != c.reason || found.GetState() != c.state {
			t.Errorf("%s asks for %d of %q: %v, %v", c.caller, c.n, c.bank, found.GetState(), err)
		}
		if decided := c.state == porukav1.FindConfirmationResponse_DECIDED; decided != (found.GetConfirmation().GetRequestId() == requestID(1)) ||
			(decided && c.caller == "portal") != (found.GetConfirmation().GetAccount() != "") {
			t.Errorf("%s asks for %d of %q: %s", c.caller, c.n, c.bank, protojson.Format(found))
		}
	}
	_, err = find("portal", "", 1)
	b.refused(err, "FIELD_FORMAT", "bank")

	withdraw := func(caller string) (*porukav1.Confirmation, error) {
		out, err := b.confirmations().WithdrawConfirmation(b.as(caller), &porukav1.WithdrawConfirmationRequest{Id: id})
		return out.GetConfirmation(), err
	}
	_, err = withdraw("bank/sberbank")
	b.refused(err, "CONFIRMATION_NOT_FOUND")
	taken, err := withdraw("bank/vtb")
	b.check(err)
	if taken.GetKind() != porukav1.Confirmation_WITHDRAWAL || taken.GetWithdrawn() != confirmed.GetName() || taken.GetReplayed() ||
		taken.GetLevelBefore() != porukav1.Account_CONFIRMED || taken.GetLevelAfter() != porukav1.Account_STANDARD || taken.GetAccount() != "" {
		t.Errorf("withdrawn: %s", protojson.Format(taken))
	}
	again, err := withdraw("bank/vtb")
	b.check(err)
	if !again.GetReplayed() || again.GetName() != taken.GetName() {
		t.Errorf("withdrawn again: %s", protojson.Format(again))
	}
}
