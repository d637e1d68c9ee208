package portal

import (
	"errors"
	"strconv"
	"strings"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// RawProfile is an owner's data in the words of a caller, before anything is believed.
type RawProfile struct {
	Person        person.Raw
	PhoneVerified bool
	EmailVerified bool
	Previous      []person.RawPassport // newest first
}

// ParseProfile reads an owner's data. What a level requires is checked by Put, which alone knows the level. The error is a
// fault that names all fields, as `profile.person.snils`.
func (s *Service) ParseProfile(raw RawProfile) (person.Profile, error) {
	today := s.today()
	owner, _, err := person.Parse(raw.Person, person.Requirements{person.FieldFamilyName: true, person.FieldGivenName: true}, today)
	profile := person.Profile{Person: owner, PhoneVerified: raw.PhoneVerified, EmailVerified: raw.EmailVerified}
	wrong := refusal.Person("profile.person.", err)
	if err != nil && len(wrong) == 0 {
		return person.Profile{}, fault.Wrap(fault.Internal, fault.Defect, err)
	}
	wrong = append(wrong, reservedSNILS(raw.Person.SNILS)...)
	wrong = append(wrong, contactFlaws(raw)...)
	if len(raw.Previous) > person.MaxPrevious {
		return person.Profile{}, fault.InvalidFields(append(wrong, flaw("profile.previousPassports", "must be at most 10"))...)
	}
	for i, passport := range raw.Previous {
		old, flaws := parsePrevious(passport, raw.Person.Citizenship, i, today)
		wrong = append(wrong, flaws...)
		profile.Previous = append(profile.Previous, old)
	}
	if len(wrong) > 0 {
		return person.Profile{}, fault.InvalidFields(wrong...)
	}
	return profile, nil
}

// parsePrevious reads a replaced passport, of which the portal may hold no more than series and number.
func parsePrevious(raw person.RawPassport, citizenship string, i int, today person.Date) (person.Passport, []fault.Violation) {
	alone := person.Raw{Citizenship: citizenship, Passport: raw}
	read, _, err := person.Parse(alone, person.Requirements{person.FieldNumber: true}, today)
	var wrong []fault.Violation
	for _, v := range refusal.Person("", err) {
		if part, ok := strings.CutPrefix(v.Field, "passport."); ok { // the citizenship is told with the person
			v.Field = "profile.previousPassports[" + strconv.Itoa(i) + "]." + part
			wrong = append(wrong, v)
		}
	}
	return read.Passport, wrong
}

func flaw(field, text string) fault.Violation {
	return fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text}
}

// contactFlaws finds contacts that are verified and absent.
func contactFlaws(raw RawProfile) []fault.Violation {
	var wrong []fault.Violation
	if raw.PhoneVerified && raw.Person.MobilePhone == "" {
		wrong = append(wrong, flaw("profile.phoneVerified", "there is no phone"))
	}
	if raw.EmailVerified && raw.Person.Email == "" {
		wrong = append(wrong, flaw("profile.emailVerified", "there is no e-mail address"))
	}
	return wrong
}

// incomplete finds what a level requires and the profile lacks. Source: the life of an account; side states that come from a
// check by the registries require what the registries were sent.
func incomplete(p person.Profile, level ledger.Level) error {
	var wrong []fault.Violation
	lacks := func(field string, is bool) {
		if is {
			wrong = append(wrong, flaw("profile.person."+field, "is required at this level"))
		}
	}
	switch level {
	case ledger.LevelNone, ledger.LevelLocked, ledger.LevelErased:
	case ledger.LevelSimplified:
		lacks("mobilePhone", p.MobilePhone.IsZero() && p.Email.IsZero())
	case ledger.LevelStandardVerifying, ledger.LevelStandard, ledger.LevelConfirmed, ledger.LevelStalled, ledger.LevelVerifyFailed:
		lacks("birthDate", p.BirthDate.IsZero())
		lacks("sex", p.Sex == 0)
		lacks("passport.number", p.Passport.Number() == "")
		if p.Citizenship.IsRussian() {
			lacks("passport.series", p.Passport.Series() == "")
			lacks("passport.issueDate", p.Passport.IssueDate().IsZero())
		}
		lacks("snils", p.SNILS.IsZero())
	default:
		return fault.Wrap(fault.Internal, fault.Defect, errUnknownLevel)
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

var errUnknownLevel = errors.New("portal: an account has a level that this gateway does not know")
