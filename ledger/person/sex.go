package person

import (
	"fmt"
	"log/slog"
	"strings"
)

// Sex is as registered; the zero Sex is not told.
type Sex uint8

// Sexes. The numbers are stored and never change.
const (
	Male   Sex = 1
	Female Sex = 2
)

// ParseSex reads 1 or 2, M or F, м or ж, male or female, in any case. The error is a *FieldError of Format.
func ParseSex(text string) (Sex, error) {
	sex, bad := readSex(text)
	return sex, bad.in(FieldSex)
}

func readSex(text string) (Sex, flaw) {
	if len(text) <= 10 { // a bound on the work; the longest name has 6
		switch strings.ToUpper(strings.TrimSpace(text)) {
		case "1", "M", "М", "MALE":
			return Male, flaw{}
		case "2", "F", "Ж", "FEMALE":
			return Female, flaw{}
		}
	}
	return 0, malformed("must be MALE or FEMALE")
}

// Code gives MALE or FEMALE; empty when not told.
func (s Sex) Code() string {
	switch s {
	case Male:
		return "MALE"
	case Female:
		return "FEMALE"
	default:
		return ""
	}
}

// String hides the value; see Code.
func (s Sex) String() string { return redaction{}.String() }

// GoString hides the value.
func (s Sex) GoString() string { return redaction{}.GoString() }

// Format hides the value, whatever the verb.
func (s Sex) Format(state fmt.State, verb rune) { redaction{}.Format(state, verb) }

// LogValue hides the value from log/slog.
func (s Sex) LogValue() slog.Value { return redaction{}.LogValue() }

// MarshalJSON hides the value from encoding/json.
func (s Sex) MarshalJSON() ([]byte, error) { return redaction{}.MarshalJSON() }

// MarshalText hides the value from other encoders.
func (s Sex) MarshalText() ([]byte, error) { return redaction{}.MarshalText() }
