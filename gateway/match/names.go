package match

import (
	"strings"
	"unicode/utf8"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

func (c *comparison) names() {
	a, b := &c.claim, &c.held
	c.fields[ledger.FieldFamilyName] = compareName(a.FamilyName, b.FamilyName, familyEndings)
	c.fields[ledger.FieldGivenName] = compareGiven(a.GivenName, b.GivenName)
	c.fields[ledger.FieldMiddleName] = comparePatronymic(a.MiddleName, b.MiddleName)
	if c.areSwapped() {
		c.swapped = true
		c.fields[ledger.FieldFamilyName], c.fields[ledger.FieldGivenName] = ledger.Close, ledger.Close
	}
}

// areSwapped reports whether family name and given name stand in each other's place.
func (c *comparison) areSwapped() bool {
	a, b := &c.claim, &c.held
	return c.fields[ledger.FieldFamilyName] != ledger.Exact &&
		!a.FamilyName.IsZero() && !a.GivenName.IsZero() &&
		a.FamilyName.Key() == b.GivenName.Key() && a.GivenName.Key() == b.FamilyName.Key()
}

// compareName compares one part of a name. Close is a typing error that is not an ending of the other sex.
func compareName(a, b person.Name, endings []pair) ledger.Comparison {
	keyA, keyB := a.Key(), b.Key()
	result := weigh(!a.IsZero(), !b.IsZero(), keyA == keyB)
	if result == ledger.Different && isTypo(keyA, keyB) && !differInSex(keyA, keyB, endings) {
		return ledger.Close
	}
	return result
}

// compareGiven treats two different registered names as two names, however alike.
func compareGiven(a, b person.Name) ledger.Comparison {
	result := compareName(a, b, givenEndings)
	if result == ledger.Close && areOtherNames(a.Key(), b.Key()) {
		return ledger.Different
	}
	return result
}

// comparePatronymic counts two absent ones as equal, and finds those that differ only in a word for son or daughter close.
func comparePatronymic(a, b person.Name) ledger.Comparison {
	if a.IsZero() && b.IsZero() {
		return ledger.Exact
	}
	result := compareName(a, b, patronymicEndings)
	if result != ledger.Close && result != ledger.Different {
		return result
	}
	stemA, sexA := withoutKinship(a.Key())
	stemB, sexB := withoutKinship(b.Key())
	switch {
	case sexA != sexB && sexA != 0 && sexB != 0:
		return ledger.Different
	case stemA == stemB:
		return ledger.Close
	default:
		return result
	}
}

// kinship are the Turkic words for son and daughter that follow a father's name, or precede it.
var kinship = [...]struct {
	word string
	sex  person.Sex
}{
	{"ОГЛЫ", person.Male}, {"УГЛИ", person.Male}, {"УУЛУ", person.Male}, {"КЫЗЫ", person.Female}, {"КЗЫ", person.Female},
}

// withoutKinship takes the word off a key, unless nothing would remain; the sex is 0 when there is none.
func withoutKinship(key string) (stem string, sex person.Sex) {
	for _, k := range kinship {
		if stem, ok := strings.CutSuffix(key, k.word); ok && stem != "" {
			return stem, k.sex
		}
		if stem, ok := strings.CutPrefix(key, k.word); ok && stem != "" {
			return stem, k.sex
		}
	}
	return key, 0
}

// pair are the endings of one name for the two sexes.
type pair struct{ male, female string }

var (
	familyEndings = []pair{
		{"ОВ", "ОВА"},
		{"ЕВ", "ЕВА"},
		{"ИН", "ИНА"},
		{"ЫН", "ЫНА"},
		{"СКИЙ", "СКАЯ"},
		{"ЦКИЙ", "ЦКАЯ"},
		{"ЫЙ", "АЯ"},
		{"ИЙ", "АЯ"},
		{"ОЙ", "АЯ"},
	}
	patronymicEndings = []pair{{"ОВИЧ", "ОВНА"}, {"ЕВИЧ", "ЕВНА"}, {"ИЧ", "ИНИЧНА"}, {"ИЧ", "ИЧНА"}}
	givenEndings      = []pair{{"ИЙ", "ИЯ"}, {"Р", "РА"}, {"Н", "НА"}, {"Л", "ЛА"}, {"В", "ВА"}}
)

// differInSex reports whether the keys end like the same name of a man and of a woman: a spouse or a sibling, not a typing
// error, whatever else differs.
func differInSex(a, b string, endings []pair) bool {
	for _, e := range endings {
		if strings.HasSuffix(a, e.male) && strings.HasSuffix(b, e.female) ||
			strings.HasSuffix(b, e.male) && strings.HasSuffix(a, e.female) {
			return true
		}
	}
	return false
}

// isTypo reports whether the keys are within the distance allowed for the shorter of them: none below 5 letters, 1 up to 9,
// 2 from 10.
func isTypo(a, b string) bool {
	allowed := 2
	switch n := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b)); {
	case n < 5:
		return false
	case n < 10:
		allowed = 1
	}
	return within(a, b, allowed)
}
