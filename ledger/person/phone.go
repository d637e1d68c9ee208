package person

import "strings"

// Phone is a Russian mobile number. It is comparable with ==, in a time that does not depend on the digits; the zero
// Phone is absent.
type Phone struct {
	redaction
	digits veiled // eleven, the first is 7
}

// ParsePhone reads a Russian mobile number in any usual form: +79161234567, 8 916 123-45-67, (916) 123 45 67.
// The error is a *FieldError of Format.
func ParsePhone(text string) (Phone, error) {
	phone, _, bad := readPhone(text)
	return phone, bad.in(FieldMobilePhone)
}

func readPhone(text string) (Phone, steps, flaw) {
	wrong := malformed("must be a Russian mobile number, as in +79161234567")
	bare, _ := unmask(text)
	bare, international := strings.CutPrefix(bare, "+")
	bare = strings.Map(dropMask, bare)
	n, ok := number(bare)
	switch {
	case !ok:
		return Phone{}, 0, wrong
	case len(bare) == 11 && (bare[0] == '7' || bare[0] == '8'):
		n %= 1e10
	case len(bare) != 10 || international:
		return Phone{}, 0, wrong
	}
	if n/1e9 != 9 {
		return Phone{}, 0, wrong
	}
	phone := Phone{digits: hide(7e10 + n)}
	return phone, maskStep(phone.E164() != text), flaw{}
}

// dropMask drops what is written between the digits of a phone number, beside blanks and dashes.
func dropMask(r rune) rune {
	switch r {
	case '(', ')', '.':
		return -1
	default:
		return r
	}
}

// IsZero reports whether there is none.
func (p Phone) IsZero() bool { return p.digits == 0 }

// E164 gives the international form, for example +79161234567; empty when there is none.
func (p Phone) E164() string {
	if p.IsZero() {
		return ""
	}
	var text [12]byte
	return string(appendDigits(append(text[:0], '+'), p.digits.bare(), 11))
}
