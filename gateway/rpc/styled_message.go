package rpc

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/style"
)

// nativeRequest is what a bank that speaks our own API would have sent. From here on nobody knows that there was a dialect, so that
// there is one set of rules. The error is a fault.
func nativeRequest(r style.Request) (*porukav1.ConfirmIdentityRequest, error) {
	who, err := nativePerson(r.Person)
	if err != nil {
		return nil, err
	}
	return &porukav1.ConfirmIdentityRequest{
		RequestId:   r.ID,
		Person:      who,
		BankAccount: &porukav1.BankAccount{Active: r.AccountActive, PhoneBound: r.PhoneBound},
		Authentication: &porukav1.Authentication{
			Method: porukav1.Authentication_Method(porukav1.Authentication_Method_value[r.Means]), Time: givenTime(r.AuthenticatedAt),
		},
		Consent:  &porukav1.Consent{Given: r.ConsentGiven, Time: givenTime(r.ConsentAt)},
		DryRun:   r.DryRun,
		SendTime: givenTime(r.SentAt),
	}, nil
}

func nativePerson(p person.Raw) (*porukav1.Person, error) {
	sex, ok := porukav1.Person_Sex_value[p.Sex]
	if p.Sex != "" && !ok {
		return nil, malformed("person.sex", "must be one of the values of this field")
	}
	return &porukav1.Person{
		FamilyName: p.FamilyName, GivenName: p.GivenName, MiddleName: p.MiddleName, BirthDate: p.BirthDate,
		Sex: porukav1.Person_Sex(sex), Citizenship: p.Citizenship, Snils: p.SNILS, Inn: p.INN, MobilePhone: p.MobilePhone, Email: p.Email,
		Passport: &porukav1.Passport{
			Series: p.Passport.Series, Number: p.Passport.Number, IssueDate: p.Passport.IssueDate, DepartmentCode: p.Passport.DepartmentCode,
			Issuer: p.Passport.Issuer,
		},
	}, nil
}

// givenTime is a time that may be missing.
func givenTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// styledAnswer is a decision for a dialect.
func styledAnswer(c *porukav1.Confirmation) style.Answer {
	out := style.Answer{
		Name: c.GetName(), RequestID: c.GetRequestId(), Outcome: c.GetOutcome().String(), LevelBefore: styledLevel(c.GetLevelBefore()),
		LevelAfter: styledLevel(c.GetLevelAfter()), DecidedAt: c.GetDecideTime().AsTime(), Policy: c.GetPolicy(), DryRun: c.GetDryRun(),
		Replayed: c.GetReplayed(), Receipt: c.GetReceipt(),
	}
	for _, r := range c.GetReasons() {
		out.Reasons = append(out.Reasons, wire.StyledReason(r))
	}
	return out
}

func styledLevel(level porukav1.Account_Level) string {
	if level == porukav1.Account_LEVEL_UNSPECIFIED {
		return ""
	}
	return level.String()
}

// styledResponse is what a dialect has written, with its headers in one order.
func styledResponse(m style.Message) *porukav1.ConfirmStyledResponse {
	out := &porukav1.ConfirmStyledResponse{ContentType: m.ContentType, Body: m.Body, HttpStatus: httpStatus(m.Status)}
	for name, value := range m.Header {
		out.Headers = append(out.Headers, &porukav1.StyledHeader{Name: name, Value: value})
	}
	slices.SortFunc(out.GetHeaders(), func(a, b *porukav1.StyledHeader) int { return strings.Compare(a.GetName(), b.GetName()) })
	return out
}

// httpStatus is that of an answer; one that has none is good.
func httpStatus(status int) int32 {
	if status < 100 || status > 599 {
		return 200
	}
	return int32(status)
}
