package scenario

import (
	"strings"
	"time"
	"unicode"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// stale is the age of an authentication that no bank may rest on.
const stale = 10 * time.Minute

// otherwise writes Russian letters as careless people do: е for ё, Latin letters that look the same.
var otherwise = strings.NewReplacer("ё", "е", "Ё", "Е", "о", "o", "а", "a")

// writeOtherwise changes the looks of everything and the meaning of nothing.
func (d *draft) writeOtherwise() bool {
	p := &d.claim.Person
	p.FamilyName = " " + strings.ToUpper(strings.ReplaceAll(p.FamilyName, "-", " – ")) + " "
	p.GivenName = strings.ToLower(p.GivenName)
	if isCyrillic(p.FamilyName) {
		p.FamilyName = otherwise.Replace(p.FamilyName)
		p.MiddleName = otherwise.Replace(p.MiddleName)
	}
	p.SNILS = strings.NewReplacer("-", "", " ", "").Replace(p.SNILS)
	if phone := p.MobilePhone; len(phone) == len("+79161234567") {
		p.MobilePhone = "8 (" + phone[2:5] + ") " + phone[5:8] + "-" + phone[8:10] + "-" + phone[10:]
	}
	if series := p.Passport.Series; len(series) == 4 {
		p.Passport.Series = series[:2] + " " + series[2:]
	}
	p.Passport.DepartmentCode = strings.ReplaceAll(p.Passport.DepartmentCode, "-", "")
	p.Passport.Issuer = "ПАСПОРТНЫЙ СТОЛ"
	return true
}

func isCyrillic(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// mistype swaps two letters in the middle of a name.
func (d *draft) mistype(name *string) bool {
	wrong, ok := typo(*name)
	*name, d.effect = wrong, nameClose
	return ok
}

// typo is a mistake that counts as one: two neighbours swapped, in a word of at least 7 letters, away from its ends.
func typo(name string) (string, bool) {
	letters := []rune(name)
	for at := 1; len(letters) >= 7 && at+4 < len(letters); at++ {
		a, b := letters[at], letters[at+1]
		if unicode.IsLower(a) && unicode.IsLower(b) && otherwise.Replace(string(a)) != otherwise.Replace(string(b)) {
			letters[at], letters[at+1] = b, a
			return string(letters), true
		}
	}
	return name, false
}

func (d *draft) mistypeTwice() bool {
	ok := d.mistype(&d.claim.Person.FamilyName) && d.mistype(&d.claim.Person.MiddleName)
	d.effect = nameDiffers
	return ok
}

func (d *draft) leaveMiddleOut() bool {
	had := d.claim.Person.MiddleName != ""
	d.claim.Person.MiddleName, d.effect = "", nameClose
	return had
}

func (d *draft) swapNames() bool {
	p := &d.claim.Person
	p.FamilyName, p.GivenName, d.effect = p.GivenName, p.FamilyName, nameClose
	return p.FamilyName != p.GivenName
}

// turnEnding gives the family name of a husband or of a wife.
func (d *draft) turnEnding() bool {
	name := &d.claim.Person.FamilyName
	d.effect = nameDiffers
	for _, pair := range [...][2]string{{"ский", "ская"}, {"ов", "ова"}, {"ев", "ева"}, {"ёв", "ёва"}, {"ин", "ина"}, {"ын", "ына"}} {
		for i, ending := range pair {
			if stem, ok := strings.CutSuffix(*name, ending); ok {
				*name = stem + pair[1-i]
				return true
			}
		}
	}
	return false
}

func (d *draft) rename() bool {
	const instead = "Переименованный"
	d.claim.Person.FamilyName, d.effect = instead, nameDiffers
	return true
}

// redate takes the day before or after the issue, as far as the passport's validity stays the same.
func (d *draft) redate(e effect) bool {
	paper := &d.claim.Person.Passport
	issued, err := person.ParseDate(paper.IssueDate)
	birth, wrong := person.ParseDate(d.claim.Person.BirthDate)
	if err != nil || wrong != nil {
		return false
	}
	for _, days := range [...]int{1, -1} {
		other := issued.AddDays(days)
		if !other.After(d.config.today()) && period(birth, other) == period(birth, issued) {
			paper.IssueDate, d.effect = other.ISO(), e
			return true
		}
	}
	return false
}

// period counts the birthdays that decide how long a passport is valid.
func period(birth, issued person.Date) (passed int) {
	for _, age := range [...]int{14, 20, 45} {
		if !issued.Before(birth.AddYears(age)) {
			passed++
		}
	}
	return passed
}

func (d *draft) recode(e effect) bool {
	code := &d.claim.Person.Passport.DepartmentCode
	if *code == "" {
		return false
	}
	*code, d.effect = otherDigit(*code), e
	return true
}

// otherDigit changes the last digit.
func otherDigit(text string) string {
	last := len(text) - 1
	return text[:last] + string('0'+(text[last]-'0'+1)%10)
}

// takePrevious takes the number of a replaced passport. The issue date is the earliest at which such a passport could still
// be valid: what matters is that the bank has not noticed the new one.
func (d *draft) takePrevious() bool {
	birth, err := person.ParseDate(d.claim.Person.BirthDate)
	if err != nil || len(d.account.Previous) == 0 {
		return false
	}
	issued := birth.AddYears(14)
	for _, age := range [...]int{20, 45} {
		if due := birth.AddYears(age); due.Before(d.config.today()) {
			issued = due
		}
	}
	if first, _ := person.NewDate(1998, 1, 1); issued.Before(first) {
		issued = first
	}
	paper := &d.claim.Person.Passport
	paper.Series, paper.Number = d.account.Previous[0].Series, d.account.Previous[0].Number
	paper.IssueDate, d.effect = issued.ISO(), previous
	return true
}

func (d *draft) renumber() bool {
	number := &d.claim.Person.Passport.Number
	*number, d.effect = "9"+otherDigit(*number)[1:], stranger
	for _, old := range d.account.Previous {
		if old.Number == *number {
			return false
		}
	}
	return true
}

// rebirth takes the day before, as far as nothing else follows from it.
func (d *draft) rebirth() bool {
	birth, err := person.ParseDate(d.claim.Person.BirthDate)
	if err != nil {
		return false
	}
	d.claim.Person.BirthDate, d.effect = birth.AddDays(-1).ISO(), stranger
	return true
}

func (d *draft) turnSex() bool {
	sex := &d.claim.Person.Sex
	*sex, d.effect = map[string]string{"MALE": "FEMALE", "FEMALE": "MALE"}[*sex], stranger
	return *sex != ""
}

// takeUnknown takes a SNILS from where no population has any.
func (d *draft) takeUnknown() bool {
	number := uint64(0)
	for _, digit := range []byte(d.claim.Person.SNILS) {
		if digit >= '0' && digit <= '9' {
			number = (number*10 + uint64(digit-'0')) % 999_983
		}
	}
	d.claim.Person.SNILS, d.effect = people.PrintSNILS(999_000_000+number), stranger
	return true
}

func (d *draft) changeINN() bool {
	inn := &d.claim.Person.INN
	if len(*inn) != 12 {
		return false
	}
	*inn, d.effect = people.CompleteINN(otherDigit((*inn)[:10])), innDiffers
	return true
}

func (d *draft) changePhone() bool {
	phone := &d.claim.Person.MobilePhone
	*phone, d.effect = otherDigit(*phone), phoneDiffers
	return true
}
