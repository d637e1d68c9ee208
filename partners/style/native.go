package style

import "time"

// Paths of the fields of a request in the native API.
const (
	pathID             = "requestId"
	pathBank           = "bank"
	pathFamilyName     = "person.familyName"
	pathGivenName      = "person.givenName"
	pathMiddleName     = "person.middleName"
	pathBirthDate      = "person.birthDate"
	pathSex            = "person.sex"
	pathCitizenship    = "person.citizenship"
	pathSeries         = "person.passport.series"
	pathNumber         = "person.passport.number"
	pathIssueDate      = "person.passport.issueDate"
	pathDepartmentCode = "person.passport.departmentCode"
	pathIssuer         = "person.passport.issuer"
	pathSNILS          = "person.snils"
	pathINN            = "person.inn"
	pathPhone          = "person.mobilePhone"
	pathEmail          = "person.email"
	pathActive         = "bankAccount.active"
	pathBound          = "bankAccount.phoneBound"
	pathMeans          = "authentication.method"
	pathAuthenticated  = "authentication.time"
	pathConsent        = "consent.given"
	pathConsentTime    = "consent.time"
	pathDryRun         = "dryRun"
	pathSent           = "sendTime"
)

// slot is where a field of a request is kept: a *string, a *bool or a *time.Time; nil for a path that a request does not keep.
func (r *Request) slot(path string) any {
	switch path {
	case pathID:
		return &r.ID
	case pathActive:
		return &r.AccountActive
	case pathBound:
		return &r.PhoneBound
	case pathMeans:
		return &r.Means
	case pathAuthenticated:
		return &r.AuthenticatedAt
	case pathConsent:
		return &r.ConsentGiven
	case pathConsentTime:
		return &r.ConsentAt
	case pathDryRun:
		return &r.DryRun
	case pathSent:
		return &r.SentAt
	default:
		return r.personSlot(path)
	}
}

func (r *Request) personSlot(path string) any {
	p := &r.Person
	switch path {
	case pathFamilyName:
		return &p.FamilyName
	case pathGivenName:
		return &p.GivenName
	case pathMiddleName:
		return &p.MiddleName
	case pathBirthDate:
		return &p.BirthDate
	case pathSex:
		return &p.Sex
	case pathCitizenship:
		return &p.Citizenship
	case pathSNILS:
		return &p.SNILS
	case pathINN:
		return &p.INN
	case pathPhone:
		return &p.MobilePhone
	case pathEmail:
		return &p.Email
	case pathSeries:
		return &p.Passport.Series
	case pathNumber:
		return &p.Passport.Number
	case pathIssueDate:
		return &p.Passport.IssueDate
	case pathDepartmentCode:
		return &p.Passport.DepartmentCode
	case pathIssuer:
		return &p.Passport.Issuer
	default:
		return nil
	}
}

// get gives a field in native text: a truth as true or false, a time as RFC 3339 has it, nothing for the zero time.
func (r *Request) get(path string) string {
	switch at := r.slot(path).(type) {
	case *string:
		return *at
	case *bool:
		return truthNode(*at).text
	case *time.Time:
		return printTime(*at)
	default:
		return ""
	}
}

// set takes a field in native text.
func (r *Request) set(path, value string) {
	switch at := r.slot(path).(type) {
	case *string:
		*at = value
	case *bool:
		*at = value == "true"
	case *time.Time:
		*at = readTime(value)
	}
}

func printTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// readTime gives the zero time for what is none.
func readTime(value string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
