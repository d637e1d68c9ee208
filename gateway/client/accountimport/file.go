package accountimport

import (
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/ledger/person"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// fileSource gives the rows of an accounts file.
type fileSource struct{ *accountfile.Reader }

// FromFile makes a Source of an accounts file.
func FromFile(file *accountfile.Reader) Source { return fileSource{file} }

// Next gives the next row.
func (f fileSource) Next() (Row, error) {
	record, err := f.Reader.Next()
	if err != nil {
		return Row{}, err
	}
	if len(record.Problems) == 0 {
		return Row{Number: record.Number, Account: RequestOf(&record.Row)}, nil
	}
	row := Row{Number: record.Number}
	for _, p := range record.Problems {
		row.Rejects = append(row.Rejects, Reject{Row: record.Number, Column: p.Column, Reason: p.Reason, Text: p.Text})
	}
	return row, nil
}

// RequestOf is the wire's form of a row. Names of levels and the like are those of the API; accountfile has checked them.
func RequestOf(row *accountfile.Row) *porukav1.PutAccountRequest {
	request := &porukav1.PutAccountRequest{
		Id:             row.AccountID,
		Level:          porukav1.Account_Level(porukav1.Account_Level_value[row.Level]),
		Method:         porukav1.Account_Method(porukav1.Account_Method_value[row.Method]),
		RegistryStatus: porukav1.Account_RegistryStatus(porukav1.Account_RegistryStatus_value[row.RegistryStatus]),
		Profile: &porukav1.Profile{
			Person: PersonOf(&row.Person), PhoneVerified: row.PhoneVerified, EmailVerified: row.EmailVerified,
		},
	}
	if !row.RegistryTime.IsZero() {
		request.RegistryTime = timestamppb.New(row.RegistryTime)
	}
	for _, passport := range row.Previous {
		request.Profile.PreviousPassports = append(request.Profile.PreviousPassports, passportOf(passport))
	}
	return request
}

// PersonOf is the wire's form of a person.
func PersonOf(raw *person.Raw) *porukav1.Person {
	p := &porukav1.Person{
		FamilyName: raw.FamilyName, GivenName: raw.GivenName, MiddleName: raw.MiddleName,
		BirthDate: raw.BirthDate, Sex: sexOf(raw.Sex), Citizenship: raw.Citizenship,
		Snils: raw.SNILS, Inn: raw.INN, MobilePhone: raw.MobilePhone, Email: raw.Email,
	}
	if raw.Passport != (person.RawPassport{}) {
		p.Passport = passportOf(raw.Passport)
	}
	return p
}

func passportOf(raw person.RawPassport) *porukav1.Passport {
	return &porukav1.Passport{
		Series: raw.Series, Number: raw.Number, IssueDate: raw.IssueDate, DepartmentCode: raw.DepartmentCode, Issuer: raw.Issuer,
	}
}

func sexOf(code string) porukav1.Person_Sex {
	switch code {
	case person.Male.Code():
		return porukav1.Person_MALE
	case person.Female.Code():
		return porukav1.Person_FEMALE
	default:
		return porukav1.Person_SEX_UNSPECIFIED
	}
}
