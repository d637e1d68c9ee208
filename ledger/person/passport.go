package person

import "time"

// Passport is the internal passport of a Russian citizen, or the document of a foreign one. The zero Passport is absent.
type Passport struct {
	redaction
	_     [0]func() // not comparable with ==: see Equal
	paper hidden[passportData]
}

type passportData struct {
	series, number, departmentCode, issuer string
	issued                                 Date
}

// IsZero reports whether there is none.
func (p Passport) IsZero() bool { return p.paper.isZero() }

func (p Passport) data() passportData { return p.paper.get() }

// Series gives the series: 4 digits in a Russian passport, upper-case letters and digits or nothing in a foreign one.
func (p Passport) Series() string { return p.data().series }

// Number gives the number: 6 digits in a Russian passport, upper-case letters and digits in a foreign one.
func (p Passport) Number() string { return p.data().number }

// DepartmentCode gives the code of the issuing body, for example 770-100; empty when it was left out.
func (p Passport) DepartmentCode() string { return p.data().departmentCode }

// Issuer gives the name of the issuing body, trimmed; empty when it was left out.
func (p Passport) Issuer() string { return p.data().issuer }

// IssueDate gives the day of issue; zero when it was left out, which a Russian passport's may not be in a claim.
func (p Passport) IssueDate() Date { return p.data().issued }

// Equal reports whether both are the same in every field, or both absent.
func (p Passport) Equal(other Passport) bool { return p.data() == other.data() }

// Validity is how a Russian passport stands on a day.
type Validity uint8

// Kinds of validity.
const (
	ValidityUnknown Validity = 0 // the birth date or the issue date is not known
	Valid           Validity = 1
	ValidGrace      Validity = 2 // the owner has turned 20 or 45 and it is about to end
	Expired         Validity = 3
	IssuedBefore14  Validity = 4 // nobody gets one before the 14th birthday
)

// graceDays is how long a passport that must be replaced stays valid: its last day is this many days after the birthday.
const graceDays = 90

// Validity tells how a Russian passport of a person born on birth stands on the given day, and its last day; until is zero
// when it has no end. A passport is replaced at 20 and at 45; a birthday on a 29 February that does not exist is 1 March.
func (p Passport) Validity(birth, on Date) (validity Validity, until Date) {
	issued := p.IssueDate()
	if birth.IsZero() || issued.IsZero() {
		return ValidityUnknown, Date{}
	}
	var birthday Date
	switch {
	case issued.Before(birth.AddYears(14)):
		return IssuedBefore14, Date{}
	case issued.Before(birth.AddYears(20)):
		birthday = birth.AddYears(20)
	case issued.Before(birth.AddYears(45)):
		birthday = birth.AddYears(45)
	default:
		return Valid, Date{}
	}
	until = birthday.AddDays(graceDays)
	switch {
	case on.Before(birthday):
		return Valid, until
	case on.After(until):
		return Expired, until
	default:
		return ValidGrace, until
	}
}

// Warning is something odd about a well-formed passport, never a ground to refuse it.
type Warning string

// WarningBlankYear says that the year in the series, in which the blank was printed, is later than the year after the issue
// or more than five years before it.
const WarningBlankYear Warning = "BLANK_YEAR"

// Warnings lists what is odd about a Russian passport. Without an issue date the blank's year is held against today.
func (p Passport) Warnings(today Date) []Warning {
	series := p.Series()
	if len(series) != 4 {
		return nil
	}
	tail, ok := number(series[2:])
	if !ok {
		return nil
	}
	blank := 2000 + int(tail)
	if tail >= 97 {
		blank -= 100 // the first were printed in 1997
	}
	year, _, _ := p.IssueDate().Split()
	earliest := year - 5
	if p.IssueDate().IsZero() {
		year, _, _ = today.Split()
		earliest = 0
	}
	if blank > year+1 || blank < earliest {
		return []Warning{WarningBlankYear}
	}
	return nil
}

// firstIssue is the day from which passports of the present form have been issued.
func firstIssue() Date { return pack(1997, time.October, 1) }
