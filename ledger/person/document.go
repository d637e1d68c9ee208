package person

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of the texts of a passport, in runes.
const (
	maxForeign = 20
	maxIssuer  = 300
)

// passport reads a document. When any part of it is given, so must be its number, and the series of a Russian one.
func (p *parser) passport(raw RawPassport) Passport {
	if series, number, joined := splitNumber(raw.Number); joined && !p.foreign && isEmpty(raw.Series) {
		raw.Series, raw.Number = series, number
	}
	p.paper = !isEmpty(raw.Series) || !isEmpty(raw.Number) || !isEmpty(raw.IssueDate) || !isEmpty(raw.DepartmentCode) || !isEmpty(raw.Issuer)
	readers := documentReaders{readSeries, readNumber, readDepartmentCode}
	if p.foreign {
		readers = documentReaders{readForeign, readForeign, readForeign}
	}
	paper := passportData{
		series: p.text(FieldSeries, raw.Series, readers.series),
		number: p.text(FieldNumber, raw.Number, readers.number),
		issued: p.date(FieldIssueDate, raw.IssueDate, p.firstIssue(), "must not be before 1997-10-01"),
	}
	paper.departmentCode = p.text(FieldDepartmentCode, raw.DepartmentCode, readers.departmentCode)
	paper.issuer = p.text(FieldIssuer, raw.Issuer, readIssuer)
	if paper == (passportData{}) {
		return Passport{}
	}
	return Passport{paper: conceal(paper)}
}

type documentReaders struct {
	series, number, departmentCode func(string) (string, steps, flaw)
}

func (p *parser) text(field Field, text string, read func(string) (string, steps, flaw)) string {
	if !p.has(field, text) {
		return ""
	}
	value, did, bad := read(text)
	return keep(p, field, value, did, bad)
}

// firstIssue is the day before which no passport in use was issued; foreign documents are not older than people.
func (p *parser) firstIssue() Date {
	if p.foreign {
		return firstBirth()
	}
	return firstIssue()
}

// readSeries reads the series of a Russian passport.
func readSeries(text string) (string, steps, flaw) {
	bare, masked := unmask(text)
	if _, ok := number(bare); !ok || len(bare) != 4 {
		return "", 0, malformed("must have 4 digits")
	}
	return bare, maskStep(masked), flaw{}
}

// readNumber reads the number of a Russian passport; a leading № is allowed.
func readNumber(text string) (string, steps, flaw) {
	bare, masked := unmask(text)
	bare, signed := strings.CutPrefix(bare, "№")
	n, ok := number(bare)
	switch {
	case !ok || len(bare) != 6:
		return "", 0, malformed("must have 6 digits")
	case n == 0:
		return "", 0, malformed("must not be all zeros")
	}
	return bare, maskStep(masked || signed), flaw{}
}

// splitNumber finds the series in a number that holds both, as in 45 00 №799799.
func splitNumber(text string) (series, number string, joined bool) {
	bare, _ := unmask(text)
	bare = strings.Replace(bare, "№", "", 1)
	if len(bare) != 10 {
		return "", "", false
	}
	return bare[:4], bare[4:], true
}

// readDepartmentCode reads the department code of a Russian passport.
func readDepartmentCode(text string) (string, steps, flaw) {
	bare, _ := unmask(text)
	if _, ok := number(bare); !ok || len(bare) != 6 {
		return "", 0, malformed("must have 6 digits, as in 770-100")
	}
	code := bare[:3] + "-" + bare[3:]
	return code, maskStep(text != code && text != bare), flaw{}
}

// readForeign reads a series, a number or a code of a foreign document: letters and digits, compared without blanks and
// dashes, in upper case, and with Cyrillic letters that look like Latin ones as Latin ones: a clerk may have typed either.
func readForeign(text string) (string, steps, flaw) {
	wrong := malformed("must have 1 to 20 letters and digits")
	if len(text) > 8*maxForeign || !utf8.ValidString(text) {
		return "", 0, wrong
	}
	did := steps(0)
	wide := norm.NFKC.String(text)
	if wide != text {
		did |= didNFKC
	}
	bare, masked := unmask(wide)
	did |= maskStep(masked)
	var canonical strings.Builder
	for _, r := range bare {
		upper := unicode.ToUpper(r)
		if upper != r {
			did |= didUpperCase
		}
		if latin, ok := latinLookalike(upper); ok {
			upper = latin
			did |= didLatinLookalike
		}
		if !isLetter(upper) && (upper < '0' || upper > '9') {
			return "", 0, wrong
		}
		canonical.WriteRune(upper)
	}
	if n := utf8.RuneCountInString(canonical.String()); n < 1 || n > maxForeign {
		return "", 0, wrong
	}
	return canonical.String(), did, flaw{}
}

// readIssuer reads the name of an issuing body. It never decides, so it is only made fit for printing.
func readIssuer(text string) (string, steps, flaw) {
	if tidy(text) {
		return text, 0, flaw{}
	}
	return readUntidyIssuer(text)
}

func readUntidyIssuer(text string) (string, steps, flaw) {
	wrong := malformed("must be text of at most 300 characters")
	if len(text) > 8*maxIssuer || !utf8.ValidString(text) {
		return "", 0, wrong
	}
	composed := norm.NFC.String(text)
	issuer := strings.Join(strings.Fields(composed), " ")
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.RuneCountInString(issuer) > maxIssuer || strings.ContainsFunc(issuer, unprintable) {
		return "", 0, wrong
	}
	if issuer != composed {
		return issuer, didBlanks, flaw{}
	}
	return issuer, 0, flaw{}
}

// tidy reports whether an issuer is what readIssuer would make of it, for the letters that issuers are written in: it spares nearly
// all of them the tables of Unicode.
func tidy(text string) bool {
	runes, last := 0, ' '
	for _, r := range text {
		blank := r == ' '
		if blank && last == ' ' || !blank && !plainInPrint(r) {
			return false
		}
		last = r
		runes++
	}
	return runes <= maxIssuer && (runes == 0 || last != ' ')
}

// plainInPrint reports whether r is ASCII or Russian, printable, and the same in every normal form.
func plainInPrint(r rune) bool {
	return r > ' ' && r <= '~' || r >= 'А' && r <= 'я' || r == 'Ё' || r == 'ё' || r == '«' || r == '»'
}
