package person

// INN is a person's taxpayer number, twelve digits of which two are a check. It is comparable with ==, in a time that
// does not depend on the digits; the zero INN is absent.
type INN struct {
	redaction
	digits veiled
}

// ParseINN reads twelve digits; blanks and dashes are ignored. The error is a *FieldError: Format, Checksum or NotPerson.
func ParseINN(text string) (INN, error) {
	inn, _, bad := readINN(text)
	return inn, bad.in(FieldINN)
}

func readINN(text string) (INN, steps, flaw) {
	bare, masked := unmask(text)
	n, ok := number(bare)
	switch {
	case ok && len(bare) == 10:
		return INN{}, 0, flaw{NotPerson, "must be the number of a person, 12 digits; 10 digits are an organisation's"}
	case !ok || len(bare) != 12:
		return INN{}, 0, malformed("must have 12 digits")
	case n == 0:
		return INN{}, 0, malformed("must not be all zeros: that is nobody's number")
	case innCheck(n, 10) != digitAt(n, 12, 10) || innCheck(n, 11) != digitAt(n, 12, 11):
		return INN{}, 0, flaw{Checksum, "the last two digits do not fit the first ten"}
	}
	return INN{digits: hide(n)}, maskStep(masked), flaw{}
}

// innWeights are those of the second check digit; the first uses them from the second on.
var innWeights = [...]int64{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}

// innCheck gives the check digit that follows the first length digits of n, a number of twelve digits.
func innCheck(n int64, length int) int64 {
	weights := innWeights[len(innWeights)-length:]
	sum := int64(0)
	for place, weight := range weights {
		sum += weight * digitAt(n, 12, place)
	}
	return sum % 11 % 10
}

// IsZero reports whether there is none.
func (i INN) IsZero() bool { return i.digits == 0 }

// Digits gives the twelve digits; empty when there is none.
func (i INN) Digits() string {
	if i.IsZero() {
		return ""
	}
	var text [12]byte
	return string(appendDigits(text[:0], i.digits.bare(), 12))
}
