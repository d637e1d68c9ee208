package accountfile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/person"
)

// Row is one account as a file tells it.
type Row struct {
	AccountID      string // UUID
	Level          string // name of the level; empty: as it is, or SIMPLIFIED when the account is new
	Method         string // how it was confirmed: BANK, SERVICE_CENTRE, POSTAL_CODE, E_SIGNATURE; with CONFIRMED only
	Person         person.Raw
	PhoneVerified  bool
	EmailVerified  bool
	Previous       []person.RawPassport // replaced passports, newest first: series and number alone
	RegistryStatus string               // VERIFIED, PENDING, FAILED, NONE; empty: not told
	RegistryTime   time.Time            // when the registries said so, or were asked; zero: not told
}

// Problem is why a line is no row.
type Problem struct {
	Column string // empty when it is the line as a whole
	Reason string // stable name, as in poruka.v1.Reason.Code
	Text   string // what is wanted, in English; holds no value of the line
}

// FieldFormat is the reason of every problem that this package finds.
const FieldFormat = "FIELD_FORMAT"

// cells are the texts of one line by column.
type cells [columnCount]string

var (
	levels   = []string{"SIMPLIFIED", "STANDARD_VERIFYING", "STANDARD", "CONFIRMED", "STALLED", "VERIFY_FAILED", "LOCKED"}
	methods  = []string{"BANK", "SERVICE_CENTRE", "POSTAL_CODE", "E_SIGNATURE"}
	statuses = []string{"VERIFIED", "PENDING", "FAILED", "NONE"}
	flags    = []string{"true", "false"}
)

// judge collects the problems of one line.
type judge struct {
	cells    *cells
	problems []Problem
}

func (j *judge) refuse(c column, text string) {
	j.problems = append(j.problems, Problem{Column: c.String(), Reason: FieldFormat, Text: text})
}

// row reads the cells of a line. When there are problems, the row must not be used.
func (c *cells) row() (Row, []Problem) {
	for i := range c {
		c[i] = strings.TrimSpace(c[i])
	}
	j := &judge{cells: c}
	r := Row{
		AccountID:      j.accountID(),
		Level:          j.oneOf(level, levels),
		Method:         j.oneOf(method, methods),
		Person:         c.person(),
		PhoneVerified:  j.oneOf(phoneVerified, flags) == "true",
		EmailVerified:  j.oneOf(emailVerified, flags) == "true",
		Previous:       j.previous(),
		RegistryStatus: j.oneOf(registryStatus, statuses),
		RegistryTime:   j.time(registryTime),
	}
	r.Person.Sex = j.sex()
	return r, j.problems
}

func (c *cells) person() person.Raw {
	return person.Raw{
		FamilyName: c[familyName], GivenName: c[givenName], MiddleName: c[middleName],
		BirthDate: c[birthDate], Citizenship: c[citizenship],
		Passport: person.RawPassport{
			Series: c[passportSeries], Number: c[passportNumber], IssueDate: c[passportIssueDate],
			DepartmentCode: c[passportDepartmentCode], Issuer: c[passportIssuer],
		},
		SNILS: c[snils], INN: c[inn], MobilePhone: c[mobilePhone], Email: c[email],
	}
}

// accountID takes the form with hyphens alone; a UUID in braces or without hyphens is a file gone wrong.
func (j *judge) accountID() string {
	text := j.cells[accountID]
	if !isUUID(text) {
		j.refuse(accountID, "must be a UUID with hyphens")
	}
	return strings.ToLower(text)
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (text[i] == '-') || !hyphen && !isHex(text[i]) {
			return false
		}
	}
	return true
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

func (j *judge) oneOf(c column, names []string) string {
	text := j.cells[c]
	if text != "" && !slices.Contains(names, text) {
		j.refuse(c, "must be empty or one of "+strings.Join(names, ", "))
	}
	return text
}

func (j *judge) sex() string {
	text := j.cells[sex]
	if text == "" {
		return ""
	}
	parsed, err := person.ParseSex(text)
	if err != nil {
		j.refuse(sex, "must be empty, MALE or FEMALE")
		return ""
	}
	return parsed.Code()
}

func (j *judge) time(c column) time.Time {
	text := j.cells[c]
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.IsZero() {
		j.refuse(c, "must be empty or a time such as 2026-11-22T10:00:00Z")
	}
	return at.UTC()
}

func (j *judge) previous() []person.RawPassport {
	text := j.cells[previousPassports]
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ";")
	if len(parts) > person.MaxPrevious {
		j.refuse(previousPassports, "must hold at most "+strconv.Itoa(person.MaxPrevious)+" passports")
		return nil
	}
	passports := make([]person.RawPassport, len(parts))
	for i, part := range parts {
		words := strings.Fields(part)
		if len(words) == 0 {
			j.refuse(previousPassports, "must be passports such as 4509 111111, parted by semicolons")
			return nil
		}
		last := len(words) - 1
		passports[i] = person.RawPassport{Series: strings.Join(words[:last], ""), Number: words[last]}
	}
	return passports
}

// cells gives the texts of a row, the opposite of cells.row.
func (r *Row) cells() cells {
	p := &r.Person
	c := cells{
		accountID: r.AccountID, level: r.Level, method: r.Method,
		familyName: p.FamilyName, givenName: p.GivenName, middleName: p.MiddleName,
		birthDate: p.BirthDate, sex: p.Sex, citizenship: p.Citizenship,
		passportSeries: p.Passport.Series, passportNumber: p.Passport.Number, passportIssueDate: p.Passport.IssueDate,
		passportDepartmentCode: p.Passport.DepartmentCode, passportIssuer: p.Passport.Issuer,
		snils: p.SNILS, inn: p.INN, mobilePhone: p.MobilePhone, phoneVerified: strconv.FormatBool(r.PhoneVerified),
		email: p.Email, emailVerified: strconv.FormatBool(r.EmailVerified),
		registryStatus: r.RegistryStatus,
	}
	if !r.RegistryTime.IsZero() {
		c[registryTime] = r.RegistryTime.UTC().Format(time.RFC3339Nano)
	}
	for i, passport := range r.Previous {
		if i > 0 {
			c[previousPassports] += ";"
		}
		c[previousPassports] += strings.TrimSpace(passport.Series + " " + passport.Number)
	}
	return c
}
