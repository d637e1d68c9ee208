package person

// SNILS is the number of an insurance account, eleven digits of which two are a check. It is comparable with ==, in a
// time that does not depend on the digits; the zero SNILS is absent.
type SNILS struct {
	redaction
	digits veiled
}

// lastUnchecked is the last number, of nine digits, for which no check digits are defined.
const lastUnchecked = 1_001_998

// ParseSNILS reads eleven digits; blanks and dashes are ignored. The error is a *FieldError: Format or Checksum.
func ParseSNILS(text string) (SNILS, error) {
	snils, _, bad := readSNILS(text)
	return snils, bad.in(FieldSNILS)
}

func readSNILS(text string) (SNILS, steps, flaw) {
	bare, masked := unmask(text)
	n, ok := number(bare)
	switch {
	case !ok || len(bare) != 11:
		return SNILS{}, 0, malformed("must have 11 digits, as in 112-233-445 95")
	case n == 0:
		return SNILS{}, 0, malformed("must not be all zeros: that is nobody's number")
	}
	snils := SNILS{digits: hide(n)}
	if snils.Checked() && snilsCheck(n/100) != n%100 {
		return SNILS{}, 0, flaw{Checksum, "the last two digits do not fit the first nine"}
	}
	return snils, maskStep(masked), flaw{}
}

// snilsCheck gives the check digits of a number of nine digits.
func snilsCheck(n int64) int64 {
	sum := int64(0)
	for weight := int64(1); weight <= 9; weight++ {
		sum += n % 10 * weight
		n /= 10
	}
	return sum % 101 % 100
}

// IsZero reports whether there is none.
func (s SNILS) IsZero() bool { return s.digits == 0 }

// Checked reports whether the check digits mean anything: numbers up to 001-001-998 have none, and any will do.
func (s SNILS) Checked() bool { return s.digits.bare()/100 > lastUnchecked }

// Digits gives the eleven digits; empty when there is none.
func (s SNILS) Digits() string {
	if s.IsZero() {
		return ""
	}
	var text [11]byte
	return string(appendDigits(text[:0], s.digits.bare(), 11))
}

// Printed gives the usual printed form, for example 112-233-445 95; empty when there is none.
func (s SNILS) Printed() string {
	if s.IsZero() {
		return ""
	}
	d := s.Digits()
	return d[:3] + "-" + d[3:6] + "-" + d[6:9] + " " + d[9:]
}
