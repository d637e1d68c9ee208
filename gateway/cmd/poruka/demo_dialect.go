package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// dialectDoor calls in the bank's own dialect. What has no form there - to look a request up, to take a confirmation back - goes over
// REST.
type dialectDoor struct {
	*restDoor
	bank    string
	dialect style.Dialect
	signer  signature.Signer // nil for a dialect that does not sign
}

// newDialectDoor opens the way in of a bank whose signing key, if it has one, is in the gateway's data folder.
func newDialectDoor(rest *restDoor, bank, dataDir string) (*dialectDoor, error) {
	dialect, ok := style.Standard().Find(bank)
	if !ok {
		return nil, fmt.Errorf("%s has no dialect", bank)
	}
	signer, err := development.BankSigner(dataDir, partners.ID(bank))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the signing key of %s: %w", bank, err)
	}
	return &dialectDoor{restDoor: rest, bank: bank, dialect: dialect, signer: signer}, nil
}

func (d *dialectDoor) confirm(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error) {
	message, err := d.dialect.Encode(styledRequest(r), d.signer)
	if err != nil {
		return nil, err
	}
	answer, err := d.send(ctx, message)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		refusal, err := d.dialect.ReadRefusal(answer)
		if err != nil {
			return nil, fmt.Errorf("HTTP status %d: %w", answer.Status, err)
		}
		return nil, statusOfRefusal(refusal)
	}
	decision, err := d.dialect.ReadAnswer(answer)
	if err != nil {
		return nil, err
	}
	return confirmationOf(d.bank, decision), nil
}

// send posts a message as it stands.
func (d *dialectDoor) send(ctx context.Context, m style.Message) (style.Message, error) {
	address := d.base + "/v1/banks/" + url.PathEscape(d.bank) + "/confirmations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(m.Body))
	if err != nil {
		return style.Message{}, err
	}
	request.Header.Set("Content-Type", m.ContentType)
	for name, value := range m.Header {
		request.Header.Set(name, value)
	}
	response, err := d.web.Do(request)
	if err != nil {
		return style.Message{}, err
	}
	defer response.Body.Close()
	answer := style.Message{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Header: style.Header{}}
	for name := range response.Header {
		answer.Header[strings.ToLower(name)] = response.Header.Get(name)
	}
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return answer, err
}

// styledRequest puts a request into the words that every dialect has a form for.
func styledRequest(r *porukav1.ConfirmIdentityRequest) style.Request {
	p, paper := r.GetPerson(), r.GetPerson().GetPassport()
	return style.Request{
		ID: r.GetRequestId(),
		Person: person.Raw{
			FamilyName: p.GetFamilyName(), GivenName: p.GetGivenName(), MiddleName: p.GetMiddleName(), BirthDate: p.GetBirthDate(),
			Sex: p.GetSex().String(), Citizenship: p.GetCitizenship(), SNILS: p.GetSnils(), INN: p.GetInn(),
			MobilePhone: p.GetMobilePhone(), Email: p.GetEmail(),
			Passport: person.RawPassport{
				Series: paper.GetSeries(), Number: paper.GetNumber(), IssueDate: paper.GetIssueDate(),
				DepartmentCode: paper.GetDepartmentCode(), Issuer: paper.GetIssuer(),
			},
		},
		AccountActive: r.GetBankAccount().GetActive(), PhoneBound: r.GetBankAccount().GetPhoneBound(),
		Means: r.GetAuthentication().GetMethod().String(), AuthenticatedAt: r.GetAuthentication().GetTime().AsTime(),
		ConsentGiven: r.GetConsent().GetGiven(), ConsentAt: r.GetConsent().GetTime().AsTime(),
		DryRun: r.GetDryRun(),
	}
}

func confirmationOf(bank string, a style.Answer) *porukav1.Confirmation {
	c := &porukav1.Confirmation{
		Name: a.Name, RequestId: a.RequestID, Bank: bank, Kind: porukav1.Confirmation_CONFIRMATION,
		Outcome:     porukav1.Confirmation_Outcome(porukav1.Confirmation_Outcome_value[a.Outcome]),
		LevelBefore: porukav1.Account_Level(porukav1.Account_Level_value[a.LevelBefore]),
		LevelAfter:  porukav1.Account_Level(porukav1.Account_Level_value[a.LevelAfter]),
		DecideTime:  timestamppb.New(a.DecidedAt), Policy: a.Policy, DryRun: a.DryRun, Replayed: a.Replayed, Receipt: a.Receipt,
	}
	for _, reason := range a.Reasons {
		c.Reasons = append(c.Reasons, &porukav1.Reason{Reason: porukav1.Reason_Code(porukav1.Reason_Code_value[reason.Code])})
	}
	return c
}

// statusOfRefusal says what a bank was refused with, as the native API would have.
func statusOfRefusal(r style.Refusal) error {
	code := codes.Unknown
	_ = code.UnmarshalJSON([]byte(`"` + r.Code + `"`)) // a dialect that does not carry it leaves it out
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: r.Reason.Code, Domain: "poruka"}}
	if r.Reason.DelaySeconds > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: int64(r.Reason.DelaySeconds)}})
	}
	s, err := status.New(code, r.Reason.TextEN).WithDetails(details...)
	if err != nil {
		return fmt.Errorf("a refusal with %s cannot be told: %w", r.Reason.Code, err)
	}
	return s.Err()
}
