package rpc_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// inPlain is the invented dialect for every bank of the test.
type inPlain struct{}

func (inPlain) Find(name string) (style.Dialect, bool) { return chaintest.Plain{}, name == "native" }

func plain(cfg *rpc.Config) {
	cfg.Dialects = inPlain{}
	cfg.Standing = func(p partners.Partner) style.Limits {
		return style.Limits{Limit: int(p.Limits.RequestsPerSecond), Remaining: p.Limits.Burst, Reset: time.Second}
	}
}

// styledOf is what a dialect reads out of what a bank would say natively.
func styledOf(r *porukav1.ConfirmIdentityRequest) style.Request {
	p := r.GetPerson()
	out := style.Request{
		ID: r.GetRequestId(), AccountActive: r.GetBankAccount().GetActive(), PhoneBound: r.GetBankAccount().GetPhoneBound(),
		Means: r.GetAuthentication().GetMethod().String(), AuthenticatedAt: r.GetAuthentication().GetTime().AsTime(),
		ConsentGiven: r.GetConsent().GetGiven(), ConsentAt: r.GetConsent().GetTime().AsTime(), DryRun: r.GetDryRun(),
		Person: person.Raw{
			FamilyName: p.GetFamilyName(), GivenName: p.GetGivenName(), MiddleName: p.GetMiddleName(), BirthDate: p.GetBirthDate(),
			Sex: p.GetSex().String(), Citizenship: p.GetCitizenship(), SNILS: p.GetSnils(), INN: p.GetInn(), MobilePhone: p.GetMobilePhone(),
			Email: p.GetEmail(), Passport: person.RawPassport{
				Series: p.GetPassport().GetSeries(), Number: p.GetPassport().GetNumber(), IssueDate: p.GetPassport().GetIssueDate(),
				DepartmentCode: p.GetPassport().GetDepartmentCode(), Issuer: p.GetPassport().GetIssuer(),
			},
		},
	}
	if r.GetSendTime() != nil {
		out.SentAt = r.GetSendTime().AsTime()
	}
	return out
}

func (b *bench) styledRequest(bank string, r style.Request) *porukav1.ConfirmStyledRequest {
	b.t.Helper()
	m, err := chaintest.Plain{}.Encode(r, nil)
	b.check(err)
	return &porukav1.ConfirmStyledRequest{Bank: bank, ContentType: m.ContentType, Body: m.Body}
}

func (b *bench) styled(bank string, r style.Request) style.Answer {
	b.t.Helper()
	out, err := b.confirmations().ConfirmStyled(b.as("bank/"+bank), b.styledRequest(bank, r))
	b.check(err)
	answer, err := chaintest.Plain{}.ReadAnswer(style.Message{Body: out.GetBody()})
	b.check(err)
	if out.GetContentType() != chaintest.PlainType {
		b.t.Errorf("type %q", out.GetContentType())
	}
	return answer
}

// One request, asked natively and in the dialect, in either order, is one request.
func TestStyledIsTheSameRequest(t *testing.T) {
	var decided []string
	b := newBench(t, plain, func(cfg *rpc.Config) {
		cfg.Decided = func(bank, outcome string) { decided = append(decided, bank+" "+outcome) }
	})
	b.putMaria()
	first := b.styled("vtb", styledOf(ask(1)))
	if first.Outcome != "CONFIRMED" || first.Replayed || first.LevelBefore != "STANDARD" || first.LevelAfter != "CONFIRMED" || first.RequestID != requestID(1) ||
		first.Policy != "match/1" || !first.DecidedAt.Equal(start) || first.Limits != (style.Limits{Limit: 100, Remaining: 10, Reset: time.Second}) {
		t.Errorf("%+v", first)
	}
	native := b.confirm("vtb", ask(1))
	if !native.GetReplayed() || native.GetName() != first.Name {
		t.Errorf("natively: %v", native)
	}
	b.confirm("vtb", ask(2))
	if again := b.styled("vtb", styledOf(ask(2))); !again.Replayed || again.Outcome != "ALREADY_CONFIRMED" {
		t.Errorf("%+v", again)
	}
	typo := func(r *porukav1.ConfirmIdentityRequest) { r.Person.FamilyName = "Кузнецоваа" }
	near := b.styled("sberbank", styledOf(ask(3, typo)))
	if near.Outcome != "CLOSE_MATCH" || len(near.Reasons) != 1 || near.Reasons[0].Code != "NAME_CLOSE" || near.Reasons[0].Group != "NAME" || near.Reasons[0].TextRU == "" {
		t.Errorf("%+v", near)
	}
	_, err := b.confirmations().ConfirmStyled(b.as("bank/vtb"), b.styledRequest("vtb", styledOf(ask(2, typo))))
	b.refused(err, "REQUEST_ID_REUSED")
	if want := []string{"vtb CONFIRMED", "vtb ALREADY_CONFIRMED", "sberbank CLOSE_MATCH"}; !slices.Equal(decided, want) {
		t.Errorf("told of %v", decided)
	}
	var styles []string
	for _, e := range b.entries() {
		if e.Partner != "portal" {
			styles = append(styles, e.Style)
		}
	}
	if slices.Sort(styles); !slices.Equal(styles, []string{"native", "plain", "plain"}) {
		t.Errorf("styles in the ledger: %v", styles)
	}
}

// The digest of a request does not tell in which words it came.
func TestStyledDigest(t *testing.T) {
	b := newBench(t, plain)
	b.putMaria()
	b.confirm("vtb", ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.DryRun = true }))
	b.styled("vtb", styledOf(ask(2, func(r *porukav1.ConfirmIdentityRequest) { r.DryRun = true })))
	var digests [][]byte
	for _, e := range b.entries() {
		if e.Partner == "vtb" {
			digests = append(digests, e.Digest[:])
		}
	}
	if len(digests) != 2 || !bytes.Equal(digests[0], digests[1]) {
		t.Errorf("digests %x", digests)
	}
}

func TestStyledRefusals(t *testing.T) {
	b := newBench(t, plain)
	good := styledOf(ask(1))
	change := func(c func(*style.Request)) []byte {
		r := good
		c(&r)
		return b.styledRequest("vtb", r).GetBody()
	}
	body := change(func(*style.Request) {})
	type request = porukav1.ConfirmStyledRequest
	header := func(name, value string) *porukav1.StyledHeader {
		return &porukav1.StyledHeader{Name: name, Value: value}
	}
	for name, x := range map[string]struct {
		as     string
		in     *request
		code   codes.Code
		reason string
		fields []string
		id     bool // is told
	}{
		"another bank":    {"bank/sberbank", &request{Bank: "vtb", Body: body}, codes.PermissionDenied, "CERTIFICATE_NOT_YOURS", nil, false},
		"no bank at all":  {"bank/sberbank", &request{Bank: "nobody", Body: body}, codes.PermissionDenied, "CERTIFICATE_NOT_YOURS", nil, false},
		"portal":          {"portal", &request{Bank: "vtb", Body: body}, codes.PermissionDenied, "ACCESS_DENIED", nil, false},
		"former":          {"bank/former", &request{Bank: "former", Body: body}, codes.PermissionDenied, "PARTNER_INACTIVE", nil, false},
		"header twice":    {"", &request{Headers: []*porukav1.StyledHeader{header("x-a", "1"), header("x-a", "1")}}, codes.InvalidArgument, "FIELD_FORMAT", []string{"x-a"}, false},
		"header in bytes": {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-echo", "1\r\nx: y")}}, codes.InvalidArgument, "FIELD_FORMAT", []string{"x-plain-echo"}, false},
		"media type":      {"", &request{ContentType: "text/html"}, codes.InvalidArgument, "FIELD_FORMAT", []string{"contentType"}, false},
		"no body":         {"", &request{Body: []byte{}}, codes.InvalidArgument, "FIELD_FORMAT", []string{"", "?"}, false},
		"no id":           {"", &request{Body: change(func(r *style.Request) { r.ID = "" })}, codes.InvalidArgument, "FIELD_FORMAT", []string{"requestId"}, false},
		"sex": {
			"", &request{Body: change(func(r *style.Request) { r.Person.Sex = "m" })}, codes.InvalidArgument, "FIELD_FORMAT", []string{"person.sex"}, true,
		},
		"means": {
			"", &request{Body: change(func(r *style.Request) { r.Means = "PIGEON" })}, codes.InvalidArgument, "FIELD_FORMAT",
			[]string{"authentication.method"},
			true,
		},
		"no time": {
			"", &request{Body: change(func(r *style.Request) { r.AuthenticatedAt = time.Time{} })}, codes.InvalidArgument, "FIELD_FORMAT",
			[]string{"authentication.time"},
			true,
		},
		"too long": {
			"", &request{Body: change(func(r *style.Request) { r.Person.FamilyName = strings.Repeat("я", 101) })}, codes.InvalidArgument, "FIELD_FORMAT",
			[]string{"person.familyName"},
			true,
		},
		"checksum": {
			"", &request{Body: change(func(r *style.Request) { r.Person.SNILS = "112-233-445 96" })}, codes.InvalidArgument, "SNILS_CHECKSUM",
			[]string{"person.snils"},
			true,
		},
		"future": {
			"", &request{Body: change(func(r *style.Request) { r.SentAt = start.Add(time.Hour) })}, codes.InvalidArgument, "REQUEST_FROM_FUTURE", nil, true,
		},
		"old": {
			"", &request{Body: change(func(r *style.Request) { r.SentAt = start.Add(-time.Hour) })}, codes.InvalidArgument, "REQUEST_TOO_OLD", nil, true,
		},
		"signature form":    {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-signature", "SIGNATURE_MALFORMED")}}, codes.Unauthenticated, "SIGNATURE_MALFORMED", nil, true},
		"signature key":     {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-signature", "SIGNATURE_KEY_UNKNOWN")}}, codes.Unauthenticated, "SIGNATURE_KEY_UNKNOWN", nil, true},
		"signature old key": {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-signature", "SIGNATURE_KEY_INACTIVE")}}, codes.Unauthenticated, "SIGNATURE_KEY_INACTIVE", nil, true},
		"signature":         {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-signature", "SIGNATURE_DIGEST_DIFFERS")}}, codes.Unauthenticated, "SIGNATURE_DIGEST_DIFFERS", nil, true},
		"no such step":      {"", &request{Headers: []*porukav1.StyledHeader{header("x-plain-signature", "PIGEON")}}, codes.Internal, "INTERNAL", nil, true},
	} {
		as := x.as
		if as == "" {
			as, x.in.Bank = "bank/vtb", "vtb"
		}
		if x.in.Body == nil {
			x.in.Body = body
		}
		if x.in.GetContentType() == "" {
			x.in.ContentType = chaintest.PlainType
		}
		var trailer metadata.MD
		_, err := b.confirmations().ConfirmStyled(b.as(as), x.in, grpc.Trailer(&trailer))
		reason, fields := reasonOf(err)
		if status.Code(err) != x.code || reason != x.reason || !slices.Equal(fields, x.fields) {
			t.Errorf("%s: %v %s of %v", name, err, reason, fields)
		}
		if told := trailer.Get("x-styled-request-id"); (len(told) == 1 && told[0] == requestID(1)) != x.id {
			t.Errorf("%s: the id %v", name, told)
		}
	}
	if n := len(b.entries()); n != 0 {
		t.Errorf("%d entries of refused requests", n)
	}
}

func TestStyledWithoutDialects(t *testing.T) {
	b := newBench(t)
	_, err := b.confirmations().ConfirmStyled(b.as("bank/vtb"), &porukav1.ConfirmStyledRequest{Bank: "vtb"})
	b.refused(err, "DIALECT_NONE")
	if status.Code(err) != codes.FailedPrecondition {
		t.Error(err)
	}
}
