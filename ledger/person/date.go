package person

import (
	"cmp"
	"time"
)

// Date is a day of the calendar, without a time or a zone. It is comparable with ==; the zero Date is no day.
type Date struct {
	redaction
	day veiled // YYYYMMDD as a number
}

// NewDate makes a Date; ok is false when there is no such day, or its year is not in 1..9999.
func NewDate(year int, month time.Month, day int) (date Date, ok bool) {
	if year < 1 || year > 9999 || month < time.January || month > time.December || day < 1 || day > daysIn(year, month) {
		return Date{}, false
	}
	return pack(year, month, day), true
}

// DateOf is the day of t in the zone of t.
func DateOf(t time.Time) Date { return pack(t.Date()) }

// ParseDate reads YYYY-MM-DD. The error is a *FieldError of the field `date`.
func ParseDate(text string) (Date, error) {
	date, bad := readDate(text)
	return date, bad.in("date")
}

// ParseDateDots reads DD.MM.YYYY. The error is a *FieldError of the field `date`.
func ParseDateDots(text string) (Date, error) {
	if len(text) != 10 || text[2] != '.' || text[5] != '.' {
		return Date{}, malformed("must be a date DD.MM.YYYY").in("date")
	}
	return ParseDate(text[6:] + "-" + text[3:5] + "-" + text[:2])
}

func readDate(text string) (Date, flaw) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return Date{}, malformed("must be a date YYYY-MM-DD")
	}
	year, okYear := number(text[:4])
	month, okMonth := number(text[5:7])
	day, okDay := number(text[8:])
	date, ok := NewDate(int(year), time.Month(month), int(day))
	if !okYear || !okMonth || !okDay || !ok {
		return Date{}, malformed("must be a day of the calendar, YYYY-MM-DD")
	}
	return date, flaw{}
}

// UnmarshalText reads YYYY-MM-DD, for configuration.
func (d *Date) UnmarshalText(text []byte) error {
	date, err := ParseDate(string(text))
	*d = date
	return err
}

func pack(year int, month time.Month, day int) Date {
	return Date{day: hide(int64(year)*1e4 + int64(month)*1e2 + int64(day))}
}

// Split gives year, month and day; zeros for the zero Date.
func (d Date) Split() (year int, month time.Month, day int) {
	n := d.day.bare()
	return int(n / 1e4), time.Month(n / 1e2 % 1e2), int(n % 1e2)
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d.day == 0 }

// ISO gives YYYY-MM-DD; empty for the zero Date.
func (d Date) ISO() string {
	if d.IsZero() {
		return ""
	}
	var text [10]byte
	return string(d.appendISO(text[:0]))
}

func (d Date) appendISO(dst []byte) []byte {
	n := d.day.bare()
	dst = appendDigits(dst, n/1e4, 4)
	dst = appendDigits(append(dst, '-'), n/1e2%1e2, 2)
	return appendDigits(append(dst, '-'), n%1e2, 2)
}

// Compare gives -1, 0 or +1 as d is before, equal to or after other.
func (d Date) Compare(other Date) int { return cmp.Compare(d.day.bare(), other.day.bare()) }

// Before reports whether d is before other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is after other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// AddYears gives the same day n years later. What falls on a 29 February that does not exist falls on 1 March.
func (d Date) AddYears(n int) Date {
	year, month, day := d.Split()
	if day > daysIn(year+n, month) {
		return pack(year+n, time.March, 1)
	}
	return pack(year+n, month, day)
}

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date {
	year, month, day := d.Split()
	return DateOf(time.Date(year, month, day+n, 0, 0, 0, 0, time.UTC))
}

// AgeOn is the number of whole years that one born on d has lived on the given day; negative before birth.
func (d Date) AgeOn(on Date) int {
	birth, _, _ := d.Split()
	year, _, _ := on.Split()
	if d.AddYears(year - birth).After(on) {
		return year - birth - 1
	}
	return year - birth
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}
