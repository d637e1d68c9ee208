package rpc

import (
	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger/person"
)

func rawPerson(in *porukav1.Person) person.Raw {
	raw := person.Raw{
		FamilyName: in.GetFamilyName(), GivenName: in.GetGivenName(), MiddleName: in.GetMiddleName(), BirthDate: in.GetBirthDate(),
		Citizenship: in.GetCitizenship(), Passport: rawPassport(in.GetPassport()), SNILS: in.GetSnils(), INN: in.GetInn(),
		MobilePhone: in.GetMobilePhone(), Email: in.GetEmail(),
	}
	if sex := in.GetSex(); sex != porukav1.Person_SEX_UNSPECIFIED {
		raw.Sex = sex.String()
	}
	return raw
}

func rawPassport(in *porukav1.Passport) person.RawPassport {
	return person.RawPassport{
		Series: in.GetSeries(), Number: in.GetNumber(), IssueDate: in.GetIssueDate(), DepartmentCode: in.GetDepartmentCode(), Issuer: in.GetIssuer(),
	}
}

func rawProfile(in *porukav1.Profile) portal.RawProfile {
	raw := portal.RawProfile{Person: rawPerson(in.GetPerson()), PhoneVerified: in.GetPhoneVerified(), EmailVerified: in.GetEmailVerified()}
	for _, old := range in.GetPreviousPassports() {
		raw.Previous = append(raw.Previous, rawPassport(old))
	}
	return raw
}

func profileOf(p *person.Profile) *porukav1.Profile {
	if p == nil {
		return nil
	}
	raw := p.Person.Raw()
	out := &porukav1.Profile{
		Person: &porukav1.Person{
			FamilyName: raw.FamilyName, GivenName: raw.GivenName, MiddleName: raw.MiddleName, BirthDate: raw.BirthDate,
			Sex: porukav1.Person_Sex(porukav1.Person_Sex_value[raw.Sex]), Citizenship: raw.Citizenship, Passport: passportOf(p.Passport),
			Snils: raw.SNILS, Inn: raw.INN, MobilePhone: raw.MobilePhone, Email: raw.Email,
		},
		PhoneVerified: p.PhoneVerified, EmailVerified: p.EmailVerified,
	}
	for _, old := range p.Previous {
		out.PreviousPassports = append(out.PreviousPassports, passportOf(old))
	}
	return out
}

func passportOf(p person.Passport) *porukav1.Passport {
	if p.IsZero() {
		return nil
	}
	raw := p.Raw()
	return &porukav1.Passport{
		Series: raw.Series, Number: raw.Number, IssueDate: raw.IssueDate, DepartmentCode: raw.DepartmentCode, Issuer: raw.Issuer,
	}
}
