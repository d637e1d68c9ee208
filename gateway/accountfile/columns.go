package accountfile

import (
	"slices"
	"strings"
)

// column is the place of a column in a row of the order in which files are written.
type column int

const (
	accountID column = iota
	level
	method
	familyName
	givenName
	middleName
	birthDate
	sex
	citizenship
	passportSeries
	passportNumber
	passportIssueDate
	passportDepartmentCode
	passportIssuer
	snils
	inn
	mobilePhone
	phoneVerified
	email
	emailVerified
	registryStatus
	registryTime
	previousPassports
	columnCount
)

var columnNames = [...]string{
	accountID: "account_id", level: "level", method: "method", familyName: "family_name", givenName: "given_name",
	middleName: "middle_name", birthDate: "birth_date", sex: "sex", citizenship: "citizenship", passportSeries: "passport_series",
	passportNumber: "passport_number", passportIssueDate: "passport_issue_date",
	passportDepartmentCode: "passport_department_code", passportIssuer: "passport_issuer", snils: "snils", inn: "inn",
	mobilePhone: "mobile_phone", phoneVerified: "phone_verified", email: "email", emailVerified: "email_verified",
	registryStatus: "registry_status", registryTime: "registry_time", previousPassports: "previous_passports",
}

// Columns lists the columns in the order in which they are written. All but the last, previous_passports, must be in the
// header of a CSV file; their order there is free.
func Columns() []string { return slices.Clone(columnNames[:]) }

func (c column) String() string { return columnNames[c] }

func columnOf(name string) (column, bool) {
	i := slices.Index(columnNames[:], name)
	return column(i), i >= 0
}

// fields are the columns by the paths of an account's fields on the wire, where these differ from the name in camel case.
var fields = map[string]column{
	"id": accountID, "passport.series": passportSeries, "passport.number": passportNumber, "passport.issueDate": passportIssueDate,
	"passport.departmentCode": passportDepartmentCode, "passport.issuer": passportIssuer,
}

// Column names the column that holds a field of PutAccountRequest, for example `snils` for `profile.person.snils`. A path
// that belongs to no single column is given back as it is.
func Column(path string) string {
	field := path
	for _, prefix := range []string{"account.", "profile.", "person."} {
		field = strings.TrimPrefix(field, prefix)
	}
	if c, ok := fields[field]; ok {
		return c.String()
	}
	if strings.HasPrefix(field, "previousPassports") {
		return previousPassports.String()
	}
	if c, ok := columnOf(snakeCase(field)); ok {
		return c.String()
	}
	return path
}

func snakeCase(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
