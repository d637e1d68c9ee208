package server_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// speaker is a bank that speaks its own dialect, over REST.
type speaker struct {
	t        testing.TB
	bank     string
	dialect  style.Dialect
	signer   signature.Signer // nil for a bank that does not sign
	impostor signature.Signer // somebody else's
	door     door
}

// speakerOf is the bank of a gateway for development.
func speakerOf(t testing.TB, g *gatewaytest.Gateway, bank string) speaker {
	t.Helper()
	dialect, ok := style.Standard().Find(bank)
	if !ok {
		t.Fatalf("no dialect %s", bank)
	}
	s := speaker{t: t, bank: bank, dialect: dialect, door: doorOf(t, g, bank)}
	if s.isSigned() {
		signer, err := development.BankSigner(g.Dir, partners.ID(bank))
		if err != nil {
			t.Fatal(err)
		}
		s.signer = signer
	}
	return s
}

func (s speaker) isSigned() bool { return s.bank != "tinkoff" }

// styled is a native request as a dialect takes it.
func styled(r *porukav1.ConfirmIdentityRequest) style.Request {
	p := r.GetPerson()
	out := style.Request{
		ID: r.GetRequestId(), AccountActive: r.GetBankAccount().GetActive(), PhoneBound: r.GetBankAccount().GetPhoneBound(),
		Means: r.GetAuthentication().GetMethod().String(), ConsentGiven: r.GetConsent().GetGiven(), DryRun: r.GetDryRun(),
		AuthenticatedAt: moment(r.GetAuthentication().GetTime()), ConsentAt: moment(r.GetConsent().GetTime()), SentAt: moment(r.GetSendTime()),
		Person: person.Raw{
			FamilyName: p.GetFamilyName(), GivenName: p.GetGivenName(), MiddleName: p.GetMiddleName(), BirthDate: p.GetBirthDate(),
			Sex: p.GetSex().String(), Citizenship: p.GetCitizenship(), SNILS: p.GetSnils(), INN: p.GetInn(), MobilePhone: p.GetMobilePhone(),
			Email: p.GetEmail(), Passport: person.RawPassport{
				Series: p.GetPassport().GetSeries(), Number: p.GetPassport().GetNumber(), IssueDate: p.GetPassport().GetIssueDate(),
				DepartmentCode: p.GetPassport().GetDepartmentCode(), Issuer: p.GetPassport().GetIssuer(),
			},
		},
	}
	return out
}

func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// fresh gives a request an id of its own and times in whole seconds, which every dialect can write.
func fresh(r *porukav1.ConfirmIdentityRequest) *porukav1.ConfirmIdentityRequest {
	now := time.Now().Truncate(time.Second)
	r.RequestId, r.SendTime = uuid.NewString(), timestamppb.New(now)
	r.Authentication.Time, r.Consent.Time = timestamppb.New(now.Add(-20*time.Second)), timestamppb.New(now.Add(-40*time.Second))
	return r
}

// write writes a request in the dialect.
func (s speaker) write(r *porukav1.ConfirmIdentityRequest) style.Message {
	s.t.Helper()
	m, err := s.dialect.Encode(styled(r), s.signer)
	if err != nil {
		s.t.Fatalf("%s cannot write a request: %v", s.bank, err)
	}
	return m
}

// rewrite changes what is signed and signs it anew.
func (s speaker) rewrite(m style.Message, change func(body []byte) []byte) style.Message {
	s.t.Helper()
	m = s.unsigned(m)
	m.Body = change(bytes.Clone(m.Body))
	return s.sign(m)
}

// unsigned takes the signature off that is around a body.
func (s speaker) unsigned(m style.Message) style.Message {
	s.t.Helper()
	if s.bank != "sberbank" {
		return m
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(string(m.Body), ".")[1])
	if err != nil {
		s.t.Fatal(err)
	}
	m.Body = payload
	return m
}

func (s speaker) sign(m style.Message) style.Message {
	s.t.Helper()
	var err error
	switch s.bank {
	case "sberbank":
		m.Body, err = signature.SignCompactJWS(s.signer, m.Body)
	case "vtb":
		m.Header["x-signature"], err = signature.SignDetached(s.signer, m.Body)
		m.Header["x-signature-key-id"] = s.signer.Key().ID
	case "bspb":
		m.Header["x-jws-signature"], err = signature.SignDetachedJWS(s.signer, m.Body)
	case "pochtabank":
		m.Header["x-signature-pkcs7"], err = signature.SignPKCS7(s.signer, m.Body)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// send sends a message to the bank's own route; headers are pairs beside those of the message.
func (s speaker) send(m style.Message, headers ...string) style.Message {
	s.t.Helper()
	return s.sendTo(s.bank, m, headers...)
}

func (s speaker) sendTo(bank string, m style.Message, headers ...string) style.Message {
	s.t.Helper()
	if m.ContentType != "" {
		headers = append(headers, "Content-Type", m.ContentType)
	}
	for name, value := range m.Header {
		headers = append(headers, http.CanonicalHeaderKey(name), value)
	}
	a := s.door.call(http.MethodPost, "/v1/banks/"+bank+"/confirmations", string(m.Body), headers...)
	out := style.Message{Status: a.http, ContentType: http.Header(a.header).Get("Content-Type"), Header: style.Header{}, Body: []byte(a.body)}
	for name, values := range a.header {
		if len(values) != 1 {
			s.t.Errorf("%s: header %s is there %d times", bank, name, len(values))
		}
		out.Header[strings.ToLower(name)] = values[0]
	}
	if len(out.Header["x-request-id"]) != 36 || out.Header["cache-control"] != "no-store" {
		s.t.Errorf("%s: headers %v", bank, out.Header)
	}
	return out
}

// ask asks and expects a decision.
func (s speaker) ask(r *porukav1.ConfirmIdentityRequest) style.Answer {
	s.t.Helper()
	return s.decided(s.send(s.write(r)))
}

func (s speaker) decided(m style.Message) style.Answer {
	s.t.Helper()
	out, err := s.dialect.ReadAnswer(m)
	if err != nil || m.Status != http.StatusOK {
		s.t.Fatalf("%s: no decision: HTTP %d %s %v", s.bank, m.Status, m.Body, err)
	}
	return out
}

// refused expects an error in the dialect of the bank that was named.
func (s speaker) refused(what string, m style.Message, status int, reason string) style.Refusal {
	s.t.Helper()
	r, err := s.dialect.ReadRefusal(m)
	if err != nil || m.Status != statusIn(s.bank, status) || r.Reason.Code != reason {
		s.t.Errorf("%s: %s: HTTP %d %s %v, want %d %s: %s", s.bank, what, m.Status, r.Reason.Code, err, status, reason, m.Body)
	}
	if r.ID != "" && r.ID != m.Header["x-request-id"] {
		s.t.Errorf("%s: %s: the call's id is %s in the body and %s in the header", s.bank, what, r.ID, m.Header["x-request-id"])
	}
	if challenge := m.Header["www-authenticate"]; (status == http.StatusUnauthorized) != (challenge == `Mutual realm="poruka"`) {
		s.t.Errorf("%s: %s: challenge %q", s.bank, what, challenge)
	}
	return r
}

// statusIn is the status that a bank has for ours. T-Bank knows six.
func statusIn(bank string, status int) int {
	if bank != "tinkoff" {
		return status
	}
	switch status {
	case http.StatusConflict:
		return http.StatusUnprocessableEntity
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return http.StatusBadRequest
	default:
		return status
	}
}
