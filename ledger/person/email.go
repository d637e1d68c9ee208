package person

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Email is an e-mail address in lower case, its domain in ASCII. The zero Email is absent.
type Email struct {
	redaction
	_       [0]func() // not comparable with ==: see Equal
	address hidden[string]
}

// Bounds of an address. Source: RFC 5321, 4.5.3.1.
const (
	maxEmail     = 254
	maxEmailUser = 64
)

// ParseEmail reads an address; letters may be in any case and the domain in any script. The error is a *FieldError of Format.
func ParseEmail(text string) (Email, error) {
	email, _, bad := readEmail(text)
	return email, bad.in(FieldEmail)
}

func readEmail(text string) (Email, steps, flaw) {
	wrong := malformed("must be an e-mail address, as in name@example.ru")
	invisible := func(r rune) bool { return !unicode.IsPrint(r) } // IDNA would drop some silently
	if len(text) > 4*maxEmail || strings.ContainsFunc(text, invisible) {
		return Email{}, 0, wrong
	}
	did := steps(0)
	trimmed := strings.TrimSpace(text)
	if trimmed != text {
		did |= didBlanks
	}
	at := strings.LastIndexByte(trimmed, '@')
	if at < 1 || at > maxEmailUser || !isDotAtom(trimmed[:at]) {
		return Email{}, 0, wrong
	}
	domain, ok := readDomain(trimmed[at+1:])
	if !ok {
		return Email{}, 0, wrong
	}
	if !strings.EqualFold(domain, trimmed[at+1:]) {
		did |= didIDNA
	}
	address := strings.ToLower(trimmed[:at]) + "@" + domain
	if len(address) > maxEmail {
		return Email{}, 0, wrong
	}
	return Email{address: conceal(address)}, did, flaw{}
}

// readDomain gives a domain in lower case and in ASCII.
func readDomain(domain string) (ascii string, ok bool) {
	if isHost(domain) && !strings.Contains(domain, "--") {
		return strings.ToLower(domain), true
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHost(ascii) {
		return "", false
	}
	// What does not stay the same would make an address that cannot be read back.
	again, err := idna.Lookup.ToASCII(ascii)
	return ascii, err == nil && again == ascii
}

// isDotAtom reports whether text is words of plain characters joined by single dots.
func isDotAtom(text string) bool {
	const special = "!#$%&'*+-/=?^_`{|}~."
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte(special, c) < 0 {
			return false
		}
	}
	return text[0] != '.' && text[len(text)-1] != '.' && !strings.Contains(text, "..")
}

// isHost reports whether text is two or more labels of ASCII letters, digits and inner hyphens, the last not a number.
func isHost(text string) bool {
	labels, letters := 0, false
	for label := range strings.SplitSeq(text, ".") {
		labels, letters = labels+1, false
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; c != '-' && !isAlphanumeric(c) {
				return false
			}
			letters = letters || label[i] > '9'
		}
	}
	return labels > 1 && letters
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// IsZero reports whether there is none.
func (e Email) IsZero() bool { return e.address.isZero() }

// Address gives the address; empty when there is none.
func (e Email) Address() string { return e.address.get() }

// WithoutTag gives the address without what follows a plus sign before the @; mail to both reaches the same person.
func (e Email) WithoutTag() string {
	address := e.Address()
	plus, at := strings.IndexByte(address, '+'), strings.LastIndexByte(address, '@')
	if plus < 1 || plus > at {
		return address
	}
	return address[:plus] + address[at:]
}

// Equal reports whether both are the same address, or both absent.
func (e Email) Equal(other Email) bool { return e.Address() == other.Address() }
