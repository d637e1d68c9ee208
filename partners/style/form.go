package style

import (
	"strings"

	"github.com/poruka/poruka/ledger/person"
)

// form is how a value is written. What it reads becomes native text; whether that is a good SNILS or a name is judged behind it.
type form struct {
	kind  kind
	wants string                            // of an error
	read  func(value string) (string, bool) // nil: as it is
	write func(value string) (string, bool) // nil: as it is
}

// plain is text that is as the native API has it.
func plain() form { return form{kind: text, wants: "must be text"} }

// written is text in which the bank writes a mask that the native API does not mind.
func written(mask func(string) string) form {
	return form{kind: text, wants: "must be text", write: func(value string) (string, bool) { return mask(value), true }}
}

// yesNo is a truth. XML writes 1 and 0 as well.
func yesNo() form {
	return form{kind: truth, wants: "must be true or false", read: func(value string) (string, bool) {
		switch value {
		case "true", "1":
			return "true", true
		case "false", "0":
			return "false", true
		default:
			return "", false
		}
	}}
}

// coded is a value out of a list: pairs of the native value and the bank's. The first pair of a native value is the one written.
func coded(k kind, wants string, pairs ...[2]string) form {
	return form{
		kind: k, wants: wants,
		read:  func(value string) (string, bool) { return look(pairs, value, 1) },
		write: func(value string) (string, bool) { return look(pairs, value, 0) },
	}
}

// look gives the other half of the first pair that has value in its half from.
func look(pairs [][2]string, value string, from int) (string, bool) {
	for _, pair := range pairs {
		if pair[from] == value {
			return pair[1-from], true
		}
	}
	return "", false
}

// sexCoded is the sex in the bank's two words. A raw person may have it in any coding.
func sexCoded(k kind, male, female string) form {
	f := coded(k, "must be "+male+" or "+female, [2]string{"MALE", male}, [2]string{"FEMALE", female})
	inner := f.write
	f.write = func(value string) (string, bool) {
		sex, err := person.ParseSex(value)
		if err != nil {
			return "", false
		}
		return inner(sex.Code())
	}
	return f
}

// constant is a text that is always the same.
func constant(value string) form {
	return form{
		kind: text, wants: "must be " + value,
		read:  func(given string) (string, bool) { return given, given == value },
		write: func(string) (string, bool) { return value, true },
	}
}

// digitsOf gives the digits of a text, which may be masked.
func digitsOf(value string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, value)
}

// isNoMask reports whether r is neither a digit nor what masks put around digits.
func isNoMask(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune(" -()+№", r) }

// masked writes digits into a mask, in which each 0 stands for a digit. A text with letters or another number of digits stays as it is: it is
// of a foreign document, or wrong, and a bank would send it so.
func masked(mask string) func(string) string {
	return func(value string) string {
		digits := digitsOf(value)
		if len(digits) != strings.Count(mask, "0") || strings.ContainsFunc(value, isNoMask) {
			return value
		}
		var out strings.Builder
		for _, r := range mask {
			if r == '0' {
				r, digits = rune(digits[0]), digits[1:]
			}
			out.WriteRune(r)
		}
		return out.String()
	}
}

// phoneMasked writes the ten digits after the country's into a mask.
func phoneMasked(mask string) func(string) string {
	write := masked(mask)
	return func(value string) string {
		phone, err := person.ParsePhone(value)
		if err != nil {
			return value
		}
		return write(phone.E164()[2:])
	}
}
